import { ops, type Tensor } from '../../src/index.js';

// The numbers of the lesson: one convolution with one map in and one out, forward and backward, by the library's own operators.

/** Least and most of each slider. */
export const LIMITS = { n: [3, 8], k: [1, 5], s: [1, 3], p: [0, 2], d: [1, 3] } as const;
export type Size = keyof typeof LIMITS;

/** Everything that the lesson's numbers depend on. Matrices lie row after row. */
export interface Setting {
  /** Rows and columns of the input, of the kernel; stride, padding, dilation. */
  readonly n: number;
  readonly k: number;
  readonly s: number;
  readonly p: number;
  readonly d: number;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly b: number;
  /** What y should have been: L = ½ Σ (y − t)². */
  readonly t: readonly number[];
}

export interface Numbers {
  readonly setting: Setting;
  /** Rows of the output, of the padded input, of a window with its holes; rows of the padded input that no window reaches. */
  readonly o: number;
  readonly wide: number;
  readonly span: number;
  readonly rest: number;
  readonly t: readonly number[];
  readonly y: readonly number[];
  readonly dy: readonly number[];
  readonly loss: number;
  readonly dw: readonly number[];
  readonly db: number;
  readonly dx: readonly number[];
}

const square = (values: readonly number[]): Tensor => {
  const side = Math.sqrt(values.length);
  return { data: Float32Array.from(values), shape: [1, 1, side, side] };
};
const one = (value: number): Tensor => ({ data: Float32Array.of(value), shape: [1] });

/** What is added to y to get a target where none was given: small residuals, some of them 0. */
const RESIDUALS = [1, 0, -2, 2, -1, 1, 0, 3, -1];

const half = (dy: readonly number[]): number => dy.reduce((sum, value) => sum + value * value, 0) / 2;

/** Forward and backward. Throws the library's OptionError where the kernel does not fit into the input. */
export function compute(setting: Setting): Numbers {
  const { n, k, s, p, d, x, w, b } = setting;
  const result = ops.conv2d(square(x), square(w), one(b), { stride: s, padding: p, dilation: d });
  const y = [...result.data];
  const t = setting.t.length === y.length ? setting.t : y.map((value, i) => value - RESIDUALS[i % RESIDUALS.length]!);
  const dy = y.map((value, i) => Math.fround(value - t[i]!));
  const { input, weight, bias } = result.backward({ data: Float32Array.from(dy), shape: result.shape });
  const span = d * (k - 1) + 1;
  return {
    setting, o: Math.sqrt(y.length), wide: n + 2 * p, span, rest: (n + 2 * p - span) % s,
    t, y, dy, loss: half(dy), dw: [...weight.data], db: bias.data[0]!, dx: [...input.data],
  };
}

/** L after some of the numbers are replaced, t staying as it is. */
export function lossWith({ setting, t }: Numbers, change: Partial<Pick<Setting, 'x' | 'w' | 'b'>>): number {
  const { x, w, b, s, p, d } = { ...setting, ...change };
  const { data } = ops.conv2d(square(x), square(w), one(b), { stride: s, padding: p, dilation: d });
  return half([...data].map((value, i) => Math.fround(value - t[i]!)));
}

/** The input with its padding, [wide, wide]. */
export function padded({ setting: { n, p, x }, wide }: Numbers): number[] {
  return Array.from({ length: wide * wide }, (_, at) => {
    const [row, column] = [Math.floor(at / wide) - p, (at % wide) - p];
    return row >= 0 && row < n && column >= 0 && column < n ? x[row * n + column]! : 0;
  });
}

/** How many windows read each pixel of the padded input. */
export function readers({ setting: { k, s, d }, o, wide }: Numbers): number[] {
  const counts = Array.from({ length: wide * wide }, () => 0);
  for (let i = 0; i < o * o; i++) for (const at of windowOf(i, { k, s, d }, o, wide)) counts[at]!++;
  return counts;
}

