import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY } from "../abi";
import { multiplyRows, productAt, setPlain } from "../gemm/gemm";
import { storeLanes, storeTransposed4 } from "../simd";
import { share } from "../slice";
import { Conv2dBackwardInputStep, Conv2dGeometry, Conv2dRotateWeightStep } from "../steps";

// The input gradient where x has so few channels that a panel of them stays at least half empty: first the product of dy with all the kernel's terms
// (ky, kx, ci), in whole panels, then each pixel of dy adds its kernel rows to dx. A pixel of dx is added to in the order of oy, then ox.

/** The shapes that this file takes. */
// @ts-ignore: decorator
@inline
export function isScattered(s: Conv2dGeometry): bool {
  return s.groups == 1 && s.dilationW == 1 && s.ci * 2 <= PANEL && s.co >= PANEL && s.kh * s.kw > 1;
}

/** Rows of dy that are multiplied at a time, so that tiles of four pixels are mostly whole (as src/plan/convolution.ts has it). */
// @ts-ignore: decorator
@inline
function rowsAtOnce(wo: i32): i32 {
  const rows = (15 + wo) / wo;
  return wo & 3 ? (rows + 1) & ~1 : rows;
}

/** [⌈terms/8⌉][co][8 of the terms (ky, kx, ci)] from panels [⌈co/8⌉][terms][8], zeros behind the last term. Split over panels. */
export function panelsOfTerms(s: Conv2dRotateWeightStep, worker: i32, workers: i32): void {
  const terms = s.kh * s.kw * s.ci, panels = (terms + PANEL - 1) / PANEL, last = share(panels, worker + 1, workers);
  for (let i = share(panels, worker, workers); i < last; i++) {
    const from = s.w + (<usize>(i * PANEL) << 5), to = s.rotated + (<usize>(i * s.co) << 5), count = min(PANEL, terms - i * PANEL);
    if (count < PANEL) memory.fill(to, 0, s.co << 5);
    for (let co = 0; co < s.co; co += 4) panelBlock(from + (<usize>((co >> 3) * terms) << 5) + ((co & 4) << 2), to + (co << 5), count, min(4, s.co - co));
  }
}

/** `columns` columns of `count` terms. */
function panelBlock(from: usize, to: usize, count: i32, columns: i32): void {
  let term = 0;
  if (columns == 4) {
    for (; term + 4 <= count; term += 4) {
      const at = from + (term << 5);
      storeTransposed4(to + (term << 2), 32, v128.load(at), v128.load(at, 32), v128.load(at, 64), v128.load(at, 96));
    }
  }
  for (; term < count; term++) {
    for (let i = 0; i < columns; i++) store<f32>(to + (i << 5) + (term << 2), load<f32>(from + (term << 5) + (i << 2)));
  }
}

/** dx (+)= b + Σ dy · w. Split over rows of all images. */
export function scatteredInput(s: Conv2dBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const scratch = s.scratch + worker * s.scratchBytes, p = productAt(scratch);
  const width = (s.kh * s.kw * s.ci + PANEL - 1) & ~(PANEL - 1), products = scratch + PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY;
  setPlain(p, s.co, 4, PANEL << 2);
  p.b = s.rotated;
  p.panelBytes = s.co * PANEL << 2;
  p.columns = width;
  p.accumulate = 0;
  const first = share(live * s.hi, worker, workers), last = share(live * s.hi, worker + 1, workers), chunk = rowsAtOnce(s.wo);
  for (let row = first; row < last;) {
    const image = row / s.hi, top = row - image * s.hi, bottom = min(s.hi, last - image * s.hi);
    const dx = s.dx + (<usize>(image * s.hi * s.wi * s.ci) << 2);
    if (!s.accumulate) startRows(dx + (<usize>(top * s.wi * s.ci) << 2), (bottom - top) * s.wi, s.ci, s.b);
    // Rows of dy that reach the rows top to bottom of dx.
    const from = max(0, top + s.padTop - (s.kh - 1) * s.dilationH + s.strideH - 1) / s.strideH, to = min(s.ho, (bottom - 1 + s.padTop) / s.strideH + 1);
    for (let oy = from; oy < to; oy += chunk) {
      const rows = min(chunk, to - oy);
      multiplyRows(p, s.dy + (<usize>((image * s.ho + oy) * s.wo * s.co) << 2), s.co << 2, products, width << 2, 0, rows * s.wo);
      for (let i = 0; i < rows; i++) scatterRow(s, products + (<usize>(i * s.wo * width) << 2), width, dx, oy + i, top, bottom);
    }
    row = image * s.hi + bottom;
  }
}

/** Pixels of zeros, or of the bias where one is given. */
function startRows(dx: usize, pixels: i32, ci: i32, b: usize): void {
  if (b == 0) memory.fill(dx, 0, <usize>(pixels * ci) << 2);
  else for (let i = 0; i < pixels; i++, dx += ci << 2) memory.copy(dx, b, ci << 2);
}

/** The terms of one row of dy, to the rows `top` to `bottom` of dx. Columns outermost: what a pixel adds to is not touched by the next one
 *  at once, because a load across two fresh stores waits for both. */
function scatterRow(s: Conv2dGeometry, products: usize, width: i32, dx: usize, oy: i32, top: i32, bottom: i32): void {
  const pixel = s.ci << 2, row = s.wi * pixel, run = s.kw * pixel, iy0 = oy * s.strideH - s.padTop;
  for (let ox = 0, ix = -s.padLeft; ox < s.wo; ox++, ix += s.strideW, products += width << 2) {
    const left = max(0, -ix), count = (min(s.kw, s.wi - ix) - left) * s.ci;
    if (count <= 0) continue;
    let from = products + left * pixel;
    const to = dx + (ix + left) * pixel;
    for (let ky = 0, iy = iy0; ky < s.kh; ky++, iy += s.dilationH, from += run) {
      if (iy >= top && iy < bottom) addRun(from, to + iy * row, count);
    }
  }
}

function addRun(from: usize, to: usize, count: i32): void {
  for (; count >= 4; count -= 4, from += 16, to += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  if (count > 0) storeLanes(to, f32x4.add(v128.load(to), v128.load(from)), count);
}
