import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { Random } from '../../src/core/random.js';
import type { Tensor } from '../../src/core/shape.js';
import { losses, ops } from '../../src/index.js';
import * as oracle from '../oracle/losses.js';
import { rbfBackward, rbfForward, rbfLossBackward, rbfLossForward } from '../oracle/rbf.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

const ROUNDINGS = 24;
const reductions = ['mean', 'sum', 'none'] as const;
const shapes = [[], [1], [5], [3, 4], [2, 3, 5], [1, 7, 3, 3], [1030], [3, 1025]];

type Pair = (x: Tensor, target: Tensor, options: { reduction: oracle.Reduction }) => ReturnType<typeof ops.mse>;
const pairs: Readonly<Record<string, readonly [of: Pair, exact: oracle.PairLoss | 'bce']>> = {
  mse: [ops.mse, oracle.mse],
  l1: [ops.l1, oracle.l1],
  smoothL1: [ops.smoothL1, oracle.smoothL1(1)],
  'smoothL1 0.25': [(x, t, o) => ops.smoothL1(x, t, { ...o, beta: 0.25 }), oracle.smoothL1(0.25)],
  'smoothL1 0': [(x, t, o) => ops.smoothL1(x, t, { ...o, beta: 0 }), oracle.l1],
  huber: [ops.huber, oracle.huber(1)],
  'huber 3': [(x, t, o) => ops.huber(x, t, { ...o, delta: 3 }), oracle.huber(3)],
  bceWithLogits: [ops.bceWithLogits, 'bce'],
};

for (const [name, [op, exact]] of Object.entries(pairs))
  describe(name, () => {
    const conforms = (x: Tensor, target: Tensor, reduction: oracle.Reduction): void => {
      const y = op(x, target, { reduction });
      expectWithin('loss', y, oracle.pairLossForward(exact, x, target, reduction), ROUNDINGS);
      const dy = randomTensor(3, ...y.shape);
      expectGradients(y.backward(dy), { input: oracle.pairLossBackward(exact, x, target, dy, reduction) }, ROUNDINGS);
    };
    for (const shape of shapes)
      test(label([shape]), () => {
        const x = { data: randomTensor(1, ...shape).data.map((v) => 4 * v), shape };
        const target = name === 'bceWithLogits' ? { data: randomTensor(2, ...shape).data.map(Math.abs), shape } : { data: randomTensor(2, ...shape).data.map((v) => 2 * v), shape };
        target.data[0] = name === 'bceWithLogits' ? 1 : x.data[0]!;
        for (const reduction of reductions) conforms(x, target, reduction);
      });
    test('special values', () => {
      const x = { data: Float32Array.of(0, -0, NaN, Infinity, -Infinity, Infinity, 1e30, 100, -100, 88, 1e-40), shape: [11] };
      const target = { data: Float32Array.of(0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0), shape: [11] };
      const y = op(x, target, { reduction: 'none' });
      const want = oracle.pairLossForward(exact, x, target, 'none');
      y.data.forEach((v, i) => expect(Number.isNaN(v), `${i}: ${v}`).toBe(Number.isNaN(want.data[i]!)));
      expectWithin('loss', { data: y.data.filter((_, i) => i !== 6), shape: [10] }, { ...want, data: want.data.filter((_, i) => i !== 6), magnitude: want.magnitude.filter((_, i) => i !== 6), shape: [10] }, ROUNDINGS);
    });
  });

describe('bceWithLogits: factors', () => {
  const [x, target] = [randomTensor(1, 3, 5, 2), { data: randomTensor(2, 3, 5, 2).data.map(Math.abs), shape: [3, 5, 2] }];
  for (const [weight, posWeight] of [[[5, 1], null], [null, [2]], [[3, 1, 1], [5, 1]], [[3, 5, 2], [1]]] as const)
    test(`weight ${JSON.stringify(weight)} posWeight ${JSON.stringify(posWeight)}`, () => {
      const factors = (shape: readonly number[] | null, seed: number): Tensor | null => (shape ? { data: randomTensor(seed, ...shape).data.map((v) => v + 1.5), shape } : null);
      const [w, p] = [factors(weight, 5), factors(posWeight, 6)];
      for (const reduction of reductions) {
        const y = ops.bceWithLogits(x, target, { reduction, ...(w && { weight: w }), ...(p && { posWeight: p }) });
        expectWithin('loss', y, oracle.pairLossForward('bce', x, target, reduction, { weight: w, positive: p }), ROUNDINGS);
        const dy = randomTensor(7, ...y.shape);
        expectGradients(y.backward(dy), { input: oracle.pairLossBackward('bce', x, target, dy, reduction, { weight: w, positive: p }) }, ROUNDINGS);
      }
    });
});

