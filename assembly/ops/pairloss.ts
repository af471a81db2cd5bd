import { ABSOLUTE_ERROR, BCE_WITH_LOGITS, HUBER, PAIR_BLOCK, REDUCE_MEAN, REDUCE_NONE, SMOOTH_L1, SQUARED_ERROR } from "../abi";
import { expOfMinus4, log1p4, logistic4 } from "../math";
import { laneMask, storeLanes, sumLanes, zero } from "../simd";
import { share } from "../slice";
import { PairLossBackwardStep, PairLossForwardStep, PairLossReduceStep } from "../steps";

// Losses of pairs (x, t), with d = x − t (torch.nn.functional's formulas):
// squared d²    absolute |d|    smooth L1 d²/2β where |d| < β, else |d| − β/2    Huber d²/2 where |d| < δ, else δ (|d| − δ/2)
// binary cross-entropy of a logit x: (1 − t) x + (1 + (p − 1) t) (log(1 + e^−|x|) + max(−x, 0)), p the weight of positives
// One loop per kind: `lossOf` and `slopeOf` are inlined with a constant kind.

/** Split over blocks of an image: sums [images, ⌈length / PAIR_BLOCK⌉]. */
export function pairLossForward(s: PairLossForwardStep, live: i32, worker: i32, workers: i32): void {
  const perImage = (s.length + PAIR_BLOCK - 1) / PAIR_BLOCK, blocks = live * perImage;
  const last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) {
    const image = block / perImage, from = (block - image * perImage) * PAIR_BLOCK;
    const sum = forwardBlock(s, (<usize>image * s.length + from) << 2, <usize>from << 2, min(PAIR_BLOCK, s.length - from));
    store<f32>(s.sums + (<usize>block << 2), sum);
  }
}

function forwardBlock(s: PairLossForwardStep, at: usize, inImage: usize, count: i32): f32 {
  switch (s.kind) {
    case SQUARED_ERROR: return forwardLoop(s, at, inImage, count, SQUARED_ERROR);
    case ABSOLUTE_ERROR: return forwardLoop(s, at, inImage, count, ABSOLUTE_ERROR);
    case SMOOTH_L1: return forwardLoop(s, at, inImage, count, SMOOTH_L1);
    case HUBER: return forwardLoop(s, at, inImage, count, HUBER);
    default: return forwardLoop(s, at, inImage, count, BCE_WITH_LOGITS);
  }
}

// @ts-ignore: decorator
@inline
function forwardLoop(s: PairLossForwardStep, at: usize, inImage: usize, count: i32, kind: i32): f32 {
  const parameter = f32x4.splat(s.parameter);
  const x = s.x + at, target = s.target + at, each = s.each + at, weight = s.weight + inImage, positive = s.positive + inImage;
  let sum = zero(), k: usize = 0;
  if (!(s.weight | s.each | s.positive)) {
    const none = f32x4.splat(1);
    for (; count >= 4; count -= 4, k += 16) sum = f32x4.add(sum, lossOf(v128.load(x + k), v128.load(target + k), none, parameter, kind));
  }
  for (; count > 0; count -= 4, k += 16) {
    const p = kind == BCE_WITH_LOGITS && s.positive ? v128.load(positive + k) : f32x4.splat(1);
    let value = lossOf(v128.load(x + k), v128.load(target + k), p, parameter, kind);
    if (s.weight) value = f32x4.mul(value, v128.load(weight + k));
    if (s.each) storeLanes(each + k, value, count);
    sum = f32x4.add(sum, count >= 4 ? value : v128.and(value, laneMask(count)));
  }
  return sumLanes(sum);
}

// @ts-ignore: decorator
@inline
function lossOf(x: v128, t: v128, positive: v128, parameter: v128, kind: i32): v128 {
  const one = f32x4.splat(1), half = f32x4.splat(0.5);
  if (kind == BCE_WITH_LOGITS) {
    const factor = f32x4.add(one, f32x4.mul(f32x4.sub(positive, one), t));
    const entropy = f32x4.add(log1p4(expOfMinus4(x)), f32x4.pmax(f32x4.neg(x), zero()));
    return f32x4.add(f32x4.mul(f32x4.sub(one, t), x), f32x4.mul(factor, entropy));
  }
  const d = f32x4.sub(x, t), size = f32x4.abs(d);
  if (kind == SQUARED_ERROR) return f32x4.mul(d, d);
  if (kind == ABSOLUTE_ERROR) return size;
  const square = f32x4.mul(half, f32x4.mul(size, size)), beyond = f32x4.sub(size, f32x4.mul(half, parameter)), near = f32x4.lt(size, parameter);
  if (kind == SMOOTH_L1) return v128.bitselect(f32x4.div(square, parameter), beyond, near);
  return v128.bitselect(square, f32x4.mul(parameter, beyond), near);
}

