import type { Exact, Numbers } from './array.js';

/** An activation as value and slope at x; `size` bounds the terms that the slope is made of. */
export interface Activation {
  value(x: number): number;
  slope(x: number): number;
  size(x: number): number;
  /** Bounds the terms that the value is made of, where they are more than the value itself. */
  terms?(x: number): number;
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

const functionOf = (which: ActivationName | Activation): Activation => (typeof which === 'string' ? activations[which] : which);

export function activationForward(which: ActivationName | Activation, x: Numbers): Exact {
  const { value, terms } = functionOf(which);
  const data = Float64Array.from(x.data, value);
  return { data, magnitude: terms ? Float64Array.from(x.data, terms) : data.map(Math.abs), shape: x.shape, terms: 1 };
}

/** dx = dy * f'(x); a slope of 0 lets nothing through, not even an infinite dy. */
export function activationBackward(which: ActivationName | Activation, x: Numbers, dy: Numbers): Exact {
  const { slope, size } = functionOf(which);
  const times = (factor: (x: number) => number): Float64Array =>
    Float64Array.from(x.data, (v, i) => (factor(v) === 0 ? 0 : dy.data[i]! * factor(v)));
  return { data: times(slope), magnitude: times(size).map(Math.abs), shape: x.shape, terms: 1 };
}
