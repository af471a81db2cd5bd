import { ADD_IF_ACCUMULATING } from "../abi";
import { fma, storeLanes, storeTransposed4, zero } from "../simd";
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
  let x = s.x + (<usize>row * s.columns << 2), y = s.y + (<usize>row * s.columns << 2), z = s.z + (<usize>row * s.zRow << 2);
  const alpha = f32x4.splat(s.alpha), beta = f32x4.splat(s.beta);
  let left = s.columns;
  if (s.beta != 0 && s.zColumn) {
    for (; left >= 8; left -= 8, x += 32, y += 32, z += 32) {
      const x0 = f32x4.mul(alpha, v128.load(x)), x1 = f32x4.mul(alpha, v128.load(x, 16));
      const z0 = f32x4.mul(beta, v128.load(z)), z1 = f32x4.mul(beta, v128.load(z, 16));
      v128.store(y, f32x4.add(z0, x0));
      v128.store(y, f32x4.add(z1, x1), 16);
    }
  }
  const step = s.zColumn ? 16 : 0, none = s.beta == 0;
  for (; left > 0; left -= 4, x += 16, y += 16, z += step) {
    const value = f32x4.mul(alpha, v128.load(x));
    storeLanes(y, none ? value : f32x4.add(f32x4.mul(beta, step ? v128.load(z) : v128.load32_splat(z)), value), left);
  }
}

/** Sums x [s0, s1, s2, s3] over the axes that are not kept, in float64. Split over outputs. */
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
        sum += lineSum(at, n3);
      }
    }
  }
  return sum;
}

/** Numbers side by side: eight partial sums hide the latency of the addition. */
function lineSum(x: usize, count: i32): f64 {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (; count >= 8; count -= 8, x += 32) {
    s0 = f64x2.add(s0, f64x2.promote_low_f32x4(v128.load64_zero(x)));
    s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.load64_zero(x, 8)));
    s2 = f64x2.add(s2, f64x2.promote_low_f32x4(v128.load64_zero(x, 16)));
    s3 = f64x2.add(s3, f64x2.promote_low_f32x4(v128.load64_zero(x, 24)));
  }
  const total = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  for (; count > 0; count--, x += 4) sum += load<f32>(x);
  return sum;
}

/** y[n, j, i] = x[n, i, j]: between channels first and channels last. Split over output rows. */
export function transpose(s: TransposeStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.columns, worker + 1, workers);
  for (let row = share(live * s.columns, worker, workers); row < last;) {
    const image = row / s.columns, j = row - image * s.columns, count = min(4, min(s.columns - j, last - row));
    const x = s.x + (<usize>(image * s.rows) * s.columns << 2) + (j << 2), y = s.y + (<usize>row * s.rows << 2);
    const blocks = count == 4 && !s.accumulate ? s.rows & ~3 : 0;
    if (blocks) transposeRows_4(x, y, blocks, s.columns << 2, s.rows << 2);
    for (let i = 0; i < count; i++) {
      transposeRow(x + (i << 2) + <usize>(blocks * s.columns << 2), y + ((<usize>(i * s.rows) + blocks) << 2), s.rows - blocks, s.columns << 2, s.accumulate);
    }
    row += count;
  }
}

/** Four rows of y from four columns of x, `count` of their numbers, a multiple of four. */
function transposeRows_4(x: usize, y: usize, count: i32, step: usize, to: i32): void {
  for (; count > 0; count -= 4, x += step << 2, y += 16) {
    storeTransposed4(y, to, v128.load(x), v128.load(x + step), v128.load(x + 2 * step), v128.load(x + 3 * step));
  }
}

function transposeRow(x: usize, y: usize, count: i32, step: i32, accumulate: i32): void {
  for (; count > 0; count--, x += step, y += 4) store<f32>(y, accumulate ? load<f32>(y) + load<f32>(x) : load<f32>(x));
}

/** Vectors that one call of an element-wise loop takes. */
const BLOCK: i32 = 256;

/** y = x · by. Split over vectors. */
export function multiplyElements(s: MultiplyStep, worker: i32, workers: i32): void {
  const vectors = (s.length + 3) >> 2, last = share(vectors, worker + 1, workers);
  for (let v = share(vectors, worker, workers); v < last; v += BLOCK) {
    const at = <usize>v << 4;
    multiplyBlock(s.x + at, s.by + at, s.y + at, min(s.length - (v << 2), min(BLOCK, last - v) << 2));
  }
}

function multiplyBlock(x: usize, by: usize, y: usize, count: i32): void {
  for (; count >= 8; count -= 8, x += 32, by += 32, y += 32) {
    const a = f32x4.mul(v128.load(x), v128.load(by)), b = f32x4.mul(v128.load(x, 16), v128.load(by, 16));
    v128.store(y, a);
    v128.store(y, b, 16);
  }
  for (; count > 0; count -= 4, x += 16, by += 16, y += 16) storeLanes(y, f32x4.mul(v128.load(x), v128.load(by)), count);
}

/** y[row, c] = x[row, c] · w[c] + b[c]: LeNet-5's trainable sub-sampling. Split over rows. */
export function channelAffineForward(s: ChannelAffineForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.rows, worker + 1, workers);
  for (let row = share(live * s.rows, worker, workers); row < last; row++) {
    const at = <usize>row * s.c << 2;
    affineRow(s.x + at, s.w, s.b, s.y + at, s.c);
  }
}

function affineRow(x: usize, w: usize, b: usize, y: usize, c: i32): void {
  for (; c >= 4; c -= 4, x += 16, w += 16, b += 16, y += 16) v128.store(y, fma(v128.load(x), v128.load(w), v128.load(b)));
  if (c > 0) storeLanes(y, fma(v128.load(x), v128.load(w), v128.load(b)), c);
}

export function channelAffineBackwardInput(s: ChannelAffineBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.rows, worker + 1, workers);
  for (let row = share(live * s.rows, worker, workers); row < last; row++) {
    const at = <usize>row * s.c << 2;
    scaleRow(s.dy + at, s.w, s.dx + at, s.c, s.accumulate);
  }
}

function scaleRow(dy: usize, w: usize, dx: usize, c: i32, accumulate: i32): void {
  for (; c > 0; c -= 4, dy += 16, w += 16, dx += 16) {
    const value = f32x4.mul(v128.load(dy), v128.load(w));
    storeLanes(dx, accumulate ? f32x4.add(v128.load(dx), value) : value, c);
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

/** Four partial sums hide the latency of the addition. */
function productSum(x: usize, dy: usize, step: i32, rows: i32): v128 {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
  const four = step << 2;
  for (; rows >= 4; rows -= 4, x += four, dy += four) {
    s0 = fma(v128.load(x), v128.load(dy), s0);
    s1 = fma(v128.load(x + step), v128.load(dy + step), s1);
    s2 = fma(v128.load(x + 2 * step), v128.load(dy + 2 * step), s2);
    s3 = fma(v128.load(x + 3 * step), v128.load(dy + 3 * step), s3);
  }
  for (; rows > 0; rows--, x += step, dy += step) s0 = fma(v128.load(x), v128.load(dy), s0);
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}
