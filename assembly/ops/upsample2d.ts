import { fma, storeLanes, zero } from "../simd";
import { share } from "../slice";
import { Upsample2dBackwardStep, Upsample2dForwardStep } from "../steps";

// Output row oy reads the input rows i0 and i1 with weights w0 and w1, its entry (i0, i1, w0, w1) of the table `rows`; columns
// alike. Nearest has i0 = i1. Backward, input row i gathers from the output rows `rowWindows`[i] = (first, one past the last).

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
  const pixel = s.c << 2;
  for (let ox = 0; ox < s.wo; ox++, y += pixel) {
    const from = x + indexAt(s.columns, ox, 0) * pixel;
    for (let c = 0; c < pixel; c += 16) storeLanes(y + c, v128.load(from + c), (pixel - c) >> 2);
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
    for (let c = 0; c < pixel; c += 16) {
      const above = fma(v1, v128.load(top + right + c), f32x4.mul(v0, v128.load(top + left + c)));
      const below = fma(v1, v128.load(bottom + right + c), f32x4.mul(v0, v128.load(bottom + left + c)));
      storeLanes(y + c, fma(w1, below, f32x4.mul(w0, above)), (pixel - c) >> 2);
    }
  }
}

/** dx[iy, ix] (+)= Σ of the weights' products times dy over the outputs that read the pixel. Split over input rows. */
export function upsample2dBackward(s: Upsample2dBackwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.hi, worker + 1, workers), pixel = s.c << 2;
  for (let row = share(live * s.hi, worker, workers); row < last; row++) {
    const image = row / s.hi, iy = row - image * s.hi;
    const dy = s.dy + <usize>(image * s.ho * s.wo) * pixel;
    let dx = s.dx + <usize>(row * s.wi) * pixel;
    for (let ix = 0; ix < s.wi; ix++, dx += pixel) {
      if (s.bilinear) weighPixel(s, dy, dx, iy, ix);
      else sumPixel(s, dy, dx, iy, ix);
    }
  }
}

// @ts-ignore: decorator
@inline
function windowAt(table: usize, i: i32, end: usize): i32 {
  return <i32>(load<f32>(table + (<usize>i << 3) + end));
}

function sumPixel(s: Upsample2dBackwardStep, dy: usize, dx: usize, iy: i32, ix: i32): void {
  const pixel = s.c << 2, row = s.wo * pixel;
  const top = windowAt(s.rowWindows, iy, 0) * row, bottom = windowAt(s.rowWindows, iy, 4) * row;
  const left = windowAt(s.columnWindows, ix, 0) * pixel, right = windowAt(s.columnWindows, ix, 4) * pixel;
  for (let c = 0; c < pixel; c += 16) {
    let sum = zero();
    for (let y = top; y < bottom; y += row) {
      for (let x = left; x < right; x += pixel) sum = f32x4.add(sum, v128.load(dy + y + x + c));
    }
    storeLanes(dx + c, s.accumulate ? f32x4.add(v128.load(dx + c), sum) : sum, (pixel - c) >> 2);
  }
}

/** What output `o` gives to input `i`. */
// @ts-ignore: decorator
@inline
function weightOf(table: usize, o: i32, i: i32): f32 {
  const entry = table + (<usize>o << 4);
  const first: f32 = indexAt(table, o, 0) == i ? load<f32>(entry, 8) : 0;
  return first + (indexAt(table, o, 4) == i ? load<f32>(entry, 12) : 0);
}

function weighPixel(s: Upsample2dBackwardStep, dy: usize, dx: usize, iy: i32, ix: i32): void {
  const pixel = s.c << 2;
  const top = windowAt(s.rowWindows, iy, 0), bottom = windowAt(s.rowWindows, iy, 4);
  const left = windowAt(s.columnWindows, ix, 0), right = windowAt(s.columnWindows, ix, 4);
  for (let c = 0; c < pixel; c += 64) {
    let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
    for (let y = top; y < bottom; y++) {
      const wy = weightOf(s.rows, y, iy);
      let at = dy + <usize>(y * s.wo + left) * pixel + c;
      for (let x = left; x < right; x++, at += pixel) {
        const weight = f32x4.splat(wy * weightOf(s.columns, x, ix));
        s0 = fma(weight, v128.load(at), s0);
        s1 = fma(weight, v128.load(at, 16), s1);
        s2 = fma(weight, v128.load(at, 32), s2);
        s3 = fma(weight, v128.load(at, 48), s3);
      }
    }
    storePart(dx + c, s0, s.accumulate, (pixel - c) >> 2);
    storePart(dx + c + 16, s1, s.accumulate, (pixel - c - 16) >> 2);
    storePart(dx + c + 32, s2, s.accumulate, (pixel - c - 32) >> 2);
    storePart(dx + c + 48, s3, s.accumulate, (pixel - c - 48) >> 2);
  }
}

// @ts-ignore: decorator
@inline
function storePart(to: usize, sum: v128, accumulate: i32, lanes: i32): void {
  storeLanes(to, accumulate ? f32x4.add(v128.load(to), sum) : sum, lanes);
}
