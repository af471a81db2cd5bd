import { product, type Exact, type Numbers } from './array.js';

export interface LrnOptions {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

/** Flat indices of the channels within a window about the one at `i`: c − before .. c + after, of x [n, c, ...]. */
function around(shape: readonly number[], i: number, before: number, after: number): number[] {
  const [c, inner] = [shape[1]!, product(shape.slice(2))];
  const channel = Math.floor(i / inner) % c;
  const result: number[] = [];
  for (let at = Math.max(0, channel - before); at <= Math.min(c - 1, channel + after); at++) result.push(i + (at - channel) * inner);
  return result;
}

const windowOf = (size: number): [before: number, after: number] => [Math.floor(size / 2), Math.floor((size - 1) / 2)];

/** d = k + alpha / size · Σ x² over the window; padding counts in the mean. */
function denominators(x: Numbers, { size, alpha, k }: LrnOptions): Float64Array {
  return Float64Array.from({ length: product(x.shape) }, (_, i) =>
    k + (alpha / size) * around(x.shape, i, ...windowOf(size)).reduce((sum, at) => sum + x.data[at]! ** 2, 0));
}

/** y = x / d^beta */
export function lrnForward(x: Numbers, options: LrnOptions): Exact {
  const d = denominators(x, options);
  const data = d.map((one, i) => x.data[i]! / one ** options.beta);
  return { data, magnitude: data.map(Math.abs), shape: x.shape, terms: options.size };
}

/** dx = dy / d^beta − 2·alpha·beta/size · x · Σ dy·x / d^(beta + 1) over the channels that have this one in their window. */
export function lrnBackward(x: Numbers, dy: Numbers, options: LrnOptions): Exact {
  const { alpha, beta, size } = options;
  const d = denominators(x, options);
  const [before, after] = windowOf(size);
  const terms = d.map((one, i) => (dy.data[i]! * x.data[i]!) / one ** (beta + 1));
  const data = new Float64Array(d.length);
  const magnitude = new Float64Array(d.length);
  d.forEach((one, i) => {
    const factor = ((2 * alpha * beta) / size) * x.data[i]!;
    const inside = around(x.shape, i, after, before);
    data[i] = dy.data[i]! / one ** beta - factor * inside.reduce((sum, at) => sum + terms[at]!, 0);
    magnitude[i] = Math.abs(dy.data[i]! / one ** beta) + Math.abs(factor) * inside.reduce((sum, at) => sum + Math.abs(terms[at]!), 0);
  });
  return { data, magnitude, shape: x.shape, terms: size };
}
