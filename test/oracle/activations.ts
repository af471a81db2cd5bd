import type { Activation } from './activation.js';
import { erf } from './erf.js';

// Activations with parameters, as torch.nn.functional defines them; infinities and NaN follow the formulas from left to right.

const LARGEST = 2 ** 128 - 2 ** 103;
/** A product as float32 has it when it is too large. */
const overflowing = (v: number): number => (Math.abs(v) >= LARGEST ? v * Infinity : v);
const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const clamp = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);
const normal = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));
const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

export const hardtanh = (low: number, high: number): Activation => ({
  value: (x) => clamp(x, low, high),
  slope: (x) => (x > low && x < high ? 1 : 0),
  size: (x) => (x > low && x < high ? 1 : 0),
});

export const leakyRelu = (slope: number): Activation => ({
  value: (x) => (x > 0 ? x : slope * x),
  slope: (x) => (x > 0 ? 1 : slope),
  size: (x) => (x > 0 ? 1 : Math.abs(slope)),
});

export const elu = (alpha: number, scale = 1): Activation => ({
  value: (x) => (x > 0 ? scale * x : scale * alpha * Math.expm1(x)),
  slope: (x) => (x > 0 ? scale : scale * alpha * Math.exp(x)),
  size: (x) => (x > 0 ? scale : Math.abs(scale * alpha * Math.exp(x)) * (1 + Math.min(104, Math.abs(x)))),
});

export const selu = elu(1.6732632423543772, 1.0507009873554805);

export const silu: Activation = {
  value: (x) => x * sigmoid(x),
  slope: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  size: (x) => sigmoid(x) * (1 + Math.abs(x)) * (1 + Math.min(104, Math.abs(x))),
  terms: (x) => Math.abs(x * sigmoid(x)) * (1 + Math.min(104, Math.abs(x))),
};

export const gelu: Activation = {
  value: (x) => x * normal(x),
  slope: (x) => normal(x) + x * density(x),
  size: () => 1,
  terms: (x) => Math.abs(x) * 0.5 * (1 + Math.abs(erf(x / Math.SQRT2))),
};

const inner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const innerSlope = (x: number): number => Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * overflowing(x * x));
/** The rounding of the exponent is a relative error of its size. */
const spread = (x: number): number => 1 + Math.min(104, 2 * Math.abs(inner(x)));

export const geluTanh: Activation = {
  value: (x) => x * sigmoid(2 * inner(x)),
  slope: (x) => sigmoid(2 * inner(x)) + x * sigmoid(2 * inner(x)) * (1 - sigmoid(2 * inner(x))) * 2 * innerSlope(x),
  size: (x) => sigmoid(2 * inner(x)) * spread(x) * (1 + Math.abs(2 * x * sigmoid(-2 * inner(x)) * innerSlope(x))) + Math.min(1, Math.abs(x)),
  terms: (x) => Math.abs(x) * sigmoid(2 * inner(x)) * spread(x),
};

/** PyTorch's slope is 1/6 rounded to float32, in every precision. */
export const hardsigmoid: Activation = {
  value: (x) => clamp(x + 3, 0, 6) / 6,
  slope: (x) => (x > -3 && x < 3 ? Math.fround(1 / 6) : 0),
  size: (x) => (x > -3 && x < 3 ? 1 / 6 : 0),
  terms: () => 1,
};

export const hardswish: Activation = {
  value: (x) => overflowing(x * clamp(x + 3, 0, 6)) / 6,
  slope: (x) => (x < -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
  size: (x) => (x < -3 ? 0 : 1.5),
  terms: (x) => Math.abs(x),
};

export const softsign: Activation = {
  value: (x) => x / (1 + Math.abs(x)),
  slope: (x) => (1 / (1 + Math.abs(x))) ** 2,
  size: (x) => (1 / (1 + Math.abs(x))) ** 2,
};

export const softplus = (beta: number, threshold: number): Activation => ({
  value: (x) => (x * beta > threshold ? x : (Math.max(x * beta, 0) + Math.log1p(Math.exp(-Math.abs(x * beta)))) / beta),
  slope: (x) => (x * beta > threshold ? 1 : sigmoid(x * beta)),
  size: (x) => (x * beta > threshold ? 1 : sigmoid(x * beta) * (1 + Math.min(104, Math.abs(x * beta)))),
  terms: (x) => (x * beta > threshold ? Math.abs(x) : Math.abs((Math.max(x * beta, 0) + Math.log1p(Math.exp(-Math.abs(x * beta)))) / beta) * (1 + Math.min(104, Math.abs(x * beta)))),
});

const mishTanh = (x: number): number => Math.tanh(Math.log1p(Math.exp(x)));

export const mish: Activation = {
  value: (x) => x * mishTanh(x),
  slope: (x) => mishTanh(x) + x * sigmoid(x) * (1 - mishTanh(x) ** 2),
  size: (x) => (mishTanh(x) + Math.abs(x) * sigmoid(x) * (1 - mishTanh(x) ** 2)) * (1 + Math.min(104, Math.abs(x))),
  terms: (x) => Math.abs(x) * mishTanh(x) * (1 + Math.min(104, Math.abs(x))),
};
