import { ADD_IF_ACCUMULATING } from "../abi";
import { laneMask, storeLanes, sumLanes, zero } from "../simd";
import { share } from "../slice";
import { PreluBackwardInputStep, PreluBackwardWeightStep, PreluForwardStep } from "../steps";

// y = x, or w · x where x <= 0 (He et al. 2015): x [row, c] channels last, w [c]. With one weight for all, x is taken as
// rows of RUN numbers whatever its shape.

/** Numbers in a row when the weight is shared. */
const RUN: i32 = 1024;
/** Rows whose sum is taken before it joins the total. */
const BLOCK: i32 = 256;

/** Split over rows. */
export function preluForward(s: PreluForwardStep, live: i32, worker: i32, workers: i32): void {
  const size = live * s.rows * s.c, c = s.shared ? RUN : s.c, rows = (size + c - 1) / c;
  const last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const at = <usize>row * c << 2;
    forwardRow(s.x + at, s.w, s.y + at, min(c, size - row * c), s.shared);
  }
}

// @ts-ignore: decorator
@inline
function weightAt(w: usize, k: usize, shared: i32): v128 {
  return shared ? v128.load32_splat(w) : v128.load(w + k);
}

function forwardRow(x: usize, w: usize, y: usize, count: i32, shared: i32): void {
  for (let k: usize = 0; count > 0; count -= 4, k += 16) {
    const v = v128.load(x + k);
    storeLanes(y + k, v128.bitselect(v, f32x4.mul(v, weightAt(w, k, shared)), f32x4.gt(v, zero())), count);
  }
}

/** dx (+)= dy, or w · dy where x <= 0. Split over rows. */
export function preluBackwardInput(s: PreluBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const size = live * s.rows * s.c, c = s.shared ? RUN : s.c, rows = (size + c - 1) / c;
  const last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const at = <usize>row * c << 2;
    inputRow(s, s.x + at, s.dy + at, s.dx + at, min(c, size - row * c));
  }
}

function inputRow(s: PreluBackwardInputStep, x: usize, dy: usize, dx: usize, count: i32): void {
  const w = s.w, shared = s.shared, accumulate = s.accumulate;
  for (let k: usize = 0; count > 0; count -= 4, k += 16) {
    const d = v128.load(dy + k);
    const value = v128.bitselect(d, f32x4.mul(d, weightAt(w, k, shared)), f32x4.gt(v128.load(x + k), zero()));
    storeLanes(dx + k, accumulate ? f32x4.add(v128.load(dx + k), value) : value, count);
  }
}

/** dw[c] (+)= Σ over rows of dy · x where x <= 0. Split over vectors of channels; a shared weight has one worker. */
export function preluBackwardWeight(s: PreluBackwardWeightStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  if (s.shared) {
    if (worker == 0) sharedWeight(s, live * s.rows * s.c, accumulate);
    return;
  }
  const rows = live * s.rows, vectors = (s.c + 3) >> 2, last = share(vectors, worker + 1, workers);
  for (let v = share(vectors, worker, workers); v < last; v++) {
    let total = zero();
    for (let row = 0; row < rows; row += BLOCK) {
      const at = (<usize>row * s.c << 2) + (v << 4);
      total = f32x4.add(total, columnSum(s.x + at, s.dy + at, s.c << 2, min(BLOCK, rows - row)));
    }
    const to = s.dw + (v << 4);
    storeLanes(to, accumulate ? f32x4.add(v128.load(to), total) : total, s.c - (v << 2));
  }
}

// @ts-ignore: decorator
@inline
function term(x: usize, dy: usize): v128 {
  const v = v128.load(x);
  return v128.andnot(f32x4.mul(v, v128.load(dy)), f32x4.gt(v, zero()));
}

function columnSum(x: usize, dy: usize, step: i32, rows: i32): v128 {
  let sum = zero();
  for (; rows > 0; rows--, x += step, dy += step) sum = f32x4.add(sum, term(x, dy));
  return sum;
}

function sharedWeight(s: PreluBackwardWeightStep, size: i32, accumulate: i32): void {
  let total: f64 = accumulate ? load<f32>(s.dw) : 0;
  for (let i = 0; i < size; i += RUN) total += runSum(s.x + (<usize>i << 2), s.dy + (<usize>i << 2), min(RUN, size - i));
  store<f32>(s.dw, <f32>total);
}

function runSum(x: usize, dy: usize, count: i32): f32 {
  let even = zero(), odd = zero();
  for (; count >= 8; count -= 8, x += 32, dy += 32) {
    even = f32x4.add(even, term(x, dy));
    odd = f32x4.add(odd, term(x + 16, dy + 16));
  }
  for (; count > 0; count -= 4, x += 16, dy += 16) even = f32x4.add(even, v128.and(term(x, dy), laneMask(count)));
  return sumLanes(f32x4.add(even, odd));
}
