import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY } from "../abi";
import { multiplyGroups } from "../gemm/patches";
import { productAt } from "../gemm/gemm";
import { Product, fillRowTable } from "../gemm/product";
import { share } from "../slice";
import { Conv2dBackwardInputStep, Conv2dGeometry } from "../steps";
import { clearRows, kernelRowsBeyond } from "./conv2dbackwardinput";

// The input gradient where the terms of a kernel row lie side by side in dy: one group, stride and dilation 1 along the width.
// Pixels that meet the same kernel rows and columns form a class (nine of them for a padded 3x3 kernel); a class takes its pixels
// from all images together and multiplies exactly the products that exist. So dy needs no border, and none is copied.

/** The shapes that this file takes. */
// @ts-ignore: decorator
@inline
export function isExact(s: Conv2dGeometry): bool {
  return s.groups == 1 && s.strideW == 1 && s.dilationW == 1 && s.kw > 1;
}

/** Rows of dx of one class, counted per image, and the kernel rows that they meet. */
@unmanaged class RowClass {
  ry: i32;                // phase
  first: i32; last: i32;  // rows first, first + strideH, … below last
  from: i32; to: i32;     // kernel rows of the phase, counted from the largest ky
  b: usize;               // the phase's part of the turned weights
}

/** dx (+)= b + Σ dy · w. Split over rows of all images: `first` to `last` are this worker's. */
export function exactInput(s: Conv2dBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const first = share(live * s.hi, worker, workers), last = share(live * s.hi, worker + 1, workers);
  const scratch = s.scratch + worker * s.scratchBytes;
  const p = productAt(scratch), rows = changetype<RowClass>(scratch + PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY);
  p.taps = changetype<usize>(rows) + 64;
  p.aStep = 4;
  p.bStep = PANEL << 2;
  p.panelBytes = s.kh * s.kw * s.co * PANEL << 2;
  p.columns = s.ci;
  p.accumulate = s.accumulate;
  p.rowCount = 0;
  rows.b = s.rotated;
  for (rows.ry = 0; rows.ry < s.strideH; rows.ry++) {
    const kernelRows = setRowTaps(s, p.taps, rows.ry);
    const shift = (rows.ry - s.padTop) % s.strideH;
    for (let iy = shift < 0 ? shift + s.strideH : shift; iy < s.hi; iy = rows.last) {
      setRows(s, rows, iy);
      columnClasses(s, p, rows, first, last);
    }
    rows.b += <usize>(kernelRows * s.kw * s.co) << 5;
  }
}

/** One tap per kernel row of the phase, from the largest ky on: its distance in dy from row q. Returns their number. */
function setRowTaps(s: Conv2dGeometry, taps: usize, ry: i32): i32 {
  let count = 0;
  for (let ky = s.kh - 1; ky >= 0; ky--) {
    if (ky * s.dilationH % s.strideH != ry) continue;
    store<i32>(taps + (count << 2), -((ky * s.dilationH - ry) / s.strideH) * (s.wo * s.co << 2));
    count++;
  }
  return count;
}

/** The class of rows that begins at iy. */
function setRows(s: Conv2dGeometry, rows: RowClass, iy: i32): void {
  const q = (iy + s.padTop - rows.ry) / s.strideH;
  rows.first = iy;
  rows.from = kernelRowsBeyond(s, rows.ry, q);
  rows.to = kernelRowsBeyond(s, rows.ry, q - s.ho);
  let next = iy + s.strideH;
  for (let row = q + 1; next < s.hi; row++, next += s.strideH) {
    if (kernelRowsBeyond(s, rows.ry, row) != rows.from || kernelRowsBeyond(s, rows.ry, row - s.ho) != rows.to) break;
  }
  rows.last = next;
}

/** Classes of columns: those that meet the kernel columns kx0 to kx1. */
function columnClasses(s: Conv2dBackwardInputStep, p: Product, rows: RowClass, first: i32, last: i32): void {
  for (let ix = 0; ix < s.wi;) {
    const kx0 = max(0, ix + s.padLeft - s.wo + 1), kx1 = min(s.kw, ix + s.padLeft + 1);
    let end = ix + 1;
    while (end < s.wi && max(0, end + s.padLeft - s.wo + 1) == kx0 && min(s.kw, end + s.padLeft + 1) == kx1) end++;
    p.run = max(0, kx1 - kx0) * s.co;
    p.bGap = (s.kw * s.co - p.run) << 5;
    gather(s, p, rows, ix, end, kx1, first, last);
    ix = end;
  }
}

/** Fills the row table with the class's pixels of all images, and multiplies whenever it is full. */
function gather(s: Conv2dBackwardInputStep, p: Product, rows: RowClass, ix0: i32, ix1: i32, kx1: i32, first: i32, last: i32): void {
  const pixel = s.co << 2;
  for (let image = first / s.hi; image * s.hi < last; image++) {
    const begin = max(rows.first, first - image * s.hi), end = min(rows.last, last - image * s.hi);
    const skipped = (begin - rows.first + s.strideH - 1) / s.strideH * s.strideH;
    for (let iy = rows.first + skipped; iy < end; iy += s.strideH) {
      const q = (iy + s.padTop - rows.ry) / s.strideH;
      const from = s.dy + <usize>(((image * s.ho + q) * s.wo + s.padLeft - kx1 + 1) * s.co << 2);
      const to = s.dx + <usize>((image * s.hi + iy) * s.wi * s.ci << 2);
      for (let ix = ix0; ix < ix1; ix++) {
        if (p.rowCount == ROW_BLOCK) flush(s, p, rows, kx1);
        const entry = p.rows + p.rowCount * ROW_ENTRY;
        store<usize>(entry, from + ix * pixel);
        store<usize>(entry, to + (ix * s.ci << 2), 4);
        p.rowCount++;
      }
    }
  }
  flush(s, p, rows, kx1);
}

/** Multiplies the pixels in the table, and empties it. */
function flush(s: Conv2dBackwardInputStep, p: Product, rows: RowClass, kx1: i32): void {
  if (p.rowCount == 0) return;
  if (rows.from >= rows.to || p.run == 0) {
    if (!p.accumulate) clearRows(p, s.b, s.ci << 2);
  } else {
    const taps = p.taps;
    p.taps = taps + (<usize>rows.from << 2);
    p.tapCount = rows.to - rows.from;
    fillRowTable(p);
    multiplyGroups(s, p, rows.b + (<usize>((rows.from * s.kw + s.kw - kx1) * s.co) << 5), 0, 0, 0, s.b);
    p.taps = taps;
  }
  p.rowCount = 0;
}
