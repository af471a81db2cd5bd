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
  let w = s.w + at, dw = s.dw + at, velocity = s.velocity + at;
  if (!first && s.fresh == 1 && !s.maximize && !s.nesterov && s.weightDecay == 0) {
    const left = usualLoop(w, dw, velocity, count, rate, s.momentum), done = <usize>(count - left) << 4;
    w += done; dw += done; velocity += done;
    count = left;
  }
  const down = f32x4.splat(-rate), momentum = f32x4.splat(s.momentum), fresh = f32x4.splat(first ? 1 : s.fresh);
  for (; count > 0; count--, w += 16, dw += 16, velocity += 16) {
    const weight = v128.load(w), g = gradientAt(dw, s.maximize, s.weightDecay, weight);
    const v = fma(fresh, g, first ? zero() : f32x4.mul(v128.load(velocity), momentum));
    v128.store(velocity, v);
    v128.store(w, fma(down, s.nesterov ? fma(momentum, v, g) : v, weight));
  }
}

/** Nothing but momentum, pairs of vectors without branches: v = momentum·v + g, w −= rate·v. Returns the vectors left over. */
function usualLoop(w: usize, dw: usize, velocity: usize, count: i32, rate: f32, momentum: f32): i32 {
  const down = f32x4.splat(-rate), keep = f32x4.splat(momentum), one = f32x4.splat(1);
  for (; count >= 2; count -= 2, w += 32, dw += 32, velocity += 32) {
    const v0 = fma(one, v128.load(dw), f32x4.mul(v128.load(velocity), keep));
    const v1 = fma(one, v128.load(dw, 16), f32x4.mul(v128.load(velocity, 16), keep));
    const w0 = fma(down, v0, v128.load(w)), w1 = fma(down, v1, v128.load(w, 16));
    v128.store(velocity, v0);
    v128.store(velocity, v1, 16);
    v128.store(w, w0);
    v128.store(w, w1, 16);
  }
  return count;
}