/** Places in the padded input that output `i` reads, in the kernel's order. */
export function windowOf(i: number, { k, s, d }: Pick<Setting, 'k' | 's' | 'd'>, o: number, wide: number): number[] {
  const [top, left] = [Math.floor(i / o) * s, (i % o) * s];
  return Array.from({ length: k * k }, (_, j) => (top + Math.floor(j / k) * d) * wide + left + (j % k) * d);
}

/** The kernel turned by 180 degrees, or by 90 (clockwise), which is wrong. */
export function turned(w: readonly number[], quarter = false): number[] {
  const k = Math.sqrt(w.length);
  return quarter ? w.map((_, at) => w[(k - 1 - (at % k)) * k + Math.floor(at / k)]!) : [...w].reverse();
}

/** dy with s − 1 zeros between, then a border of span − 1 zeros, `rest` more below and to the right. */
export function bordered({ setting: { s }, o, span, rest, dy }: Numbers): { side: number; values: number[]; from: (number | null)[] } {
  const side = s * (o - 1) + 1 + 2 * (span - 1) + rest;
  const from = Array.from({ length: side * side }, (_, at) => {
    const [row, column] = [Math.floor(at / side) - span + 1, (at % side) - span + 1];
    const inside = row >= 0 && column >= 0 && row % s === 0 && column % s === 0 && row / s < o && column / s < o;
    return inside ? (row / s) * o + column / s : null;
  });
  return { side, from, values: from.map((i) => (i === null ? 0 : dy[i]!)) };
}

/** The input's gradient with its padding, [wide, wide]: bordered dy correlated with the turned kernel spread by d. */
export function pulled(numbers: Numbers, quarter = false): number[] {
  const { w, d } = numbers.setting;
  return [...ops.conv2d(square(bordered(numbers).values), square(turned(w, quarter)), null, { dilation: d }).data];
}

/** Each residual before number `count` stamps the kernel, times itself, back on its window, [wide, wide]. */
export function pushed({ setting, o, wide, dy }: Numbers, count: number): number[] {
  const sum = Array.from({ length: wide * wide }, () => 0);
  for (let i = 0; i < count; i++) windowOf(i, setting, o, wide).forEach((at, j) => (sum[at]! += dy[i]! * setting.w[j]!));
  return sum;
}

/** One window per column, [k², o²]. */
export function columns(numbers: Numbers): number[] {
  const { setting, o, wide } = numbers;
  const x = padded(numbers);
  const windows = Array.from({ length: o * o }, (_, i) => windowOf(i, setting, o, wide));
  return Array.from({ length: setting.k ** 2 }, (_, j) => windows.map((places) => x[places[j]!]!)).flat();
}

const INPUTS = [1, 2, 0, 1, 0, 1, 3, 2, 2, 0, 1, 1, 1, 3, 2, 0, 2, 1, 0, 3];
const WEIGHTS = [1, -1, 2, 0, 1, 0, -1, 2, 0];

/** The top left of a matrix goes on into the new one; the rest follows a pattern. */
function resized(values: readonly number[], side: number, pattern: readonly number[]): number[] {
  const old = Math.sqrt(values.length);
  return Array.from({ length: side * side }, (_, at) => {
    const [row, column] = [Math.floor(at / side), at % side];
    return row < old && column < old ? values[row * old + column]! : pattern[(row * 7 + column * 3) % pattern.length]!;
  });
}

/** The setting with one size changed; matrices grow and shrink with it, and the target follows y anew. */
export function withSize(setting: Setting, size: Size, value: number): Setting {
  const next = { ...setting, [size]: value };
  return { ...next, x: resized(setting.x, next.n, INPUTS), w: resized(setting.w, next.k, WEIGHTS), t: [] };
}

/** The nearest setting whose kernel fits: less dilation, then a smaller kernel. */
export function nearest(setting: Setting): Setting {
  let next = setting;
  const fits = ({ n, k, p, d }: Setting): boolean => n + 2 * p >= d * (k - 1) + 1;
  while (!fits(next) && next.d > 1) next = withSize(next, 'd', next.d - 1);
  while (!fits(next)) next = withSize(next, 'k', next.k - 1);
  return next;
}
