import { ADD_IF_ACCUMULATING } from "../abi";
import { storeLanes, zero } from "../simd";
import { share } from "../slice";
import { BiasBackwardStep } from "../steps";

/** Rows whose sum is taken before it joins the total: keeps rounding small and the order fixed. */
const BLOCK: i32 = 256;

/** db[c] (+)= Σ dy[row, c]. Split over vectors of channels. */
export function biasBackward(s: BiasBackwardStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, vectors = (s.c + 3) >> 2;
  const first = share(vectors, worker, workers), last = share(vectors, worker + 1, workers);
  let accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  for (let row = 0; row < rows; row += BLOCK) {
    addBlock(s, s.dy + (<usize>row * s.c << 2), min(BLOCK, rows - row), first, last, accumulate);
    accumulate = 1;
  }
}

/** One block of rows for the vectors `first` to `last`: all of a line is used while it is in cache. */
function addBlock(s: BiasBackwardStep, dy: usize, rows: i32, first: i32, last: i32, accumulate: i32): void {
  for (let v = first; v < last; v++) {
    const to = s.db + (v << 4), sum = columnSum(dy + (v << 4), s.c << 2, rows);
    storeLanes(to, accumulate ? f32x4.add(v128.load(to), sum) : sum, s.c - (v << 2));
  }
}

/** Sum of `rows` vectors, `step` bytes apart: four partial sums hide the latency of the addition. */
export function columnSum(x: usize, step: i32, rows: i32): v128 {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
  const four = step << 2;
  let left = rows;
  for (; left >= 4; left -= 4, x += four) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x + step));
    s2 = f32x4.add(s2, v128.load(x + 2 * step));
    s3 = f32x4.add(s3, v128.load(x + 3 * step));
  }
  for (; left > 0; left--, x += step) s0 = f32x4.add(s0, v128.load(x));
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}
