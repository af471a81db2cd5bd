import { fma } from "../simd";
import { share } from "../slice";
import { RmspropStep } from "../steps";
import { BLOCK, gradientAt, rateOf } from "./descent";

/** torch.optim.RMSprop: g += decay·w;  q = α·q + (1 − α)·g²;  centered: a = α·a + (1 − α)·g and u = q − a², else u = q;
 *  w −= rate·g / (√u + eps), or with momentum v = momentum·v + g / (√u + eps), w −= rate·v. Split over vectors. */
export function rmsprop(s: RmspropStep, control: usize, worker: i32, workers: i32): void {
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  const rate = <f32>rateOf(control, s.rateFactor);
  for (let v = share(vectors, worker, workers); v < last; v += BLOCK) rmspropBlock(s, <usize>v << 4, min(BLOCK, last - v), rate);
}

function rmspropBlock(s: RmspropStep, at: usize, count: i32, rate: f32): void {
  const alpha = f32x4.splat(s.alpha), fresh = f32x4.splat(s.fresh), eps = f32x4.splat(s.eps);
  const momentum = f32x4.splat(s.momentum), down = f32x4.splat(-rate);
  for (; count > 0; count--, at += 16) {
    const w = v128.load(s.w + at);
    const g = gradientAt(s.dw + at, s.maximize, s.weightDecay, w);
    let u = fma(f32x4.mul(fresh, g), g, f32x4.mul(v128.load(s.squareAvg + at), alpha));
    v128.store(s.squareAvg + at, u);
    if (s.gradAvg) {
      const mean = fma(fresh, g, f32x4.mul(v128.load(s.gradAvg + at), alpha));
      v128.store(s.gradAvg + at, mean);
      u = f32x4.sub(u, f32x4.mul(mean, mean));
    }
    const scale = f32x4.add(f32x4.sqrt(u), eps);
    if (s.velocity) {
      const v = f32x4.add(f32x4.mul(v128.load(s.velocity + at), momentum), f32x4.div(g, scale));
      v128.store(s.velocity + at, v);
      v128.store(s.w + at, fma(down, v, w));
    } else {
      v128.store(s.w + at, f32x4.add(w, f32x4.div(f32x4.mul(down, g), scale)));
    }
  }
}
