import { CONTROL_UPDATES } from "../abi";
import { fma } from "../simd";
import { share } from "../slice";
import { AdagradStep } from "../steps";
import { BLOCK, gradientAt, rateOf } from "./descent";

/** torch.optim.Adagrad after t updates: g += decay·w;  sum += g², from `initial` at the first;
 *  w −= rate / (1 + t·lrDecay) · g / (√sum + eps). Split over vectors. */
export function adagrad(s: AdagradStep, control: usize, worker: i32, workers: i32): void {
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  const updates = load<i32>(control, CONTROL_UPDATES);
  const rate = <f32>(rateOf(control, s.rateFactor) / (1 + <f64>updates * <f64>s.lrDecay));
  for (let v = share(vectors, worker, workers); v < last; v += BLOCK) {
    adagradBlock(s, <usize>v << 4, min(BLOCK, last - v), rate, updates == 0);
  }
}

function adagradBlock(s: AdagradStep, at: usize, count: i32, rate: f32, first: bool): void {
  const eps = f32x4.splat(s.eps), down = f32x4.splat(-rate), initial = f32x4.splat(s.initial);
  for (; count > 0; count--, at += 16) {
    const w = v128.load(s.w + at);
    const g = gradientAt(s.dw + at, s.maximize, s.weightDecay, w);
    const sum = fma(g, g, first ? initial : v128.load(s.sum + at));
    v128.store(s.sum + at, sum);
    v128.store(s.w + at, f32x4.add(w, f32x4.div(f32x4.mul(down, g), f32x4.add(f32x4.sqrt(sum), eps))));
  }
}
