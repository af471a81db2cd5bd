import { Sums, broadcastIndex, type Exact, type Numbers } from './array.js';

export type Reduction = 'mean' | 'sum' | 'none';

/** A loss of pairs: its value, its slope by x, and bounds of the terms that they are made of. */
export interface PairLoss {
  value(x: number, t: number): number;
  slope(x: number, t: number): number;
  size(x: number, t: number): number;
  slopeSize(x: number, t: number): number;
}

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const sign = (d: number): number => (d > 0 ? 1 : d < 0 ? -1 : 0);
const both = (x: number, t: number): number => Math.abs(x) + Math.abs(t);

export const mse: PairLoss = { value: (x, t) => (x - t) ** 2, slope: (x, t) => 2 * (x - t), size: (x, t) => both(x, t) * Math.abs(x - t), slopeSize: (x, t) => 2 * both(x, t) };
export const l1: PairLoss = { value: (x, t) => Math.abs(x - t), slope: (x, t) => sign(x - t), size: both, slopeSize: () => 1 };

export const smoothL1 = (beta: number): PairLoss =>
  beta === 0 ? l1 : {
    value: (x, t) => (Math.abs(x - t) < beta ? (0.5 * (x - t) ** 2) / beta : Math.abs(x - t) - 0.5 * beta),
    slope: (x, t) => (Math.abs(x - t) >= beta ? sign(x - t) : (x - t) / beta),
    size: (x, t) => both(x, t) + beta,
    slopeSize: (x, t) => (Math.abs(x - t) >= beta ? 1 : both(x, t) / beta),
  };

export const huber = (delta: number): PairLoss => ({
  value: (x, t) => (Math.abs(x - t) < delta ? 0.5 * (x - t) ** 2 : delta * (Math.abs(x - t) - 0.5 * delta)),
  slope: (x, t) => (Math.abs(x - t) >= delta ? delta * sign(x - t) : x - t),
  size: (x, t) => delta * (both(x, t) + delta),
  slopeSize: (x, t) => Math.min(delta, Math.abs(x - t)) + both(x, t),
});

/** `positive` is the weight of targets of 1. */
const bce = (positive: number): PairLoss => ({
  value: (x, t) => (1 - t) * x + (1 + (positive - 1) * t) * (Math.log1p(Math.exp(-Math.abs(x))) + Math.max(-x, 0)),
  slope: (x, t) => (1 - t + positive * t) * sigmoid(x) - positive * t,
  size: (x) => (1 + Math.abs(positive)) * (Math.abs(x) + 1),
  slopeSize: () => 2 * (1 + Math.abs(positive)),
});

interface Factors {
  readonly weight?: Numbers | null;
  readonly positive?: Numbers | null;
}

/** The loss of element i, with its factors. */
function at(loss: PairLoss | 'bce', x: Numbers, { weight, positive }: Factors, i: number): { loss: PairLoss; weight: number } {
  const factor = (numbers: Numbers | null | undefined): number => (numbers ? numbers.data[broadcastIndex(i, x.shape, numbers.shape)]! : 1);
  return { loss: loss === 'bce' ? bce(factor(positive)) : loss, weight: factor(weight) };
}

export function pairLossForward(loss: PairLoss | 'bce', x: Numbers, target: Numbers, reduction: Reduction, factors: Factors = {}): Exact {
  const none = reduction === 'none';
  const sums = new Sums(none ? x.shape : []);
  const magnitude = new Float64Array(sums.data.length);
  const share = reduction === 'mean' ? 1 / x.data.length : 1;
  for (let i = 0; i < x.data.length; i++) {
    const own = at(loss, x, factors, i);
    const t = target.data[i]!;
    sums.add(none ? i : 0, own.weight * own.loss.value(x.data[i]!, t));
    magnitude[none ? i : 0]! += Math.abs(own.weight) * own.loss.size(x.data[i]!, t) * share;
  }
  return { data: sums.data.map((v) => v * share), magnitude, shape: sums.shape, terms: sums.terms };
}

export function pairLossBackward(loss: PairLoss | 'bce', x: Numbers, target: Numbers, dy: Numbers, reduction: Reduction, factors: Factors = {}): Exact {
  const share = reduction === 'mean' ? 1 / x.data.length : 1;
  const each = (what: 'slope' | 'slopeSize') => Float64Array.from(x.data, (v, i) => {
    const own = at(loss, x, factors, i);
    return own.loss[what](v, target.data[i]!) * own.weight * dy.data[reduction === 'none' ? i : 0]! * share;
  });
  return { data: each('slope'), magnitude: each('slopeSize').map(Math.abs), shape: x.shape, terms: 1 };
}

export interface NllOptions {
  readonly weight: ArrayLike<number> | null;
  readonly reduction: Reduction;
  readonly ignoreIndex: number;
}

/** Where x has the target's class of loss i: x is [n, classes, ...] or [classes]. */
function place(x: Numbers, target: ArrayLike<number>, i: number): number {
  const axis = x.shape.length === 1 ? 0 : 1;
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  return (Math.floor(i / inner) * x.shape[axis]! + target[i]!) * inner + (i % inner);
}

/** Σ or mean of −w[t] x[t]; the mean divides by the weights that count. */
export function nllForward(x: Numbers, target: ArrayLike<number>, o: NllOptions): Exact {
  const axis = x.shape.length === 1 ? 0 : 1;
  const sums = new Sums(o.reduction === 'none' ? x.shape.filter((_, d) => d !== axis) : []);
  const share = nllShare(target, o);
  for (let i = 0; i < target.length; i++)
    if (target[i] !== o.ignoreIndex) sums.add(o.reduction === 'none' ? i : 0, -(o.weight?.[target[i]!] ?? 1) * x.data[place(x, target, i)]!);
  return { data: sums.data.map((v) => v * share), magnitude: sums.magnitude.map((v) => v * share), shape: sums.shape, terms: sums.terms };
}

function nllShare(target: ArrayLike<number>, o: NllOptions): number {
  return o.reduction === 'mean' ? 1 / Array.from(target).reduce((sum, t) => sum + (t === o.ignoreIndex ? 0 : (o.weight?.[t] ?? 1)), 0) : 1;
}

export function nllBackward(x: Numbers, target: ArrayLike<number>, dy: Numbers, o: NllOptions): Exact {
  const sums = new Sums(x.shape);
  const share = nllShare(target, o);
  for (let i = 0; i < target.length; i++)
    if (target[i] !== o.ignoreIndex) sums.add(place(x, target, i), -(o.weight?.[target[i]!] ?? 1) * dy.data[o.reduction === 'none' ? i : 0]! * share);
  return { ...sums, data: sums.data, magnitude: sums.magnitude, shape: x.shape, terms: target.length };
}
