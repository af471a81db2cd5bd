import { expect } from 'vitest';
import { Random } from '../../src/core/random.js';
import { show, type Shape, type Tensor } from '../../src/core/shape.js';
import type { Exact } from '../oracle/array.js';

/** Half a unit in the last place of 1 in float32: the relative error of one rounding. */
const ROUNDING = 2 ** -24;
/** Roundings on the way that are no additions: of products, factors, a division, the store. */
const EXTRA = 8;
/** Below the normal numbers the error of a rounding is absolute. */
const TINY = 2 ** -126;

/**
 * Every element within |x - want| <= 2^-24 * (terms + roundings) * magnitude: a term is rounded once as a product and at most once
 * per addition. NaN and infinities where the oracle has them.
 */
export function expectWithin(what: string, x: Tensor, want: Exact, roundings = EXTRA): void {
  expect(show(x.shape), `shape of ${what}`).toBe(show(want.shape));
  expect(x.data.length, `length of ${what}`).toBe(want.data.length);
  const relative = ROUNDING * (want.terms + roundings);
  let worst: string | null = null;
  let excess = 1;
  for (let i = 0; i < want.data.length; i++) {
    const [a, e] = [x.data[i]!, want.data[i]!];
    if (a === Math.fround(e) || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const error = Math.abs(a - e) / (relative * want.magnitude[i]! + TINY);
    if (error <= excess) continue;
    excess = Number.isNaN(error) ? Infinity : error;
    worst = `${what}[${i}] is ${a}, expected ${e}: ${excess.toPrecision(3)} times the bound`;
  }
  expect(worst).toBeNull();
}

/** Every gradient that the oracle names, and no other. */
export function expectGradients(gradients: object, want: Readonly<Record<string, Exact>>, roundings = EXTRA): void {
  const given = gradients as Record<string, Tensor | undefined>;
  expect(Object.keys(given).filter((name) => given[name] !== undefined).sort()).toEqual(Object.keys(want).sort());
  for (const [name, exact] of Object.entries(want)) expectWithin(`d ${name}`, given[name]!, exact, roundings);
}

/** Numbers from [-1, 1), the same for the same seed. */
export function randomTensor(seed: number, ...shape: number[]): Tensor {
  const random = new Random(seed);
  return { data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.between(-1, 1)), shape };
}

/** `[2, 3] [4, 3]`, and the options as they were given: a test's name. */
export function label(shapes: readonly Shape[], options: object = {}): string {
  const said = Object.entries(options).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [...shapes.map(show), ...said].join(' ');
}

/** Rows `first` and later of the outermost dimension, as many as `count`. */
export function rowsOf({ data, shape }: Tensor, first: number, count = 1): Tensor {
  const size = data.length / shape[0]!;
  return { data: data.slice(first * size, (first + count) * size), shape: [count, ...shape.slice(1)] };
}
