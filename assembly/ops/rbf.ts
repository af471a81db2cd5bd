import { ADD_IF_ACCUMULATING, REDUCE_NONE } from "../abi";
import { exp4, log1 } from "../math";
import { fma, laneMask, storeLanes, sumLanes, zero } from "../simd";
import { share } from "../slice";
import { RbfBackwardInputStep, RbfBackwardWeightStep, RbfForwardStep, RbfLossBackwardStep, RbfLossForwardStep } from "../steps";
import { rowExpSum, rowMax } from "./softmax";

// LeNet-5's output layer and its criterion (LeCun, Bottou, Bengio and Haffner 1998, sections II.B and II.C), with scores −y in place of penalties y.

/** y[row, co] = −Σ (x[row, ci] − w[co, ci])². Split over rows. */
export function rbfForward(s: RbfForwardStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const x = s.x + (<usize>row * s.ci << 2), y = s.y + (<usize>row * s.co << 2);
    for (let co = 0; co < s.co; co++) store<f32>(y + (<usize>co << 2), -distance(x, s.w + (<usize>co * s.ci << 2), s.ci));
  }
}

function distance(x: usize, w: usize, count: i32): f32 {
  let sum = zero();
  for (; count > 0; count -= 4, x += 16, w += 16) {
    const d = f32x4.sub(v128.load(x), v128.load(w));
    sum = f32x4.add(sum, v128.and(f32x4.mul(d, d), laneMask(count)));
  }
  return sumLanes(sum);
}

/** dx[row, ci] (+)= −2 Σ over co of dy[row, co] (x − w[co]). Split over rows. */
export function rbfBackwardInput(s: RbfBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) inputRow(s, row);
}

function inputRow(s: RbfBackwardInputStep, row: i32): void {
  const at = <usize>row * s.ci << 2, dy = s.dy + (<usize>row * s.co << 2), step = <usize>s.ci << 2;
  for (let ci = 0; ci < s.ci; ci += 4) {
    const k = <usize>ci << 2, x = v128.load(s.x + at + k), to = s.dx + at + k;
    let sum = zero(), w = s.w + k;
    for (let co = 0; co < s.co; co++, w += step) sum = fma(v128.load32_splat(dy + (<usize>co << 2)), f32x4.sub(v128.load(w), x), sum);
    sum = f32x4.add(sum, sum);
    storeLanes(to, s.accumulate ? f32x4.add(v128.load(to), sum) : sum, s.ci - ci);
  }
}

/** dw[co, ci] (+)= 2 Σ over rows of dy[row, co] (x[row] − w). Split over co. */
export function rbfBackwardWeight(s: RbfBackwardWeightStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  const last = share(s.co, worker + 1, workers);
  for (let co = share(s.co, worker, workers); co < last; co++) weightRow(s, co, live * s.rows, accumulate);
}

function weightRow(s: RbfBackwardWeightStep, co: i32, rows: i32, accumulate: i32): void {
  const at = <usize>co * s.ci << 2, inStep = <usize>s.ci << 2, outStep = <usize>s.co << 2;
  for (let ci = 0; ci < s.ci; ci += 4) {
    const k = <usize>ci << 2, w = v128.load(s.w + at + k), to = s.dw + at + k;
    let sum = zero(), x = s.x + k, dy = s.dy + (<usize>co << 2);
    for (let row = 0; row < rows; row++, x += inStep, dy += outStep) sum = fma(v128.load32_splat(dy), f32x4.sub(v128.load(x), w), sum);
    sum = f32x4.add(sum, sum);
    storeLanes(to, accumulate ? f32x4.add(v128.load(to), sum) : sum, s.ci - ci);
  }
}

/** loss = −x[target], the paper's equation 8; when competitive + log(e^−j + Σ e^x), equation 9. Split over rows. */
export function rbfLossForward(s: RbfLossForwardStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const at = <usize>row << 2, x = s.x + (<usize>row * s.classes << 2);
    const top = max(rowMax(x, s.classes), -s.j);
    const logSum = log1(rowExpSum(x, s.classes, top) + f32x4.extract_lane(exp4(f32x4.splat(-s.j - top)), 0));
    store<f32>(s.logSum + (at << 1), top);
    store<f32>(s.logSum + (at << 1), logSum, 4);
    const score = load<f32>(x + (<usize>load<i32>(s.target + at) << 2));
    store<f32>(s.rowLoss + at, s.competitive ? logSum - (score - top) : -score);
    store<f32>(s.rowWeight + at, 1);
  }
}

/** dx (+)= g (e^x / (e^−j + Σ e^x) − [target]), without the first term unless competitive. Split over rows. */
export function rbfLossBackward(s: RbfLossBackwardStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const at = <usize>row << 2;
    const scale = load<f32>(s.dloss + (s.reduction == REDUCE_NONE ? at : 0)) * load<f32>(s.loss, 4);
    gradientRow(s, <usize>row * s.classes << 2, s.logSum + (at << 1), s.competitive ? scale : 0);
    const to = s.dx + ((<usize>row * s.classes + load<i32>(s.target + at)) << 2);
    store<f32>(to, load<f32>(to) - scale);
  }
}

function gradientRow(s: RbfLossBackwardStep, at: usize, logSum: usize, factor: f32): void {
  const top = v128.load32_splat(logSum), log = v128.load32_splat(logSum, 4), g = f32x4.splat(factor);
  for (let c = 0; c < s.classes; c += 4) {
    const k = at + (<usize>c << 2), dx = s.dx + k;
    const value = factor == 0 ? zero() : f32x4.mul(g, exp4(f32x4.sub(f32x4.sub(v128.load(s.x + k), top), log)));
    storeLanes(dx, s.accumulate ? f32x4.add(v128.load(dx), value) : value, s.classes - c);
  }
}
