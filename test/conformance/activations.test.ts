import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { layers, ops } from '../../src/index.js';
import { activationBackward, activationForward, type Activation } from '../oracle/activation.js';
import * as oracle from '../oracle/activations.js';
import { erf } from '../oracle/erf.js';
import { preluBackward, preluForward } from '../oracle/prelu.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

/** Of the transcendental functions, and of the formulas around them. */
const ROUNDINGS = 24;

const cases: Readonly<Record<string, readonly [of: (x: Tensor) => ReturnType<typeof ops.relu>, oracle: Activation]>> = {
  relu6: [ops.relu6, oracle.hardtanh(0, 6)],
  hardtanh: [ops.hardtanh, oracle.hardtanh(-1, 1)],
  'hardtanh -2.5 0.25': [(x) => ops.hardtanh(x, -2.5, 0.25), oracle.hardtanh(-2.5, 0.25)],
  'hardtanh -Infinity 0': [(x) => ops.hardtanh(x, -Infinity, 0), oracle.hardtanh(-Infinity, 0)],
  leakyRelu: [ops.leakyRelu, oracle.leakyRelu(Math.fround(0.01))],
  'leakyRelu 0': [(x) => ops.leakyRelu(x, 0), oracle.leakyRelu(0)],
  'leakyRelu -0.5': [(x) => ops.leakyRelu(x, -0.5), oracle.leakyRelu(-0.5)],
  'leakyRelu 2': [(x) => ops.leakyRelu(x, 2), oracle.leakyRelu(2)],
  elu: [ops.elu, oracle.elu(1)],
  'elu 0.3': [(x) => ops.elu(x, 0.3), oracle.elu(Math.fround(0.3))],
  'elu -2': [(x) => ops.elu(x, -2), oracle.elu(-2)],
  selu: [ops.selu, oracle.selu],
  silu: [ops.silu, oracle.silu],
  gelu: [ops.gelu, oracle.gelu],
  'gelu tanh': [(x) => ops.gelu(x, 'tanh'), oracle.geluTanh],
  hardsigmoid: [ops.hardsigmoid, oracle.hardsigmoid],
  hardswish: [ops.hardswish, oracle.hardswish],
  mish: [ops.mish, oracle.mish],
  softsign: [ops.softsign, oracle.softsign],
  softplus: [ops.softplus, oracle.softplus(1, 20)],
  'softplus 2 5': [(x) => ops.softplus(x, 2, 5), oracle.softplus(2, 5)],
  'softplus 0.5 100': [(x) => ops.softplus(x, 0.5, 100), oracle.softplus(0.5, 100)],
  'softplus -1': [(x) => ops.softplus(x, -1), oracle.softplus(-1, 20)],
};

const shapes = [[], [1], [3], [4], [5], [7], [8], [9], [17], [2, 5, 7], [3, 3, 4, 5], [1, 9, 1, 1], [1100]];
const ladder = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 1e-30 * 1.3333 ** (i / 3));
const special = Float32Array.of(
  0, -0, NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-45, -1e-45, 88, -88, 104, -104, 9, -9, 3, -3, 2.9999998, -2.9999998, 6, -6, 5.99, 1, -1, 0.6, -0.6, 1e-8, -1e-8, 20, -20, 1e10, -1e10, 13, -13,
);

for (const [name, [op, exact]] of Object.entries(cases))
  describe(name, () => {
    const conforms = (data: Float32Array, shape: readonly number[]): void => {
      const x = { data, shape };
      const y = op(x);
      expectWithin('y', y, activationForward(exact, x), ROUNDINGS);
      const dy = randomTensor(2, ...shape);
      expectGradients(y.backward(dy), { input: activationBackward(exact, x, dy) }, ROUNDINGS);
    };

    for (const shape of shapes) test(label([shape]), () => conforms(randomTensor(1, ...shape).data.map((v) => 8 * v), shape));
    test('numbers of every size', () => conforms(ladder, [1000]));
    test('special values', () => conforms(special, [special.length]));
  });

test('gelu rests on erf with an error of at most 8 units in the last place', () => {
  const x = Float32Array.from({ length: 20000 }, (_, i) => (i - 10000) / 1700);
  const y = ops.gelu({ data: x, shape: [x.length] }).data;
  for (let i = 0; i < x.length; i++) expect(Math.abs(y[i]! - x[i]! * 0.5 * (1 + erf(x[i]! / Math.SQRT2)))).toBeLessThan(5e-7 * Math.max(1, Math.abs(x[i]!)));
});

describe('prelu', () => {
  const conforms = (x: Tensor, weight: Tensor): void => {
    const y = ops.prelu(x, weight);
    expectWithin('y', y, preluForward(x, weight));
    const dy = randomTensor(3, ...x.shape);
    expectGradients(y.backward(dy), preluBackward(x, weight, dy));
  };

  for (const c of [1, 2, 3, 4, 5, 7, 8, 9, 17])
    for (const shape of [[1, c, 1, 1], [3, c, 5, 3], [2, c], [1, c, 7]]) test(label([shape]), () => conforms(randomTensor(1, ...shape), randomTensor(2, c)));
  for (const shape of [[], [1], [5], [2, 3], [3, 7, 5, 13]]) test(`one weight ${label([shape])}`, () => conforms(randomTensor(1, ...shape), randomTensor(2, 1)));
  test('special values', () => {
    const x = { data: Float32Array.of(0, -0, NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1), shape: [2, 2, 2] };
    conforms(x, { data: Float32Array.of(0.25, -3), shape: [2] });
  });
  test('weights that do not fit are refused', () => {
    expect(() => ops.prelu(randomTensor(1, 2, 3), randomTensor(2, 2))).toThrow(ShapeError);
    expect(() => ops.prelu(randomTensor(1, 2), randomTensor(2, 2))).toThrow(ShapeError);
  });
});

test('options out of range are refused when the layer is made', () => {
  const wrong = [
    () => new layers.Hardtanh(1, 1), () => new layers.Hardtanh(2, -2), () => new layers.Hardtanh(NaN, 1), () => new layers.LeakyReLU(NaN), () => new layers.ELU(Infinity),
    () => new layers.GELU('erf' as 'tanh'), () => new layers.Softplus(0), () => new layers.Softplus(1, NaN), () => new layers.PReLU(0), () => new layers.PReLU(1, { init: NaN }),
    () => new layers.Dropout(1), () => new layers.Dropout(-0.1), () => new layers.Dropout2d(NaN), () => new layers.LeakyReLU({} as number),
  ];
  for (const make of wrong) expect(make, String(make)).toThrow(OptionError);
});
