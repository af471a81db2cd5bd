import type { Shape } from './shape.js';
import { elements } from './shape.js';
import { Random, hashName } from './random.js';

/** How a parameter starts. */
export type Init =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'values'; readonly values: ArrayLike<number> }
  /** As \`init\`, times the mask of 0 and 1. */
  | { readonly kind: 'masked'; readonly init: Init; readonly mask: Float32Array };

/** Inputs that one output sums: the product of all sizes but the first. */
export function fanIn(shape: Shape): number {
  return elements(shape.slice(1));
}

/** U(−b, b), b = 1/√fanIn: PyTorch's default for convolution and linear layers (kaiming_uniform with a = √5), biases too. */
export function torchDefault(fan: number): Init {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fan) };
}

/** U(−b, b), b = gain·√(3/fanIn): He et al. 2015, kaiming_uniform. Gain √2 suits relu. */
export function kaimingUniform(fan: number, gain: number = Math.SQRT2): Init {
  return { kind: 'uniform', bound: gain * Math.sqrt(3 / fan) };
}

/** U(−b, b), b = gain·√(6/(fanIn + fanOut)): Glorot and Bengio 2010, xavier_uniform. */
export function xavierUniform(fanInCount: number, fanOutCount: number, gain = 1): Init {
  return { kind: 'uniform', bound: gain * Math.sqrt(6 / (fanInCount + fanOutCount)) };
}

/** The start values of the parameter `name` under `seed`; each name has a stream of its own. */
export function initialValues(init: Init, shape: Shape, seed: number, name: string): Float32Array {
  const values = new Float32Array(elements(shape));
  if (init.kind === 'constant') return values.fill(init.value);
  if (init.kind === 'values') {
    values.set(init.values);
    return values;
  }
  if (init.kind === 'masked') return initialValues(init.init, shape, seed, name).map((value, i) => (init.mask[i] ? value : 0));
  const random = new Random(seed, hashName(name));
  for (let i = 0; i < values.length; i++) {
    values[i] = init.kind === 'uniform' ? random.between(-init.bound, init.bound) : random.normal() * init.deviation;
  }
  return values;
}
