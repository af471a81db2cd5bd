import { ADD_IF_ACCUMULATING } from "../abi";
import { storeLanes, zero } from "../simd";
import { share } from "../slice";
import { BiasBackwardStep } from "../steps";

/** Rows whose sum is taken before it joins the total: keeps rounding small and the order fixed. */
const BLOCK: i32 = 256;

/** db[c] (+)= Σ dy[row, c]. Split over vectors of channels. */
export function biasBackward(s: BiasBackwardStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, vectors = (s.c + 3) >> 2;
  const accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  const last = share(vectors, worker + 1, workers);
  for (let v = share(vectors, worker, workers); v < last; v++) {
    let total = zero();
    for (let row = 0; row < rows; row += BLOCK) {
      total = f32x4.add(total, columnSum(s.dy + (<usize>row * s.c << 2) + (v << 4), s.c << 2, min(BLOCK, rows - row)));
    }
    const to = s.db + (v << 4);
    storeLanes(to, accumulate ? f32x4.add(v128.load(to), total) : total, s.c - (v << 2));
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