describe('nll', () => {
  for (const shape of [[1, 1], [4, 3], [3, 5, 2], [2, 3, 4, 5], [7], [300, 9]])
    for (const reduction of reductions)
      test(`${label([shape])} ${reduction}`, () => {
        const classes = shape.length === 1 ? shape[0]! : shape[1]!;
        const random = new Random(4);
        const x = randomTensor(1, ...shape);
        const target = Int32Array.from({ length: x.data.length / classes }, () => random.integer(classes));
        for (const weight of [null, Float32Array.from({ length: classes }, (_, i) => i / 4 + 0.25)])
          for (const ignoreIndex of [-100, 0]) {
            const options = { weight, reduction, ignoreIndex };
            const y = ops.nll(x, target, { reduction, ignoreIndex, ...(weight && { weight }) });
            expectWithin('loss', y, oracle.nllForward(x, target, options), ROUNDINGS);
            const dy = randomTensor(5, ...y.shape);
            if (!y.data.some(Number.isNaN)) expectGradients(y.backward(dy), { input: oracle.nllBackward(x, target, dy, options) }, ROUNDINGS);
          }
      });
  test('ignored rows may hold anything; without others the mean is NaN and the gradient 0', () => {
    const x = { data: Float32Array.of(NaN, 1, -1, -Infinity), shape: [2, 2] };
    expect(ops.nll(x, [-100, 0]).data[0]).toBe(1);
    const none = ops.nll(x, [-100, -100]);
    expect(none.data[0]).toBeNaN();
    expect([...none.backward(Float32Array.of(1)).input.data]).toEqual([0, 0, 0, 0]);
  });
});

describe('rbf', () => {
  for (const [rows, ci, co] of [[[1], 1, 1], [[3], 84, 10], [[2, 3], 5, 7], [[], 9, 4]] as const)
    test(`${label([rows])} ${ci} ${co}`, () => {
      const [x, w] = [randomTensor(1, ...rows, ci), randomTensor(2, co, ci)];
      const y = ops.rbf(x, w);
      expectWithin('y', y, rbfForward(x, w));
      const dy = randomTensor(3, ...y.shape);
      expectGradients(y.backward(dy), rbfBackward(x, w, dy));
    });
  for (const criterion of ['map', 'mse'] as const)
    for (const reduction of reductions)
      test(`loss ${criterion} ${reduction}`, () => {
        for (const [n, classes] of [[1, 1], [3, 10], [2, 17]] as const) {
          const x = { data: randomTensor(1, n, classes).data.map((v) => 60 * v - 60), shape: [n, classes] };
          const target = Int32Array.from({ length: n }, (_, i) => (i * 7) % classes);
          const options = { criterion, reduction, j: 2.5 };
          const y = ops.rbfLoss(x, target, options);
          expectWithin('loss', y, rbfLossForward(x, target, options), ROUNDINGS);
          const dy = randomTensor(3, ...y.shape);
          expectGradients(y.backward(dy), { input: rbfLossBackward(x, target, dy, options) }, ROUNDINGS);
        }
      });
});

test('input and target broadcast to one shape', () => {
  const [x, row, column] = [randomTensor(1, 2, 3), randomTensor(2, 3), randomTensor(3, 2, 1)];
  const whole = { data: Float32Array.from([...row.data, ...row.data]), shape: [2, 3] };
  expect(ops.mse(x, row).data).toEqual(ops.mse(x, whole).data);
  const [narrow, wide] = [ops.mse(row, column, { reduction: 'none' }), ops.mse(whole, column, { reduction: 'none' })];
  expect(narrow.shape).toEqual([2, 3]);
  expect(narrow.data).toEqual(wide.data);
  const each = wide.backward(x).input.data;
  expect(narrow.backward(x).input).toEqual({ data: Float32Array.from({ length: 3 }, (_, i) => each[i]! + each[i + 3]!), shape: [3] });
  expect(() => ops.l1(x, randomTensor(1, 2))).toThrow(ShapeError);
});

test('options out of range are refused', () => {
  const wrong = [
    () => losses.smoothL1({ beta: -1 }), () => losses.huber({ delta: 0 }), () => losses.mse({ reduction: 'max' as 'sum' }), () => losses.nll({ ignoreIndex: 0.5 }),
    () => losses.rbf({ j: 0 }), () => losses.rbf({ criterion: 'map2' as 'map' }), () => losses.bceWithLogits({ posWeight: [NaN] }),
  ];
  for (const make of wrong) expect(make, String(make)).toThrow(OptionError);
});
