import { ADD_IF_ACCUMULATING } from "../abi";
import { fma, storeLanes, zero } from "../simd";
import { share } from "../slice";
import {
  AxpbyStep, ChannelAffineBackwardInputStep, ChannelAffineBackwardWeightStep, ChannelAffineForwardStep, MultiplyStep, SumToStep, TransposeStep,
} from "../steps";

/** y = alpha·x + beta·z, z broadcast by its strides. Split over rows. */
export function axpby(s: AxpbyStep, worker: i32, workers: i32): void {
  const last = share(s.rows, worker + 1, workers);
  for (let row = share(s.rows, worker, workers); row < last; row++) axpbyRow(s, row);
}

function axpbyRow(s: AxpbyStep, row: i32): void {
  const x = s.x + (<usize>row * s.columns << 2), y = s.y + (<usize>row * s.columns << 2), z = s.z + (<usize>row * s.zRow << 2);
  const alpha = f32x4.splat(s.alpha), beta = f32x4.splat(s.beta);
  for (let j = 0; j < s.columns; j += 4) {
    const at = <usize>j << 2;
    let value = f32x4.mul(alpha, v128.load(x + at));
    if (s.beta != 0) value = f32x4.add(f32x4.mul(beta, s.zColumn ? v128.load(z + at) : v128.load32_splat(z)), value);
    storeLanes(y + at, value, s.columns - j);
  }
}

/** Sums x [s0, s1, s2, s3] over the axes that are not kept, in float64, in reading order. Split over outputs. */
export function sumTo(s: SumToStep, worker: i32, workers: i32): void {
  const k0 = s.keep0 ? s.s0 : 1, k1 = s.keep1 ? s.s1 : 1, k2 = s.keep2 ? s.s2 : 1, k3 = s.keep3 ? s.s3 : 1;
  const count = k0 * k1 * k2 * k3, last = share(count, worker + 1, workers);
  for (let i = share(count, worker, workers); i < last; i++) {
    const start = (((i / (k1 * k2 * k3)) * s.s1 + i / (k2 * k3) % k1) * s.s2 + i / k3 % k2) * s.s3 + i % k3;
    const to = s.y + (<usize>i << 2), sum = <f32>(<f64>s.alpha * sumFrom(s, start));
    store<f32>(to, s.accumulate ? load<f32>(to) + sum : sum);
  }
}

function sumFrom(s: SumToStep, start: i32): f64 {
  const n0 = s.keep0 ? 1 : s.s0, n1 = s.keep1 ? 1 : s.s1, n2 = s.keep2 ? 1 : s.s2, n3 = s.keep3 ? 1 : s.s3;
  let sum: f64 = 0;
  for (let a = 0; a < n0; a++) {
    for (let b = 0; b < n1; b++) {
      for (let c = 0; c < n2; c++) {
        const at = s.x + ((start + ((a * s.s1 + b) * s.s2 + c) * s.s3) << 2);
        for (let d = 0; d < n3; d++) sum += load<f32>(at + (d << 2));
      }
    }
  }
  return sum;
}

/** y[n, j, i] = x[n, i, j]: between channels first and channels last. Split over output rows. */
export function transpose(s: TransposeStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.columns, worker + 1, workers);
  for (let row = share(live * s.columns, worker, workers); row < last; row++) {
    const image = row / s.columns, j = row - image * s.columns;
    transposeRow(s.x + (<usize>(image * s.rows) * s.columns << 2) + (j << 2), s.y + (<usize>row * s.rows << 2), s.rows, s.columns << 2, s.accumulate);
  }
}

function transposeRow(x: usize, y: usize, count: i32, step: i32, accumulate: i32): void {
  for (; count > 0; count--, x += step, y += 4) store<f32>(y, accumulate ? load<f32>(y) + load<f32>(x) : load<f32>(x));
}

/** y = x · by. Split over vectors. */
export function multiplyElements(s: MultiplyStep, worker: i32, workers: i32): void {
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  for (let v = share(vectors, worker, workers); v < last; v++) {
    const at = <usize>v << 4;
    storeLanes(s.y + at, f32x4.mul(v128.load(s.x + at), v128.load(s.by + at)), s.length - (v << 2));
  }
}

/** y[row, c] = x[row, c] · w[c] + b[c]: LeNet-5's trainable sub-sampling. Split over rows. */
export function channelAffineForward(s: ChannelAffineForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.rows, worker + 1, workers);
  for (let row = share(live * s.rows, worker, workers); row < last; row++) {
    const at = <usize>row * s.c << 2;
    for (let c = 0; c < s.c; c += 4) {
      const k = <usize>c << 2;
      storeLanes(s.y + at + k, fma(v128.load(s.x + at + k), v128.load(s.w + k), v128.load(s.b + k)), s.c - c);
    }
  }
}

export function channelAffineBackwardInput(s: ChannelAffineBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.rows, worker + 1, workers);
  for (let row = share(live * s.rows, worker, workers); row < last; row++) {
    const at = <usize>row * s.c << 2;
    for (let c = 0; c < s.c; c += 4) {
      const k = <usize>c << 2;
      const value = f32x4.mul(v128.load(s.dy + at + k), v128.load(s.w + k));
      storeLanes(s.dx + at + k, s.accumulate ? f32x4.add(v128.load(s.dx + at + k), value) : value, s.c - c);
    }
  }
}

/** dw[c] (+)= Σ over rows of dy · x, in blocks whose sums join the total. Split over vectors of channels. */
export function channelAffineBackwardWeight(s: ChannelAffineBackwardWeightStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  let accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  const rows = live * s.rows, vectors = (s.c + 3) >> 2;
  const first = share(vectors, worker, workers), last = share(vectors, worker + 1, workers);
  for (let row = 0; row < rows; row += 256) {
    for (let v = first; v < last; v++) {
      const at = (<usize>row * s.c << 2) + (v << 4), to = s.dw + (v << 4);
      const sum = productSum(s.x + at, s.dy + at, s.c << 2, min(256, rows - row));
      storeLanes(to, accumulate ? f32x4.add(v128.load(to), sum) : sum, s.c - (v << 2));
    }
    accumulate = 1;
  }
}

function productSum(x: usize, dy: usize, step: i32, rows: i32): v128 {
  let sum = zero();
  for (; rows > 0; rows--, x += step, dy += step) sum = fma(v128.load(x), v128.load(dy), sum);
  return sum;
}
