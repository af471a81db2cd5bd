import { fma, storeLanes, zero } from "../simd";
import { share } from "../slice";
import { Upsample2dBackwardStep, Upsample2dForwardStep } from "../steps";

// Output row oy reads the input rows i0 and i1 with weights w0 and w1, its entry (i0, i1, w0, w1) of the table `rows`; columns
// alike. Nearest has i0 = i1. Backward, input row i gathers from the output rows first to last − 1 with the weights from `at` on,
// its entry (first, last, at) of `rowWindows`.

// @ts-ignore: decorator
@inline
function indexAt(table: usize, entry: i32, column: usize): i32 {
  return <i32>(load<f32>(table + (<usize>entry << 4) + column));
}

/** y[oy, ox] = Σ over i, j of wy[i] · wx[j] · x[iy[i], ix[j]]. Split over output rows. */
export function upsample2dForward(s: Upsample2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.ho, worker + 1, workers), pixel = s.c << 2, rowBytes = s.wo * pixel;
  let before = -1;
  for (let row = share(live * s.ho, worker, workers); row < last; row++) {
    const image = row / s.ho, oy = row - image * s.ho;
    const x = s.x + <usize>(image * s.hi * s.wi) * pixel, y = s.y + <usize>row * rowBytes;
    const top = image * s.hi + indexAt(s.rows, oy, 0);
    if (s.bilinear) bilinearRow(s, x, y, oy);
    else if (top == before) memory.copy(y, y - rowBytes, rowBytes);
    else nearestRow(s, s.x + <usize>(top * s.wi) * pixel, y);
    before = top;
  }
}

function nearestRow(s: Upsample2dForwardStep, x: usize, y: usize): void {
  const pixel = s.c << 2, whole = pixel & ~15;
  for (let ox = 0; ox < s.wo; ox++, y += pixel) {
    const from = x + indexAt(s.columns, ox, 0) * pixel;
    let c = 0;
    for (; c < whole; c += 16) v128.store(y + c, v128.load(from + c));
    if (c < pixel) storeLanes(y + c, v128.load(from + c), (pixel - c) >> 2);
  }
}

function bilinearRow(s: Upsample2dForwardStep, x: usize, y: usize, oy: i32): void {
  const pixel = s.c << 2, row = s.wi * pixel;
  const top = x + indexAt(s.rows, oy, 0) * row, bottom = x + indexAt(s.rows, oy, 4) * row;
  const entry = s.rows + (<usize>oy << 4);
  const w0 = v128.load32_splat(entry, 8), w1 = v128.load32_splat(entry, 12);
  for (let ox = 0; ox < s.wo; ox++, y += pixel) {
    const left = indexAt(s.columns, ox, 0) * pixel, right = indexAt(s.columns, ox, 4) * pixel;
    const column = s.columns + (<usize>ox << 4);
    const v0 = v128.load32_splat(column, 8), v1 = v128.load32_splat(column, 12);
    const whole = pixel & ~15;
    const a = top + left, b = top + right, d = bottom + left, e = bottom + right;
    let c = 0;
    for (; c < whole; c += 16) {
      v128.store(y + c, blend(v128.load(a + c), v128.load(b + c), v128.load(d + c), v128.load(e + c), v0, v1, w0, w1));
    }
    if (c < pixel) {
      storeLanes(y + c, blend(v128.load(a + c), v128.load(b + c), v128.load(d + c), v128.load(e + c), v0, v1, w0, w1), (pixel - c) >> 2);
    }
  }
}

/** w0·(v0·a + v1·b) + w1·(v0·d + v1·e). */
// @ts-ignore: decorator
@inline
function blend(a: v128, b: v128, d: v128, e: v128, v0: v128, v1: v128, w0: v128, w1: v128): v128 {
  return fma(w1, fma(v1, e, f32x4.mul(v0, d)), f32x4.mul(w0, fma(v1, b, f32x4.mul(v0, a))));
}

/** dx[iy, ix] (+)= Σ of the weights' products times dy over the outputs that read the pixel. Split over input rows. */
export function upsample2dBackward(s: Upsample2dBackwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.hi, worker + 1, workers), pixel = s.c << 2;
  for (let row = share(live * s.hi, worker, workers); row < last; row++) {
    const image = row / s.hi, iy = row - image * s.hi;
    const top = windowAt(s.rowWindows, iy, 0), bottom = windowAt(s.rowWindows, iy, 4);
    const weights = s.rowWeights + (windowAt(s.rowWindows, iy, 8) << 2);
    const dy = s.dy + <usize>((image * s.ho + top) * s.wo) * pixel;
    let dx = s.dx + <usize>(row * s.wi) * pixel;
    for (let ix = 0; ix < s.wi; ix++, dx += pixel) {
      const left = windowAt(s.columnWindows, ix, 0), right = windowAt(s.columnWindows, ix, 4);
      const across = s.columnWeights + (windowAt(s.columnWindows, ix, 8) << 2);
      weighPixel(dy + left * pixel, dx, pixel, s.wo * pixel, weights, bottom - top, across, right - left, s.accumulate);
    }
  }
}

// @ts-ignore: decorator
@inline
function windowAt(table: usize, i: i32, field: i32): i32 {
  return <i32>load<f32>(table + <usize>(i * 12) + field);
}

/** Sixteen channels at a time. down [rows] and across [columns] are weights; dy is the first output that reads the pixel. */
function weighPixel(dy: usize, dx: usize, pixel: i32, row: i32, down: usize, rows: i32, across: usize, columns: i32, accumulate: i32): void {
  for (let c = 0; c < pixel; c += 64) {
    let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
    for (let y = 0, from = dy + c; y < rows; y++, from += row) {
      const wy = v128.load32_splat(down + (y << 2));
      for (let x = 0, at = from; x < columns; x++, at += pixel) {
        const weight = f32x4.mul(wy, v128.load32_splat(across + (x << 2)));
        s0 = fma(weight, v128.load(at), s0);
        s1 = fma(weight, v128.load(at, 16), s1);
        s2 = fma(weight, v128.load(at, 32), s2);
        s3 = fma(weight, v128.load(at, 48), s3);
      }
    }
    const to = dx + c, lanes = (pixel - c) >> 2;
    storePart(to, s0, accumulate, lanes);
    storePart(to + 16, s1, accumulate, lanes - 4);
    storePart(to + 32, s2, accumulate, lanes - 8);
    storePart(to + 48, s3, accumulate, lanes - 12);
  }
}

/** A vector of dx; nothing where no lanes are left. */
// @ts-ignore: decorator
@inline
function storePart(to: usize, sum: v128, accumulate: i32, lanes: i32): void {
  if (lanes > 0) storeLanes(to, accumulate ? f32x4.add(v128.load(to), sum) : sum, lanes);
}
