import { ADD_IF_ACCUMULATING, PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY } from "../abi";
import { VIEW_BYTES, View, isPadded, multiplyGroups, padImage, setKernelTaps, setPixelRows, viewOf } from "../gemm/patches";
import { productAt } from "../gemm/gemm";
import { Product, fillRowTable, setEpilogue } from "../gemm/product";
import { share } from "../slice";
import { isPlanar, planarForward } from "./conv2dplanar";
import { isPacked, packedWeight } from "./conv2dpackedweight";
import { Conv2dBackwardWeightStep, Conv2dForwardStep, Conv2dGeometry } from "../steps";

// A worker's scratch: product | row table | view | tap table | padded images.
// @ts-ignore: decorator
@inline
function viewAt(scratch: usize): View {
  return changetype<View>(scratch + PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY);
}

// @ts-ignore: decorator
@inline
function tapsAt(scratch: usize): usize {
  return scratch + PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY + VIEW_BYTES;
}

/** Address after a tap table of `taps` entries, on a line of its own. */
// @ts-ignore: decorator
@inline
function copiesAfter(taps: usize, count: i32): usize {
  return (taps + (<usize>count << 2) + 63) & ~63;
}

/** y[n, oy, ox, co] (+)= b[co] + Σ x[n, oy·stride + ky·dilation − pad, …, ci] · w[co, ky, kx, ci].
 *  Split over output pixels of all images; `groupImages` of them are padded and multiplied together. */
export function conv2dForward(s: Conv2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const scratch = s.scratch + worker * s.scratchBytes;
  const p = productAt(scratch), view = viewAt(scratch);
  p.taps = tapsAt(scratch);
  viewOf(s, view, s.x, copiesAfter(p.taps, s.kh * s.kw));
  if (isPlanar(s)) {
    planarForward(s, view, live, worker, workers);
    return;
  }
  setKernelTaps(s, p, view);
  const ci = s.ci / s.groups, co = s.co / s.groups, terms = s.kh * s.kw * ci;
  p.bStep = PANEL << 2;
  p.panelBytes = terms * PANEL << 2;
  p.columns = co;
  p.accumulate = s.accumulate;
  setEpilogue(p, changetype<usize>(s) + offsetof<Conv2dForwardStep>("statistics"), s.y + (s.yFrom << 2), s.co);
  const groupBytes = (co + PANEL - 1) / PANEL * p.panelBytes;
  const pixels = s.ho * s.wo;
  const last = share(live * pixels, worker + 1, workers);
  for (let from = share(live * pixels, worker, workers); from < last;) {
    const image = from / pixels;
    const to = min(last, (image + s.groupImages) * pixels);
    if (isPadded(s)) padImages(s, view, s.x, from, to);
    const image0 = isPadded(s) ? image : 0;
    for (let row = from; row < to; row += ROW_BLOCK) {
      setPixelRows(s, p, view, image0, row, min(to, row + ROW_BLOCK), s.y + (s.yFrom << 2), s.yRow << 2);
      multiplyGroups(s, p, s.w, groupBytes, ci << 2, co << 2, s.b);
    }
    from = to;
  }
}

/** Pads what the output pixels `from` to `to` read. */
function padImages(s: Conv2dGeometry, view: View, x: usize, from: i32, to: i32): void {
  const pixels = s.ho * s.wo, imageBytes = s.hi * s.wi * s.ci << 2;
  const image0 = from / pixels;
  const reach = (s.kh - 1) * s.dilationH + 1;
  for (let image = image0; image * pixels < to; image++) {
    const firstRow = max(0, from - image * pixels) / s.wo;
    const lastRow = (min(pixels, to - image * pixels) - 1) / s.wo;
    padImage(
      x + <usize>image * imageBytes, view.base + (image - image0) * view.imageBytes, s.hi, s.wi, view.pixelBytes,
      s.padTop, s.padLeft, s.padRight, firstRow * s.strideH, lastRow * s.strideH + reach,
    );
  }
}

/** dw[co, k] (+)= Σ over n, pixel of dy[n, pixel, co] · patch[n, pixel, k],  k = (ky, kx, ci).
 *  Rows are the kernel's terms, taps the image rows, B is dy in place. Split over k: each row of dw has one writer. */
export function conv2dBackwardWeight(s: Conv2dBackwardWeightStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const scratch = s.scratch + worker * s.scratchBytes;
  const p = productAt(scratch), view = viewAt(scratch);
  p.taps = tapsAt(scratch);
  const copies = copiesAfter(p.taps, s.groupImages * s.ho);
  viewOf(s, view, s.x, copies);
  const ci = s.ci / s.groups, co = s.co / s.groups, terms = s.kh * s.kw * ci, pixels = s.ho * s.wo;
  const packed = (copies + (isPadded(s) ? min(s.groupImages, live) * view.imageBytes : 0) + 63) & ~63;
  p.run = s.wo;
  p.aStep = s.strideW * view.pixelBytes;
  p.bStep = s.co << 2;
  p.panelBytes = PANEL << 2;
  p.cPanelBytes = terms * PANEL << 2;
  p.columns = co;
  const groupBytes = (co + PANEL - 1) / PANEL * p.cPanelBytes;
  const first = share(terms, worker, workers), last = share(terms, worker + 1, workers);
  if (first == last) return;
  p.accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  for (let image = 0; image < live; image += s.groupImages) {
    const images = min(s.groupImages, live - image);
    if (isPadded(s)) padImages(s, view, s.x, image * pixels, (image + images) * pixels);
    setImageRowTaps(s, p, view, isPadded(s) ? 0 : image, images);
    const dy = s.dy + (<usize>(image * pixels) * s.co << 2);
    if (isPacked(s)) {
      packedWeight(s, p, view, dy, packed, first, last);
      continue;
    }
    for (let term = first; term < last; term += ROW_BLOCK) {
      setTermRows(s, p, view, ci, term, min(last, term + ROW_BLOCK), s.dw);
      multiplyGroups(s, p, dy, co << 2, ci << 2, groupBytes, 0);
    }
    p.accumulate = 1;
  }
}

/** One tap per image row that the kernel starts on. */
function setImageRowTaps(s: Conv2dGeometry, p: Product, view: View, image0: i32, images: i32): void {
  let tap = p.taps;
  for (let image = image0; image < image0 + images; image++) {
    for (let oy = 0; oy < s.ho; oy++, tap += 4) store<i32>(tap, image * view.imageBytes + oy * s.strideH * view.rowBytes);
  }
  p.tapCount = images * s.ho;
}

/** Row table for the kernel's terms `from` to `to`: where the term lies in the first patch, and its row of dw's panels. */
function setTermRows(s: Conv2dGeometry, p: Product, view: View, ci: i32, from: i32, to: i32, dw: usize): void {
  let entry = p.rows;
  for (let term = from; term < to; term++) {
    const tap = term / ci, ky = tap / s.kw, kx = tap - ky * s.kw;
    store<usize>(entry, view.base + ky * s.dilationH * view.rowBytes + kx * s.dilationW * view.pixelBytes + ((term - tap * ci) << 2));
    store<usize>(entry, dw + (<usize>term << 5), 4);
    entry += ROW_ENTRY;
  }
  p.rowCount = to - from;
  fillRowTable(p);
}
