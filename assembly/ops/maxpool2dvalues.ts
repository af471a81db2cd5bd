import { storeLanes, zero } from "../simd";
import { MaxPool2dForwardStep } from "../steps";

// Maxima alone, where no gradient follows: pmax keeps the first of equal numbers and loses NaN, which is gathered beside it.

/** One row of outputs whose windows are 2x2 and inside the image, as maxRow_2x2. */
export function mostRow_2x2(s: MaxPool2dForwardStep, x: usize, at: usize, place: i32): void {
  const pixel = s.c << 2, row = s.wi * pixel, step = s.strideW * pixel;
  let y = s.y + at + (s.yFrom << 2);
  x += <usize>place * pixel;
  for (const end = y + (s.wo * s.yRow << 2); y < end; y += s.yRow << 2, x += step) {
    for (let c = 0; c < pixel; c += 16) {
      const from = x + c, below = from + row;
      const a = v128.load(from), b = v128.load(from + pixel), d = v128.load(below), e = v128.load(below + pixel);
      const nan = v128.or(v128.or(f32x4.ne(a, a), f32x4.ne(b, b)), v128.or(f32x4.ne(d, d), f32x4.ne(e, e)));
      storeLanes(y + c, v128.or(nan, f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(d, e))), (pixel - c) >> 2);
    }
  }
}

/** One window, as maxWindow. */
export function mostWindow(s: MaxPool2dForwardStep, x: usize, y: usize, top: i32, bottom: i32, left: i32, right: i32): void {
  const pixel = s.c << 2, blocks = pixel & ~63, row = s.dilationH * s.wi * pixel, step = s.dilationW * pixel;
  x += <usize>(top * s.wi + left) * pixel;
  const stop = (bottom - top) * s.wi * pixel, width = (right - left) * pixel;
  let c = 0;
  for (; c < blocks; c += 64) mostBlock(x + c, y + c, row, stop, step, width);
  for (; c < pixel; c += 16) mostVector(x + c, y + c, row, stop, step, width, (pixel - c) >> 2);
}

/** Four channels of a window: rows `row` bytes apart until `stop`, columns `step` apart until `width`. */
function mostVector(x: usize, y: usize, row: i32, stop: i32, step: i32, width: i32, lanes: i32): void {
  let best = f32x4.splat(-Infinity), nan = zero();
  for (const end = x + stop; x < end; x += row) {
    for (let at = x, last = x + width; at < last; at += step) {
      const value = v128.load(at);
      best = f32x4.pmax(best, value);
      nan = v128.or(nan, f32x4.ne(value, value));
    }
  }
  storeLanes(y, v128.or(nan, best), lanes);
}

/** Sixteen channels, as mostVector. */
function mostBlock(x: usize, y: usize, row: i32, stop: i32, step: i32, width: i32): void {
  let b0 = f32x4.splat(-Infinity), b1 = b0, b2 = b0, b3 = b0;
  let n0 = zero(), n1 = n0, n2 = n0, n3 = n0;
  for (const end = x + stop; x < end; x += row) {
    for (let at = x, last = x + width; at < last; at += step) {
      const v0 = v128.load(at), v1 = v128.load(at, 16), v2 = v128.load(at, 32), v3 = v128.load(at, 48);
      b0 = f32x4.pmax(b0, v0); n0 = v128.or(n0, f32x4.ne(v0, v0));
      b1 = f32x4.pmax(b1, v1); n1 = v128.or(n1, f32x4.ne(v1, v1));
      b2 = f32x4.pmax(b2, v2); n2 = v128.or(n2, f32x4.ne(v2, v2));
      b3 = f32x4.pmax(b3, v3); n3 = v128.or(n3, f32x4.ne(v3, v3));
    }
  }
  v128.store(y, v128.or(n0, b0)); v128.store(y, v128.or(n1, b1), 16);
  v128.store(y, v128.or(n2, b2), 32); v128.store(y, v128.or(n3, b3), 48);
}
