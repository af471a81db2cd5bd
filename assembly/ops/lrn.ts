import { inversePower4 } from "../math";
import { storeLanes } from "../simd";
import { share } from "../slice";
import { LrnBackwardStep, LrnForwardStep } from "../steps";

// Local response normalisation of x [images · rows, c] across channels: y = x·d^−beta, d[c] = k + alpha Σ x[c']², c − before <= c' <= c + after
// (Krizhevsky et al. 2012). A row at a time; its squares lie in scratch between zeros, so that windows need no ends.

/** Bytes of a row of scratch: what a window reaches beyond its ends, and a vector's rest. */
// @ts-ignore: decorator
@inline
function lineBytes(c: i32, before: i32, after: i32): usize {
  return <usize>(c + before + after + 8) << 2;
}

/** Split over rows; x and y may be one tensor. */
export function lrnForward(s: LrnForwardStep, live: i32, worker: i32, workers: i32): void {
  const scratch = s.scratch + worker * s.scratchBytes, bytes = lineBytes(s.c, s.before, s.after), power = scratch + bytes;
  memory.fill(scratch, 0, bytes);
  const last = share(live * s.rows, worker + 1, workers);
  for (let row = share(live * s.rows, worker, workers); row < last; row++) {
    const at = <usize>row * s.c << 2;
    denominators(s.x + at, scratch, power, s.c, s.before, s.before + s.after + 1, s.alpha, s.k);
    powers(power, power, s.c, s.betaHigh, s.betaLow);
    timesRow(s.x + at, power, s.y + at, s.c);
  }
}

/** d [c] from the row x; the squares go between the zeros of `squares`. */
function denominators(x: usize, squares: usize, d: usize, c: i32, before: i32, size: i32, alpha: f32, k: f32): void {
  for (let left = c, to = squares + (before << 2); left > 0; left -= 4, x += 16, to += 16) {
    const value = v128.load(x);
    storeLanes(to, f32x4.mul(value, value), left);
  }
  const factor = f32x4.splat(alpha), start = f32x4.splat(k);
  for (; c > 0; c -= 4, squares += 16, d += 16) v128.store(d, f32x4.add(start, f32x4.mul(factor, windowSum(squares, size))));
}

// @ts-ignore: decorator
@inline
function windowSum(at: usize, size: i32): v128 {
  let sum = v128.load(at);
  for (let i = 1; i < size; i++) sum = f32x4.add(sum, v128.load(at + (i << 2)));
  return sum;
}

/** d^−beta [c]; by square roots where beta is 3/4, 1/2 or 1. */
function powers(d: usize, power: usize, c: i32, high: f32, low: f32): void {
  const one = f32x4.splat(1), beta = high + low;
  if (beta == 0.75) {
    for (; c > 0; c -= 4, d += 16, power += 16) {
      const root = f32x4.sqrt(v128.load(d));
      v128.store(power, f32x4.div(one, f32x4.mul(root, f32x4.sqrt(root))));
    }
  } else if (beta == 0.5) {
    for (; c > 0; c -= 4, d += 16, power += 16) v128.store(power, f32x4.div(one, f32x4.sqrt(v128.load(d))));
  } else if (beta == 1) {
    for (; c > 0; c -= 4, d += 16, power += 16) v128.store(power, f32x4.div(one, v128.load(d)));
  } else {
    for (; c > 0; c -= 4, d += 16, power += 16) v128.store(power, inversePower4(v128.load(d), high, low));
  }
}

function timesRow(x: usize, power: usize, y: usize, c: i32): void {
  for (; c > 0; c -= 4, x += 16, power += 16, y += 16) storeLanes(y, f32x4.mul(v128.load(x), v128.load(power)), c);
}

/** dx[c] (+)= dy[c]·d[c]^−beta − 2·alpha·beta·x[c] Σ dy·x·d^(−beta − 1) over the channels whose window has c in it. Split over rows; dx and
 *  dy may be one tensor. */
export function lrnBackward(s: LrnBackwardStep, live: i32, worker: i32, workers: i32): void {
  const squares = s.scratch + worker * s.scratchBytes, bytes = lineBytes(s.c, s.before, s.after);
  const terms = squares + bytes, d = terms + bytes, power = d + bytes;
  memory.fill(squares, 0, 2 * bytes);
  const last = share(live * s.rows, worker + 1, workers), size = s.before + s.after + 1;
  const factor = <f32>(-2 * <f64>s.alpha * (<f64>s.betaHigh + <f64>s.betaLow));
  for (let row = share(live * s.rows, worker, workers); row < last; row++) {
    const at = <usize>row * s.c << 2;
    denominators(s.x + at, squares, d, s.c, s.before, size, s.alpha, s.k);
    powers(d, power, s.c, s.betaHigh, s.betaLow);
    termsRow(s.x + at, s.dy + at, d, power, terms + (s.after << 2), s.c);
    gradientRow(s.x + at, s.dy + at, power, terms, s.dx + at, s.c, size, factor, s.accumulate);
  }
}

/** dy·x·d^(−beta − 1). */
function termsRow(x: usize, dy: usize, d: usize, power: usize, terms: usize, c: i32): void {
  for (; c > 0; c -= 4, x += 16, dy += 16, d += 16, power += 16, terms += 16) {
    storeLanes(terms, f32x4.mul(f32x4.mul(v128.load(dy), v128.load(x)), f32x4.div(v128.load(power), v128.load(d))), c);
  }
}

function gradientRow(x: usize, dy: usize, power: usize, terms: usize, dx: usize, c: i32, size: i32, factor: f32, accumulate: i32): void {
  const scale = f32x4.splat(factor);
  for (; c > 0; c -= 4, x += 16, dy += 16, power += 16, terms += 16, dx += 16) {
    const along = f32x4.mul(f32x4.mul(scale, v128.load(x)), windowSum(terms, size));
    let value = f32x4.add(f32x4.mul(v128.load(dy), v128.load(power)), along);
    if (accumulate) value = f32x4.add(v128.load(dx), value);
    storeLanes(dx, value, c);
  }
}
