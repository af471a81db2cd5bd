import { exp4, expBelow4, log1 } from "../math";
import { laneMask, storeLanes, sumLanes, zero } from "../simd";
import { share } from "../slice";
import { SoftmaxBackwardStep, SoftmaxForwardStep } from "../steps";

// Over the middle axis of [outer, length, inner]. With inner 1 a row lies together and lanes run along it; else lanes run
// across `inner` and every lane has a row of its own.

/** y = e^(x − max) / Σ e^(x − max), or its logarithm. Split over rows. */
export function softmaxForward(s: SoftmaxForwardStep, live: i32, worker: i32, workers: i32): void {
  const vectors = (s.inner + 3) >> 2, items = live * s.outer * vectors;
  const last = share(items, worker + 1, workers);
  for (let i = share(items, worker, workers); i < last; i++) {
    const outer = i / vectors, v = i - outer * vectors;
    const at = (<usize>outer * s.length * s.inner + (v << 2)) << 2;
    if (s.inner == 1) softmaxRow(s.x + at, s.y + at, s.length, s.log);
    else softmaxColumns(s.x + at, s.y + at, s.length, s.inner << 2, s.inner - (v << 2), s.log);
  }
}

/** Largest of a row. */
export function rowMax(x: usize, length: i32): f32 {
  let best = f32x4.splat(-Infinity);
  for (; length > 0; length -= 4, x += 16) {
    best = f32x4.pmax(best, v128.bitselect(v128.load(x), best, laneMask(length)));
  }
  return max(
    max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)), max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)),
  );
}

/** Σ e^(x − top) of a row. */
export function rowExpSum(x: usize, length: i32, top: f32): f32 {
  const shift = f32x4.splat(top);
  let sum = zero();
  for (; length > 0; length -= 4, x += 16) {
    const value = expBelow4(f32x4.sub(v128.load(x), shift));
    sum = f32x4.add(sum, length >= 4 ? value : v128.and(value, laneMask(length)));
  }
  return sumLanes(sum);
}

/** y = e^(x − top); returns its sum, added as rowExpSum does. */
function rowExp(x: usize, y: usize, length: i32, top: f32): f32 {
  const shift = f32x4.splat(top);
  let sum = zero();
  for (; length >= 4; length -= 4, x += 16, y += 16) {
    const value = expBelow4(f32x4.sub(v128.load(x), shift));
    v128.store(y, value);
    sum = f32x4.add(sum, value);
  }
  if (length > 0) {
    const value = v128.and(expBelow4(f32x4.sub(v128.load(x), shift)), laneMask(length));
    storeLanes(y, value, length);
    sum = f32x4.add(sum, value);
  }
  return sumLanes(sum);
}

function softmaxRow(x: usize, y: usize, length: i32, log: i32): void {
  const top = rowMax(x, length), shift = f32x4.splat(top);
  if (log) {
    const down = f32x4.splat(log1(rowExpSum(x, length, top)));
    for (; length > 0; length -= 4, x += 16, y += 16) storeLanes(y, f32x4.sub(f32x4.sub(v128.load(x), shift), down), length);
  } else {
    const sum = f32x4.splat(rowExp(x, y, length, top));
    for (; length > 0; length -= 4, y += 16) storeLanes(y, f32x4.div(v128.load(y), sum), length);
  }
}

/** log of four lanes. */
function logLanes(x: v128): v128 {
  let y = f32x4.splat(log1(f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, log1(f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, log1(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, log1(f32x4.extract_lane(x, 3)));
}

function softmaxColumns(x: usize, y: usize, length: i32, step: i32, lanes: i32, log: i32): void {
  let top = f32x4.splat(-Infinity), sum = zero();
  for (let i = 0, at = x; i < length; i++, at += step) top = f32x4.pmax(top, v128.load(at));
  for (let i = 0, at = x, to = y; i < length; i++, at += step, to += step) {
    const value = expBelow4(f32x4.sub(v128.load(at), top));
    if (!log) storeLanes(to, value, lanes);
    sum = f32x4.add(sum, value);
  }
  const down = log ? logLanes(sum) : sum;
  for (let i = 0; i < length; i++, x += step, y += step) {
    storeLanes(y, log ? f32x4.sub(f32x4.sub(v128.load(x), top), down) : f32x4.div(v128.load(y), down), lanes);
  }
}

/** dx (+)= y (dy − Σ dy·y), or dy − e^y Σ dy for the logarithm. Split over rows. */
export function softmaxBackward(s: SoftmaxBackwardStep, live: i32, worker: i32, workers: i32): void {
  const vectors = (s.inner + 3) >> 2, items = live * s.outer * vectors;
  const last = share(items, worker + 1, workers);
  for (let i = share(items, worker, workers); i < last; i++) {
    const outer = i / vectors, v = i - outer * vectors;
    const at = (<usize>outer * s.length * s.inner + (v << 2)) << 2;
    if (s.inner == 1) backwardRow(s.y + at, s.dy + at, s.dx + at, s.length, s.log, s.accumulate);
    else backwardColumns(s.y + at, s.dy + at, s.dx + at, s.length, s.inner << 2, s.inner - (v << 2), s.log, s.accumulate);
  }
}

// @ts-ignore: decorator
@inline
function gradient(y: v128, dy: v128, sum: v128, dx: usize, log: i32, accumulate: i32): v128 {
  const value = log ? f32x4.sub(dy, f32x4.mul(exp4(y), sum)) : f32x4.mul(y, f32x4.sub(dy, sum));
  return accumulate ? f32x4.add(v128.load(dx), value) : value;
}

function backwardRow(y: usize, dy: usize, dx: usize, length: i32, log: i32, accumulate: i32): void {
  let sum = zero();
  for (let left = length, at: usize = 0; left > 0; left -= 4, at += 16) {
    const d = v128.load(dy + at);
    sum = f32x4.add(sum, v128.and(log ? d : f32x4.mul(d, v128.load(y + at)), laneMask(left)));
  }
  const total = f32x4.splat(sumLanes(sum));
  for (; length > 0; length -= 4, y += 16, dy += 16, dx += 16) {
    storeLanes(dx, gradient(v128.load(y), v128.load(dy), total, dx, log, accumulate), length);
  }
}

function backwardColumns(y: usize, dy: usize, dx: usize, length: i32, step: i32, lanes: i32, log: i32, accumulate: i32): void {
  let sum = zero();
  for (let i = 0, at: usize = 0; i < length; i++, at += step) {
    const d = v128.load(dy + at);
    sum = f32x4.add(sum, log ? d : f32x4.mul(d, v128.load(y + at)));
  }
  for (let i = 0; i < length; i++, y += step, dy += step, dx += step) {
    storeLanes(dx, gradient(v128.load(y), v128.load(dy), sum, dx, log, accumulate), lanes);
  }
}
