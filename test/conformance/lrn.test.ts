import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { ops } from '../../src/index.js';
import { lrnBackward, lrnForward, type LrnOptions } from '../oracle/lrn.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

/** Powers: logarithm and exponential, or two square roots and a division. */
const ROUNDINGS = 24;

function conforms(x: Tensor, { size, ...rest }: LrnOptions): void {
  const y = ops.localResponseNorm(x, size, rest);
  expectWithin('y', y, lrnForward(x, { size, ...rest }), ROUNDINGS);
  const dy = randomTensor(2, ...x.shape);
  expectGradients(y.backward(dy), { input: lrnBackward(x, dy, { size, ...rest }) }, ROUNDINGS);
}

const usual = { size: 5, alpha: 1e-4, beta: 0.75, k: 2 };
const strong = { alpha: 2, beta: 0.75, k: 1 };

describe('local response normalisation', () => {
  for (const c of [1, 3, 4, 5, 7, 8, 9, 17])
    for (const size of [1, 2, 3, 4, 5, 8, 40]) {
      const shape = [2, c, 3, 3];
      test(label([shape], { size }), () => {
        const x = { data: randomTensor(1, ...shape).data.map((v) => 3 * v), shape };
        conforms(x, { ...usual, size });
        conforms(x, { ...strong, size });
      });
    }

  for (const shape of [[1, 6, 5], [3, 4, 1, 1], [1, 9, 2, 3, 2]]) test(label([shape]), () => conforms(randomTensor(1, ...shape), { ...strong, size: 3 }));

  const betas = [0, 0.25, 0.5, 0.6, 0.75, 0.9, 1, 1 / 3, 1.5, 2, -0.5, 1e-3, 7.7];
  test.each(betas)('beta %s over denominators of every size', (beta) => {
    const x = { data: Float32Array.from({ length: 900 }, (_, i) => (i % 2 ? 1 : -1) * 1e-6 * 1.03 ** i), shape: [9, 100, 1] };
    for (const [k, alpha] of [[1, 1], [2, 1e-4], [1e-8, 3], [1e10, 1e-9]] as const) {
      if (Math.abs(beta) > 2 && k !== 1 && k !== 2) continue;
      conforms(x, { size: 1, alpha, beta, k });
    }
  });

  test('special values', () => {
    const values = [0, -0, NaN, Infinity, -Infinity, 1, 2, 3, 4, 5, 6, 7, 8];
    const x = { data: Float32Array.from(values), shape: [1, values.length, 1] };
    for (const beta of [0.75, 0.5, 0.6]) expectWithin('y', ops.localResponseNorm(x, 3, { beta, alpha: 1 }), lrnForward(x, { size: 3, alpha: 1, beta, k: 1 }), ROUNDINGS);
    const zeros = { data: Float32Array.of(0, 0, 0, 0), shape: [1, 4, 1] };
    for (const beta of [0.75, 0.5, 0.6, 1]) expect(ops.localResponseNorm(zeros, 3, { beta, k: 0 }).data.every(Number.isNaN)).toBe(true);
    for (const beta of [0.75, 0.5, 0.6]) expect(ops.localResponseNorm(randomTensor(1, 1, 4, 1), 3, { beta, k: -1 }).data.every(Number.isNaN)).toBe(true);
  });

  test('what does not fit is refused', () => {
    const x = randomTensor(1, 2, 4, 3, 3);
    for (const size of [0, -1, 1.5, NaN]) expect(() => ops.localResponseNorm(x, size)).toThrow(OptionError);
    for (const options of [{ alpha: NaN }, { beta: Infinity }, { k: NaN }]) expect(() => ops.localResponseNorm(x, 3, options)).toThrow(OptionError);
    expect(() => ops.localResponseNorm(randomTensor(1, 2, 4), 3)).toThrow(ShapeError);
  });
});
