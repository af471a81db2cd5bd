import { CONTROL_RATE, CONTROL_UPDATES } from "../abi";
import { fma, zero } from "../simd";
import { share } from "../slice";
import { SgdStep } from "../steps";

/** Vectors that one call of the loop takes. */
const BLOCK: i32 = 256;

/** torch.optim.SGD: g += decay·w;  v = momentum·v + (1 − dampening)·g, or g at the first update;  g = v, or g + momentum·v (Nesterov);
 *  w −= rate·g. Tensors end on whole vectors of zeros, so the last lanes need no care. Split over vectors. */
export function sgd(s: SgdStep, control: usize, worker: i32, workers: i32): void {
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  const rate = load<f32>(control, CONTROL_RATE), first = load<i32>(control, CONTROL_UPDATES) == 0;
  for (let v = share(vectors, worker, workers); v < last; v += BLOCK) {
    const at = <usize>v << 4, count = min(BLOCK, last - v);
    if (s.momentum == 0) plainBlock(s, at, count, rate);
    else momentumBlock(s, at, count, rate, first);
  }
}

// @ts-ignore: decorator
@inline
function gradientAt(s: SgdStep, at: usize, decay: v128, w: v128): v128 {
  let g = v128.load(s.dw + at);
  if (s.maximize) g = f32x4.neg(g);
  return s.weightDecay != 0 ? fma(decay, w, g) : g;
}

function plainBlock(s: SgdStep, at: usize, count: i32, rate: f32): void {
  const down = f32x4.splat(-rate), decay = f32x4.splat(s.weightDecay);
  for (; count > 0; count--, at += 16) {
    const w = v128.load(s.w + at);
    v128.store(s.w + at, fma(down, gradientAt(s, at, decay, w), w));
  }
}

function momentumBlock(s: SgdStep, at: usize, count: i32, rate: f32, first: bool): void {
  const down = f32x4.splat(-rate), decay = f32x4.splat(s.weightDecay), momentum = f32x4.splat(s.momentum);
  const fresh = f32x4.splat(first ? 1 : 1 - s.dampening);
  for (; count > 0; count--, at += 16) {
    const w = v128.load(s.w + at);
    const g = gradientAt(s, at, decay, w);
    const held = first ? zero() : f32x4.mul(v128.load(s.velocity + at), momentum);
    const v = fma(fresh, g, held);
    v128.store(s.velocity + at, v);
    v128.store(s.w + at, fma(down, s.nesterov ? fma(momentum, v, g) : v, w));
  }
}
