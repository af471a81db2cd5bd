import { product, type Exact, type Numbers } from './array.js';

/** Which numbers share statistics, and which share weight and bias: by flat index. */
export interface NormAxes {
  readonly groups: number;
  group(i: number): number;
  readonly parameters: readonly number[];
  parameter(i: number): number;
}

const channelAt = (shape: readonly number[]) => {
  const inner = product(shape.slice(2));
  return (i: number): number => Math.floor(i / inner) % shape[1]!;
};

/** x [n, c, ...]: every channel over the batch. */
export function batchAxes(shape: readonly number[]): NormAxes {
  const channel = channelAt(shape);
  return { groups: shape[1]!, group: channel, parameters: [shape[1]!], parameter: channel };
}

/** x [n, c, ...]: `groups` groups of neighbouring channels of each image; as many as channels for instance normalisation. */
export function groupAxes(shape: readonly number[], groups: number): NormAxes {
  const channel = channelAt(shape);
  const image = product(shape.slice(1));
  const group = (i: number): number => Math.floor(i / image) * groups + Math.floor(channel(i) / (shape[1]! / groups));
  return { groups: shape[0]! * groups, group, parameters: [shape[1]!], parameter: channel };
}

/** The last axes of x, which are `normalized`. */
export function layerAxes(shape: readonly number[], normalized: readonly number[]): NormAxes {
  const length = product(normalized);
  return { groups: product(shape) / length, group: (i) => Math.floor(i / length), parameters: normalized, parameter: (i) => i % length };
}

export interface Statistics {
  readonly mean: Float64Array;
  /** Divided by the count. */
  readonly variance: Float64Array;
  readonly counts: Float64Array;
}

export function statisticsOf(x: Numbers, { groups, group }: NormAxes): Statistics {
  const [mean, variance, counts] = [new Float64Array(groups), new Float64Array(groups), new Float64Array(groups)];
  const size = product(x.shape);
  for (let i = 0; i < size; i++) counts[group(i)]!++;
  for (let i = 0; i < size; i++) mean[group(i)]! += x.data[i]! / counts[group(i)]!;
  for (let i = 0; i < size; i++) variance[group(i)]! += (x.data[i]! - mean[group(i)]!) ** 2 / counts[group(i)]!;
  return { mean, variance, counts };
}

interface Affine {
  readonly weight: Numbers | null;
  readonly bias: Numbers | null;
}

const exact = (shape: readonly number[]): Exact => ({ data: new Float64Array(product(shape)), magnitude: new Float64Array(product(shape)), shape, terms: 1 });

/** y = (x − mean) / √(variance + eps) · weight + bias. The mean is off by roundings of the deviations: one deviation joins the magnitude. */
export function normForward(x: Numbers, axes: NormAxes, { weight, bias }: Affine, eps: number, { mean, variance }: Statistics): Exact {
  const y = exact(x.shape);
  y.data.forEach((_, i) => {
    const [g, k] = [axes.group(i), axes.parameter(i)];
    const [w, b, rstd] = [weight ? weight.data[k]! : 1, bias ? bias.data[k]! : 0, 1 / Math.sqrt(variance[g]! + eps)];
    y.data[i] = (x.data[i]! - mean[g]!) * rstd * w + b;
    y.magnitude[i] = (Math.abs(x.data[i]! - mean[g]!) + Math.sqrt(variance[g]!)) * rstd * Math.abs(w) + Math.abs(b);
  });
  return y;
}

/** With xhat = (x − mean)·rstd and g = dy·weight: dx = rstd (g − mean g − xhat · mean g·xhat), or rstd·g for `fixed` statistics; dweight = Σ dy·xhat, dbias = Σ dy. */
export function normBackward(
  x: Numbers, dy: Numbers, axes: NormAxes, { weight, bias }: Affine, eps: number, { mean, variance, counts }: Statistics, fixed = false,
): Record<string, Exact> {
  const [dx, dw, db] = [exact(x.shape), exact(axes.parameters), exact(axes.parameters)];
  const rstd = variance.map((v) => 1 / Math.sqrt(v + eps));
  const xhat = Float64Array.from({ length: dx.data.length }, (_, i) => (x.data[i]! - mean[axes.group(i)]!) * rstd[axes.group(i)]!);
  const [plain, along, plainSize, alongSize] = [0, 1, 2, 3].map(() => new Float64Array(axes.groups)) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const residual = xhat.map((_, i) => dy.data[i]! * (weight ? weight.data[axes.parameter(i)]! : 1));
  xhat.forEach((h, i) => {
    const [g, k, n] = [axes.group(i), axes.parameter(i), counts[axes.group(i)]!];
    plain[g]! += residual[i]! / n;
    along[g]! += (residual[i]! * h) / n;
    plainSize[g]! += Math.abs(residual[i]!) / n;
    alongSize[g]! += (Math.abs(residual[i]!) * (1 + Math.abs(h))) / n;
    dw.data[k]! += dy.data[i]! * h;
    dw.magnitude[k]! += Math.abs(dy.data[i]!) * (1 + Math.abs(h));
    db.data[k]! += dy.data[i]!;
    db.magnitude[k]! += Math.abs(dy.data[i]!);
  });
  xhat.forEach((h, i) => {
    const g = axes.group(i);
    dx.data[i] = rstd[g]! * (fixed ? residual[i]! : residual[i]! - plain[g]! - h * along[g]!);
    dx.magnitude[i] = rstd[g]! * (Math.abs(residual[i]!) + (fixed ? 0 : plainSize[g]! + (1 + Math.abs(h)) * alongSize[g]!));
  });
  return { input: dx, ...(weight && { weight: dw }), ...(bias && { bias: db }) };
}

/** running = (1 − momentum)·running + momentum·batch, the variance divided by count − 1. */
export function tracked(running: Numbers, batch: ArrayLike<number>, momentum: number): Exact {
  const result = exact(running.shape);
  result.data.forEach((_, i) => {
    const terms = [(1 - momentum) * running.data[i]!, momentum * batch[i]!];
    result.data[i] = terms[0]! + terms[1]!;
    result.magnitude[i] = Math.abs(terms[0]!) + Math.abs(terms[1]!);
  });
  return result;
}

export const unbiased = ({ variance, counts }: Statistics): Float64Array => variance.map((v, i) => (v * counts[i]!) / (counts[i]! - 1));