/** loss[0] = the reduced loss, loss[1] = what every gradient is multiplied by. One worker, in float64. */
export function pairLossReduce(s: PairLossReduceStep, live: i32, worker: i32): void {
  if (worker != 0) return;
  let sum: f64 = 0;
  for (let i = 0, blocks = live * ((s.length + PAIR_BLOCK - 1) / PAIR_BLOCK); i < blocks; i++) sum += load<f32>(s.sums + (<usize>i << 2));
  const count: f64 = s.reduction == REDUCE_MEAN ? <f64>live * <f64>s.length : 1;
  store<f32>(s.loss, <f32>(sum / count));
  store<f32>(s.loss, <f32>(1 / count), 4);
}

/** dx (+)= dloss · scale · weight · slope. Split over blocks of an image. */
export function pairLossBackward(s: PairLossBackwardStep, live: i32, worker: i32, workers: i32): void {
  const perImage = (s.length + PAIR_BLOCK - 1) / PAIR_BLOCK, blocks = live * perImage;
  const last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) {
    const image = block / perImage, from = (block - image * perImage) * PAIR_BLOCK;
    backwardBlock(s, (<usize>image * s.length + from) << 2, <usize>from << 2, min(PAIR_BLOCK, s.length - from));
  }
}

function backwardBlock(s: PairLossBackwardStep, at: usize, inImage: usize, count: i32): void {
  switch (s.kind) {
    case SQUARED_ERROR: backwardLoop(s, at, inImage, count, SQUARED_ERROR); break;
    case ABSOLUTE_ERROR: backwardLoop(s, at, inImage, count, ABSOLUTE_ERROR); break;
    case SMOOTH_L1: backwardLoop(s, at, inImage, count, SMOOTH_L1); break;
    case HUBER: backwardLoop(s, at, inImage, count, HUBER); break;
    default: backwardLoop(s, at, inImage, count, BCE_WITH_LOGITS);
  }
}

// @ts-ignore: decorator
@inline
function backwardLoop(s: PairLossBackwardStep, at: usize, inImage: usize, count: i32, kind: i32): void {
  const parameter = f32x4.splat(s.parameter), scale = v128.load32_splat(s.loss, 4), none = s.reduction == REDUCE_NONE;
  const x = s.x + at, target = s.target + at, dx = s.dx + at, weight = s.weight + inImage, positive = s.positive + inImage;
  const whole = f32x4.mul(scale, v128.load32_splat(s.dloss));
  let k: usize = 0;
  if (!(s.weight | s.positive | s.accumulate) && !none) {
    const all = f32x4.splat(1);
    for (; count >= 4; count -= 4, k += 16) v128.store(dx + k, f32x4.mul(slopeOf(v128.load(x + k), v128.load(target + k), all, parameter, kind), whole));
  }
  for (; count > 0; count -= 4, k += 16) {
    const p = kind == BCE_WITH_LOGITS && s.positive ? v128.load(positive + k) : f32x4.splat(1);
    let value = slopeOf(v128.load(x + k), v128.load(target + k), p, parameter, kind);
    if (s.weight) value = f32x4.mul(value, v128.load(weight + k));
    value = f32x4.mul(value, none ? v128.load(s.dloss + at + k) : whole);
    storeLanes(dx + k, s.accumulate ? f32x4.add(v128.load(dx + k), value) : value, count);
  }
}

/** 1 above 0, −1 below, else 0. */
// @ts-ignore: decorator
@inline
function sign(d: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.sub(v128.and(one, f32x4.gt(d, zero())), v128.and(one, f32x4.lt(d, zero())));
}

// @ts-ignore: decorator
@inline
function slopeOf(x: v128, t: v128, positive: v128, parameter: v128, kind: i32): v128 {
  const one = f32x4.splat(1);
  if (kind == BCE_WITH_LOGITS) {
    const weighted = f32x4.mul(positive, t);
    return f32x4.sub(f32x4.mul(f32x4.sub(f32x4.add(weighted, one), t), logistic4(x)), weighted);
  }
  const d = f32x4.sub(x, t);
  if (kind == SQUARED_ERROR) return f32x4.add(d, d);
  if (kind == ABSOLUTE_ERROR) return sign(d);
  const far = f32x4.ge(f32x4.abs(d), parameter);
  if (kind == SMOOTH_L1) return v128.bitselect(sign(d), f32x4.div(d, parameter), far);
  return v128.bitselect(f32x4.mul(parameter, sign(d)), d, far);
}
