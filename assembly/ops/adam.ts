import { CONTROL_UPDATES } from "../abi";
import { power } from "../math";
import { fma } from "../simd";
import { share } from "../slice";
import { AdamStep } from "../steps";
import { BLOCK, gradientAt, rateOf } from "./descent";

/** torch.optim.Adam, and AdamW where `decoupled`, at update t = 1, 2, ...: g += decay·w, or w −= rate·decay·w where decoupled;
 *  m = β₁·m + (1 − β₁)·g;  v = β₂·v + (1 − β₂)·g²;  u = v, or the largest v so far (amsgrad);
 *  w −= rate / (1 − β₁ᵗ) · m / (√u / √(1 − β₂ᵗ) + eps).
 *  βᵗ is a product of t factors in f64, made anew from the update count: nothing to keep, and a restored run continues bit for bit.
 *  β comes as fresh = 1 − β, whose f32 rounding keeps all of 1 − βᵗ's digits. Split over vectors. */
export function adam(s: AdamStep, control: usize, worker: i32, workers: i32): void {
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  const rate = rateOf(control, s.rateFactor), t = load<i32>(control, CONTROL_UPDATES) + 1;
  const stepSize = <f32>(rate / (1 - power(1 - <f64>s.fresh1, t)));
  const correction = <f32>sqrt<f64>(1 - power(1 - <f64>s.fresh2, t));
  const keep: f32 = s.decoupled ? <f32>(1 - rate * <f64>s.weightDecay) : 1;
  for (let v = share(vectors, worker, workers); v < last; v += BLOCK) {
    adamBlock(s, <usize>v << 4, min(BLOCK, last - v), stepSize, correction, keep);
  }
}

function adamBlock(s: AdamStep, at: usize, count: i32, stepSize: f32, correction: f32, keep: f32): void {
  const beta1 = f32x4.splat(s.beta1), fresh1 = f32x4.splat(s.fresh1), beta2 = f32x4.splat(s.beta2), fresh2 = f32x4.splat(s.fresh2);
  const decay: f32 = s.decoupled ? 0 : s.weightDecay, down = f32x4.splat(-stepSize), root = f32x4.splat(correction), eps = f32x4.splat(s.eps);
  for (; count > 0; count--, at += 16) {
    const w = f32x4.mul(v128.load(s.w + at), f32x4.splat(keep));
    const g = gradientAt(s.dw + at, s.maximize, decay, w);
    const m = fma(fresh1, g, f32x4.mul(v128.load(s.expAvg + at), beta1));
    let v = fma(f32x4.mul(fresh2, g), g, f32x4.mul(v128.load(s.expAvgSq + at), beta2));
    v128.store(s.expAvg + at, m);
    v128.store(s.expAvgSq + at, v);
    if (s.maxExpAvgSq) {
      v = f32x4.max(v128.load(s.maxExpAvgSq + at), v);
      v128.store(s.maxExpAvgSq + at, v);
    }
    const scale = f32x4.add(f32x4.div(f32x4.sqrt(v), root), eps);
    v128.store(s.w + at, f32x4.add(w, f32x4.div(f32x4.mul(down, m), scale)));
  }
}
