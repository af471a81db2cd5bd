import { ADD, REDUCE_MEAN, REDUCE_NONE } from "../abi";
import { exp4, log1 } from "../math";
import { storeLanes } from "../simd";
import { share } from "../slice";
import { CrossEntropyBackwardStep, CrossEntropyForwardStep, CrossEntropyReduceStep } from "../steps";
import { rowExpSum, rowMax } from "./softmax";

// loss[row] = Σ_c q_c (log Σ e^(x − top) − (x_c − top)),  top = max x,  q_c = weight_c · ((1 − ε) target_c + ε / classes),  target one-hot or probabilities.
// Sums over classes are kept in float64: equal small terms round the same way, so that their errors would add up.
// The mean divides by Σ weight_target over rows that count (indices) or by the rows (probabilities): torch.nn.functional.cross_entropy.

/** Split over rows. */
export function crossEntropyForward(s: CrossEntropyForwardStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const x = s.x + (<usize>row * s.classes << 2);
    const top = rowMax(x, s.classes);
    const logSum = log1(rowExpSum(x, s.classes, top));
    store<f32>(s.logSum + (<usize>row << 3), top);
    store<f32>(s.logSum + (<usize>row << 3), logSum, 4);
    if (s.dense) denseRow(s, x, row, top, logSum);
    else indexRow(s, x, row, top, logSum);
  }
}

// @ts-ignore: decorator
@inline
function weightOf(weight: usize, c: i32): f32 {
  return weight ? load<f32>(weight + (<usize>c << 2)) : 1;
}

function indexRow(s: CrossEntropyForwardStep, x: usize, row: i32, top: f32, logSum: f32): void {
  const at = <usize>row << 2, target = load<i32>(s.target + at);
  if (target == s.ignoreIndex) {
    store<f32>(s.rowLoss + at, 0);
    store<f32>(s.rowWeight + at, 0);
    return;
  }
  const weight = weightOf(s.weight, target);
  let loss = weight * (logSum - (load<f32>(x + (<usize>target << 2)) - top));
  if (s.smoothing > 0) {
    let all: f64 = 0;
    for (let c = 0; c < s.classes; c++) all += weightOf(s.weight, c) * (logSum - (load<f32>(x + (<usize>c << 2)) - top));
    loss = (1 - s.smoothing) * loss + s.smoothing / <f32>s.classes * <f32>all;
  }
  store<f32>(s.rowLoss + at, loss);
  store<f32>(s.rowWeight + at, weight);
}

function denseRow(s: CrossEntropyForwardStep, x: usize, row: i32, top: f32, logSum: f32): void {
  const target = s.target + (<usize>row * s.classes << 2), each = s.smoothing / <f32>s.classes;
  let loss: f64 = 0;
  for (let c = 0; c < s.classes; c++) {
    const q = weightOf(s.weight, c) * ((1 - s.smoothing) * load<f32>(target + (<usize>c << 2)) + each);
    loss += q * (logSum - (load<f32>(x + (<usize>c << 2)) - top));
  }
  store<f32>(s.rowLoss + (<usize>row << 2), <f32>loss);
  store<f32>(s.rowWeight + (<usize>row << 2), 1);
}

/** loss[0] = the reduced loss, NaN for a mean over no weight; loss[1] = what a row's gradient is multiplied by. One worker: a sum over few
 *  numbers, in float64. */
export function crossEntropyReduce(s: CrossEntropyReduceStep, live: i32, worker: i32): void {
  if (worker != 0) return;
  let loss: f64 = 0, weight: f64 = 0;
  for (let row = 0, rows = live * s.rows; row < rows; row++) {
    loss += load<f32>(s.rowLoss + (<usize>row << 2));
    weight += load<f32>(s.rowWeight + (<usize>row << 2));
  }
  const mean = s.reduction == REDUCE_MEAN;
  store<f32>(s.loss, <f32>(mean ? (weight == 0 ? NaN : loss / weight) : loss));
  store<f32>(s.loss, <f32>(mean ? 1 / weight : 1), 4);
}

/** dx (+)= g (Σ q · e^(x − log Σ e^x) − q),  g = dloss · what the reduction divides by. Split over rows. */
export function crossEntropyBackward(s: CrossEntropyBackwardStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const at = <usize>row << 2;
    const scale = load<f32>(s.dloss + (s.reduction == REDUCE_NONE ? at : 0)) * load<f32>(s.loss, 4);
    const dx = s.dx + (<usize>row * s.classes << 2);
    const target = s.dense ? -1 : load<i32>(s.target + at);
    if (!s.dense && target == s.ignoreIndex) {
      if (s.accumulate != ADD) memory.fill(dx, 0, s.classes << 2);
    } else {
      gradientRow(s, s.x + (<usize>row * s.classes << 2), dx, row, target, scale);
    }
  }
}

// @ts-ignore: decorator
@inline
function targetShare(s: CrossEntropyBackwardStep, row: i32, target: i32, c: i32): f32 {
  const hit: f32 = s.dense ? load<f32>(s.target + ((<usize>row * s.classes + c) << 2)) : c == target ? 1 : 0;
  return weightOf(s.weight, c) * ((1 - s.smoothing) * hit + s.smoothing / <f32>s.classes);
}

function targetTotal(s: CrossEntropyBackwardStep, row: i32, target: i32): f32 {
  let total: f64 = 0;
  for (let c = 0; c < s.classes; c++) total += targetShare(s, row, target, c);
  return <f32>total;
}

function gradientRow(s: CrossEntropyBackwardStep, x: usize, dx: usize, row: i32, target: i32, scale: f32): void {
  const total = s.dense || s.smoothing > 0 ? targetTotal(s, row, target) : weightOf(s.weight, target);
  const factor = f32x4.splat(scale * total);
  const top = v128.load32_splat(s.logSum + (<usize>row << 3)), logSum = v128.load32_splat(s.logSum + (<usize>row << 3), 4);
  for (let c = 0; c < s.classes; c += 4) {
    const at = <usize>c << 2;
    const value = f32x4.mul(factor, exp4(f32x4.sub(f32x4.sub(v128.load(x + at), top), logSum)));
    storeLanes(dx + at, s.accumulate ? f32x4.add(v128.load(dx + at), value) : value, s.classes - c);
  }
  if (s.dense || s.smoothing > 0) {
    for (let c = 0; c < s.classes; c++) subtract(dx + (<usize>c << 2), scale * targetShare(s, row, target, c));
  } else {
    subtract(dx + (<usize>target << 2), scale * total);
  }
}

// @ts-ignore: decorator
@inline
function subtract(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) - value);
}
