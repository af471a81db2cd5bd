import { NORM_CHUNK, STORE } from "../abi";
import { share } from "../slice";
import { ClipScaleStep, ClipValueStep, GradientNormStep, SquareSumStep } from "../steps";
import { BLOCK } from "./descent";

/** sums[i] = Σ g² over the i-th chunk of a gradient, in f64. Split over chunks: their bounds do not depend on the workers. */
export function squareSum(s: SquareSumStep, worker: i32, workers: i32): void {
  const chunks = (s.length + NORM_CHUNK - 1) / NORM_CHUNK, last = share(chunks, worker + 1, workers);
  for (let i = share(chunks, worker, workers); i < last; i++) {
    const from = i * NORM_CHUNK;
    store<f64>(s.sums + (<usize>i << 3), squareSumOf(s.dw + (<usize>from << 2), min(NORM_CHUNK, s.length - from)));
  }
}

/** Four lanes of f64, added at the end as (0 + 1) + (2 + 3); the up to three numbers after the last vector follow one by one. */
function squareSumOf(x: usize, count: i32): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (; count >= 4; count -= 4, x += 16) {
    const v = v128.load(x);
    const a = f64x2.promote_low_f32x4(v), b = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  let sum = (f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1)) + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1));
  for (; count > 0; count--, x += 4) {
    const last = <f64>load<f32>(x);
    sum += last * last;
  }
  return sum;
}

/** square (+)= Σ sums, one by one;  norm = √square;  factor = min(1, limit / (norm + 1e-6)), what clipScale multiplies by.
 *  `norm` holds norm (f64), square (f64), factor (f32). One worker: a parameter has few sums. */
export function gradientNorm(s: GradientNormStep, worker: i32): void {
  if (worker != 0) return;
  let sum: f64 = s.accumulate == STORE ? 0 : load<f64>(s.norm, 8);
  for (let i = 0; i < s.count; i++) sum += load<f64>(s.sums + (<usize>i << 3));
  const norm = sqrt<f64>(sum);
  store<f64>(s.norm, norm);
  store<f64>(s.norm, sum, 8);
  store<f32>(s.norm, <f32>min<f64>(<f64>s.limit / (norm + 1e-6), 1), 16);
}

/** dw *= the factor that gradientNorm left; 1 touches nothing. Split over vectors. */
export function clipScale(s: ClipScaleStep, worker: i32, workers: i32): void {
  const factor = load<f32>(s.norm, 16);
  if (factor == 1) return;
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  for (let v = share(vectors, worker, workers); v < last; v += BLOCK) scaleBlock(s.dw + (<usize>v << 4), min(BLOCK, last - v), factor);
}

function scaleBlock(dw: usize, count: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  for (; count > 0; count--, dw += 16) v128.store(dw, f32x4.mul(v128.load(dw), by));
}

/** dw = max(min(dw, limit), −limit); pmin and pmax leave a NaN as it is, in one instruction each. Split over vectors. */
export function clipValue(s: ClipValueStep, worker: i32, workers: i32): void {
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  for (let v = share(vectors, worker, workers); v < last; v += BLOCK) clampBlock(s.dw + (<usize>v << 4), min(BLOCK, last - v), s.limit);
}

function clampBlock(dw: usize, count: i32, limit: f32): void {
  const high = f32x4.splat(limit), low = f32x4.splat(-limit);
  for (; count > 0; count--, dw += 16) v128.store(dw, f32x4.pmax(f32x4.pmin(v128.load(dw), high), low));
}
