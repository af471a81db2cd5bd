import { CONTROL_UPDATES } from "../abi";
import { fma, zero } from "../simd";
import { share } from "../slice";
import { SgdStep } from "../steps";
import { BLOCK, gradientAt, rateOf } from "./descent";

/** torch.optim.SGD: g += decay·w;  v = momentum·v + fresh·g, or g at the first update;  g = v, or g + momentum·v (Nesterov);
 *  w −= rate·g;  fresh = 1 − dampening. Tensors end on whole vectors of zeros, so the last lanes need no care. Split over vectors. */
export function sgd(s: SgdStep, control: usize, worker: i32, workers: i32): void {
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  const rate = <f32>rateOf(control, s.rateFactor), first = load<i32>(control, CONTROL_UPDATES) == 0;
  for (let v = share(vectors, worker, workers); v < last; v += BLOCK) {
    const at = <usize>v << 4, count = min(BLOCK, last - v);
    if (s.momentum == 0) plainBlock(s, at, count, rate);
    else momentumBlock(s, at, count, rate, first);
  }
}

function plainBlock(s: SgdStep, at: usize, count: i32, rate: f32): void {
  const down = f32x4.splat(-rate);
  for (; count > 0; count--, at += 16) {
    const w = v128.load(s.w + at);
    v128.store(s.w + at, fma(down, gradientAt(s.dw + at, s.maximize, s.weightDecay, w), w));
  }
}

function momentumBlock(s: SgdStep, at: usize, count: i32, rate: f32, first: bool): void {
  const down = f32x4.splat(-rate), momentum = f32x4.splat(s.momentum);
  const fresh = f32x4.splat(first ? 1 : s.fresh);
  for (; count > 0; count--, at += 16) {
    const w = v128.load(s.w + at);
    const g = gradientAt(s.dw + at, s.maximize, s.weightDecay, w);
    const held = first ? zero() : f32x4.mul(v128.load(s.velocity + at), momentum);
    const v = fma(fresh, g, held);
    v128.store(s.velocity + at, v);
    v128.store(s.w + at, fma(down, s.nesterov ? fma(momentum, v, g) : v, w));
  }
}
