import { laneMask, storeLanes, zero } from "../simd";
import { share } from "../slice";
import { RowNormBackwardStep, RowNormForwardStep } from "../steps";
import { exactSquares, exactSum } from "./channelsums";

// Layer normalisation without its weights: rows of `length` neighbouring numbers, lanes along the row.

/** Numbers whose sum is taken in float32 before it joins the float64 total. */
const BLOCK: i32 = 32;

/** y = (x − mean) / √(variance + eps), the mean taken off in two parts. Split over rows; x and y may be one tensor. */
export function rowNormForward(s: RowNormForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.rows, worker + 1, workers);
  for (let row = share(live * s.rows, worker, workers); row < last; row++) {
    const at = <usize>row * s.length << 2;
    store<f32>(s.rstd + (<usize>row << 2), forwardRow(s.x + at, s.y + at, s.length, <f64>s.eps));
  }
}

function forwardRow(x: usize, y: usize, length: i32, eps: f64): f32 {
  const n = <f64>length, origin = load<f32>(x);
  let mean = <f64>origin + sumAbout(x, length, origin, false) / n, near = <f32>mean;
  let apart = mean - <f64>near, squares = sumAbout(x, length, near, true) - n * apart * apart;
  if (!(abs(mean) + squares < Infinity)) {
    mean = exactSum(x, 0, 1, length) / n;
    squares = exactSquares(x, 0, 1, length, mean);
    near = <f32>mean;
    apart = mean - <f64>near;
  }
  const rstd = 1 / sqrt(max<f64>(squares, 0) / n + eps);
  normalise(x, y, length, near, <f32>rstd, <f32>(apart == 0 ? 0 : -apart * rstd));
  return <f32>rstd;
}

/** Σ (x − origin), or Σ (x − origin)². */
function sumAbout(x: usize, length: i32, origin: f32, squares: bool): f64 {
  let total = f64x2.splat(0);
  const from = f32x4.splat(origin);
  for (; length > 0; length -= BLOCK, x += BLOCK << 2) {
    let sum = zero(), left = min(length, BLOCK), at = x;
    for (; left >= 4; left -= 4, at += 16) {
      const d = f32x4.sub(v128.load(at), from);
      sum = f32x4.add(sum, squares ? f32x4.mul(d, d) : d);
    }
    if (left > 0) {
      const d = v128.and(f32x4.sub(v128.load(at), from), laneMask(left));
      sum = f32x4.add(sum, squares ? f32x4.mul(d, d) : d);
    }
    total = join(total, sum);
  }
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

// @ts-ignore: decorator
@inline
function join(total: v128, sum: v128): v128 {
  return f64x2.add(total, f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(v128.shuffle<f32>(sum, sum, 2, 3, 2, 3))));
}

function normalise(x: usize, y: usize, length: i32, mean: f32, rstd: f32, low: f32): void {
  const m = f32x4.splat(mean), scale = f32x4.splat(rstd), offset = f32x4.splat(low);
  for (; length >= 4; length -= 4, x += 16, y += 16) v128.store(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), m), scale), offset));
  storeLanes(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), m), scale), offset), length);
}

/** dx (+)= rstd (dy − Σ dy / n − y Σ dy·y / n). Split over rows; dx and dy may be one tensor. */
export function rowNormBackward(s: RowNormBackwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.rows, worker + 1, workers);
  for (let row = share(live * s.rows, worker, workers); row < last; row++) {
    const at = <usize>row * s.length << 2;
    backwardRow(s.y + at, s.dy + at, s.dx + at, s.length, load<f32>(s.rstd + (<usize>row << 2)), s.accumulate);
  }
}

function backwardRow(y: usize, dy: usize, dx: usize, length: i32, rstd: f32, accumulate: i32): void {
  const n = <f64>length, plain = f32x4.splat(<f32>(sumOfProducts(dy, 0, length) / n)), along = f32x4.splat(<f32>(sumOfProducts(dy, y, length) / n));
  const scale = f32x4.splat(rstd);
  for (; length > 0; length -= 4, y += 16, dy += 16, dx += 16) {
    const value = f32x4.mul(scale, f32x4.sub(f32x4.sub(v128.load(dy), plain), f32x4.mul(v128.load(y), along)));
    storeLanes(dx, accumulate ? f32x4.add(v128.load(dx), value) : value, length);
  }
}

/** Σ dy·y, or Σ dy where y is none. */
function sumOfProducts(dy: usize, y: usize, length: i32): f64 {
  let total = f64x2.splat(0);
  for (let from: usize = 0; length > 0; length -= BLOCK, from += BLOCK << 2) {
    let sum = zero(), left = min(length, BLOCK), at = from;
    for (; left >= 4; left -= 4, at += 16) {
      const d = v128.load(dy + at);
      sum = f32x4.add(sum, y ? f32x4.mul(d, v128.load(y + at)) : d);
    }
    if (left > 0) {
      const d = v128.load(dy + at);
      sum = f32x4.add(sum, v128.and(y ? f32x4.mul(d, v128.load(y + at)) : d, laneMask(left)));
    }
    total = join(total, sum);
  }
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}
