import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { Random } from '../../src/core/random.js';
import type { Tensor } from '../../src/core/shape.js';
import { ops } from '../../src/index.js';
import { crossEntropyBackward, crossEntropyForward, type CrossEntropyOptions } from '../oracle/crossentropy.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

const ROUNDINGS = 24;
const reductions = ['mean', 'sum', 'none'] as const;
const shapes = [[1, 1], [1, 2], [8, 10], [3, 17], [5, 4], [4, 5, 3], [2, 3, 4, 5], [300, 3], [2, 600], [1, 1100]];

/** One class number per loss. */
function classes(shape: readonly number[], seed: number): Int32Array {
  const random = new Random(seed);
  return Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) / shape[1]! }, () => random.integer(shape[1]!));
}

/** Probabilities: positive numbers that add up to 1 over the classes. */
function probabilities(shape: readonly number[], seed: number): Tensor {
  const data = randomTensor(seed, ...shape).data.map((v) => v + 1.001);
  const inner = shape.slice(2).reduce((a, b) => a * b, 1);
  const total = new Map<number, number>();
  const line = (i: number): number => Math.floor(i / (inner * shape[1]!)) * inner + (i % inner);
  data.forEach((v, i) => total.set(line(i), (total.get(line(i)) ?? 0) + v));
  return { data: data.map((v, i) => v / total.get(line(i))!), shape };
}

function conforms(x: Tensor, target: Int32Array | Tensor, given: Partial<CrossEntropyOptions>): void {
  const options: CrossEntropyOptions = { weight: null, reduction: 'mean', ignoreIndex: -100, labelSmoothing: 0, ...given };
  const { weight, ...rest } = options;
  const loss = ops.crossEntropy(x, target, { ...rest, ...(weight === null ? {} : { weight: Float32Array.from(weight) }) });
  expectWithin('loss', loss, crossEntropyForward(x, target, options), ROUNDINGS);
  const dy = randomTensor(9, ...loss.shape);
  expectGradients(loss.backward(dy), { input: crossEntropyBackward(x, target, dy, options) }, ROUNDINGS);
}

/** Positive, and exact in float32. */
const weights = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => ((i * 5) % 7) / 4 + 0.25);

for (const shape of shapes) {
  const x = { data: randomTensor(1, ...shape).data.map((v) => 5 * v), shape };
  describe(`crossEntropy ${label([shape])}`, () => {
    for (const reduction of reductions)
      test(reduction, () => {
        for (const target of [classes(shape, 2), probabilities(shape, 3)])
          for (const labelSmoothing of [0, 0.1, 1])
            for (const weight of [null, weights(shape[1]!)]) conforms(x, target, { reduction, labelSmoothing, weight });
      });
  });
}

test('a smoothed target keeps its sum over many classes', () => {
  const [x, target] = [randomTensor(1, 1, 5000), Int32Array.of(77)];
  const gradient = ops.crossEntropy(x, target, { labelSmoothing: 0.1 }).backward(Float32Array.of(1)).input;
  const exact = crossEntropyBackward(x, target, { data: Float32Array.of(1), shape: [] }, { weight: null, reduction: 'mean', ignoreIndex: -100, labelSmoothing: 0.1 });
  // As few roundings as for a hundred classes: errors of the terms do not add up.
  expectWithin('d input', gradient, { ...exact, terms: 100 }, ROUNDINGS);
});

describe('crossEntropy: some targets are ignored', () => {
  const x = randomTensor(1, 6, 4);
  for (const reduction of reductions)
    test(reduction, () => {
      for (const weight of [null, weights(4)])
        for (const labelSmoothing of [0, 0.2]) {
          conforms(x, Int32Array.of(0, -100, 2, 3, -100, 1), { reduction, weight, labelSmoothing });
          conforms(x, Int32Array.of(0, 1, 2, 1, 3, 1), { reduction, weight, labelSmoothing, ignoreIndex: 1 });
          conforms(x, Int32Array.of(0, 255, 2, 255, 3, 1), { reduction, weight, labelSmoothing, ignoreIndex: 255 });
        }
    });

  test('all of them: the mean of nothing is NaN, the sum is 0', () => {
    const target = new Int32Array(6).fill(-100);
    expect(ops.crossEntropy(x, target).data[0]).toBeNaN();
    expect(ops.crossEntropy(x, Int32Array.from(target, () => 0), { weight: Float32Array.of(0, 1, 1, 1), labelSmoothing: 0.5 }).data[0]).toBeNaN();
    expect(ops.crossEntropy(x, target, { reduction: 'sum' }).data[0]).toBe(0);
    expect([...ops.crossEntropy(x, target, { reduction: 'none' }).data]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('crossEntropy: numbers that hurt', () => {
  const rows = [
    [1000, -1000, 0, 999],
    [-104, 0, -90, -88],
    [3.4e38, -3.4e38, 0, 1],
    [5, 5, 5, 5],
    [1, Infinity, 0, 2],
    [1, NaN, 0, 2],
  ];
  for (const row of rows)
    test(String(row), () => {
      const x = { data: Float32Array.from([...row, 1, 2, 3, 4]), shape: [2, 4] };
      for (const reduction of reductions) conforms(x, Int32Array.of(0, 3), { reduction });
    });
});

test('a target that does not fit is refused', () => {
  const x = randomTensor(1, 2, 3);
  for (const target of [[0, 3], [-1, 0], [0, -101]]) expect(() => ops.crossEntropy(x, Int32Array.from(target)), String(target)).toThrow(OptionError);
  expect(() => ops.crossEntropy(x, Int32Array.of(0))).toThrow(ShapeError);
  expect(() => ops.crossEntropy(x, randomTensor(1, 3, 2))).toThrow(ShapeError);
  for (const labelSmoothing of [-0.1, 1.1, NaN]) expect(() => ops.crossEntropy(x, Int32Array.of(0, 1), { labelSmoothing })).toThrow(OptionError);
  expect(() => ops.crossEntropy(x, Int32Array.of(0, 1), { weight: Float32Array.of(1, 2) })).toThrow(expect.toSatisfy((e) => e instanceof OptionError || e instanceof ShapeError));
  expect(() => ops.crossEntropy(x, Int32Array.of(0, 1), { reduction: 'max' as 'mean' })).toThrow(OptionError);
});
