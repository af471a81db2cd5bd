import { product, type Exact, type Numbers } from './array.js';

/** Flat indices of every line of `shape` along dimension `dim`. */
export function lines(shape: readonly number[], dim: number): number[][] {
  const d = dim < 0 ? dim + shape.length : dim;
  const [length, inner] = [shape[d] ?? 1, product(shape.slice(d + 1))];
  const count = product(shape) / length;
  return Array.from({ length: count }, (_, line) => {
    const start = Math.floor(line / inner) * inner * length + (line % inner);
    return Array.from({ length }, (__, i) => start + i * inner);
  });
}

/** log Σ exp(x) of a line and its largest element. */
export function logSum(x: Numbers, line: readonly number[]): { max: number; log: number } {
  const max = line.reduce((a, i) => (x.data[i]! > a || Number.isNaN(x.data[i]!) ? x.data[i]! : a), -Infinity);
  return { max, log: Math.log(line.reduce((sum, i) => sum + Math.exp(x.data[i]! - max), 0)) };
}

const empty = (x: Numbers, terms: number): Exact & { data: Float64Array } => ({
  data: new Float64Array(x.data.length),
  magnitude: new Float64Array(x.data.length),
  shape: x.shape,
  terms,
});

/** y = exp(x - max) / Σ exp(x - max). The rounding of x - max turns into a relative error of its size: magnitude = y * (1 + |x - max|). */
export function softmaxForward(x: Numbers, dim: number): Exact {
  const all = lines(x.shape, dim);
  const y = empty(x, all[0]?.length ?? 1);
  for (const line of all) {
    const { max, log } = logSum(x, line);
    for (const i of line) {
      y.data[i] = Math.exp(x.data[i]! - max - log);
      y.magnitude[i] = y.data[i]! === 0 ? 0 : y.data[i]! * (1 + Math.abs(x.data[i]! - max));
    }
  }
  return y;
}

/** dx = y * (dy - Σ dy y) */
export function softmaxBackward(x: Numbers, dy: Numbers, dim: number): Exact {
  const y = softmaxForward(x, dim);
  const dx = empty(x, y.terms);
  for (const line of lines(x.shape, dim)) {
    const sum = line.reduce((a, i) => a + dy.data[i]! * y.data[i]!, 0);
    const size = line.reduce((a, i) => a + Math.abs(dy.data[i]! * y.magnitude[i]!), 0);
    for (const i of line) {
      dx.data[i] = y.data[i]! * (dy.data[i]! - sum);
      dx.magnitude[i] = y.magnitude[i]! * (Math.abs(dy.data[i]!) + size);
    }
  }
  return dx;
}

/** y = x - max - log Σ exp(x - max) */
export function logSoftmaxForward(x: Numbers, dim: number): Exact {
  const all = lines(x.shape, dim);
  const y = empty(x, all[0]?.length ?? 1);
  for (const line of all) {
    const { max, log } = logSum(x, line);
    for (const i of line) {
      y.data[i] = x.data[i]! - max - log;
      y.magnitude[i] = Math.abs(x.data[i]! - max) + Math.abs(log) + 1;
    }
  }
  return y;
}

/** dx = dy - softmax(x) * Σ dy */
export function logSoftmaxBackward(x: Numbers, dy: Numbers, dim: number): Exact {
  const p = softmaxForward(x, dim);
  const dx = empty(x, p.terms);
  for (const line of lines(x.shape, dim)) {
    const sum = line.reduce((a, i) => a + dy.data[i]!, 0);
    const size = line.reduce((a, i) => a + Math.abs(dy.data[i]!), 0);
    for (const i of line) {
      dx.data[i] = dy.data[i]! - p.data[i]! * sum;
      dx.magnitude[i] = Math.abs(dy.data[i]!) + p.magnitude[i]! * size;
    }
  }
  return dx;
}
