import type { Exact, Numbers } from './array.js';

/** An activation as value and slope at x; `size` bounds the terms that the slope is made of. */
interface Activation {
  value(x: number): number;
  slope(x: number): number;
  size(x: number): number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const activations = {
  relu: {
    value: (x) => (x <= 0 ? 0 : x),
    slope: (x) => (x <= 0 ? 0 : 1),
    size: (x) => (x <= 0 ? 0 : 1),
  },
  tanh: {
    value: Math.tanh,
    slope: (x) => 1 / Math.cosh(x) ** 2,
    size: (x) => 1 + Math.tanh(x) ** 2,
  },
  sigmoid: {
    value: sigmoid,
    slope: (x) => sigmoid(x) * sigmoid(-x),
    size: (x) => sigmoid(x) * (1 + sigmoid(x)),
  },
} satisfies Record<string, Activation>;

export type ActivationName = keyof typeof activations;

export function activationForward(name: ActivationName, x: Numbers): Exact {
  const data = Float64Array.from(x.data, activations[name].value);
  return { data, magnitude: data.map(Math.abs), shape: x.shape, terms: 1 };
}

/** dx = dy * f'(x); a slope of 0 lets nothing through, not even an infinite dy. */
export function activationBackward(name: ActivationName, x: Numbers, dy: Numbers): Exact {
  const { slope, size } = activations[name];
  const times = (factor: (x: number) => number): Float64Array =>
    Float64Array.from(x.data, (v, i) => (factor(v) === 0 ? 0 : dy.data[i]! * factor(v)));
  return { data: times(slope), magnitude: times(size).map(Math.abs), shape: x.shape, terms: 1 };
}
