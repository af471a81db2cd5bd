import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { ops } from '../../src/index.js';
import { batchAxes, groupAxes, layerAxes, normBackward, normForward, statisticsOf, tracked, unbiased, type NormAxes } from '../oracle/norm.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

/** Sums of 32 numbers in float32, a square root, a division: counted as this many roundings. */
const ROUNDINGS = 40;

const channels = [1, 3, 4, 5, 6, 7, 8, 9, 17, 66];
const shapes: number[][] = [
  ...channels.flatMap((c) => [[3, c, 5, 7], [1, c, 4, 4], [3, c]]), [1, 3, 1, 2], [2, 5, 1, 1], [4, 6, 9], [9, 4, 2, 3, 3], [2, 3, 17, 19], [40, 4, 3, 3],
];

interface Operands {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
}

/** Both, none, or one of weight and bias. */
const operandsOf = (shape: readonly number[]): Operands[] => {
  const [weight, bias] = [randomTensor(5, ...shape), randomTensor(6, ...shape)];
  return [{ weight, bias }, { weight: null, bias: null }, { weight, bias: null }, { weight: null, bias }];
};

const shifted = (x: Tensor, by: number, times = 1): Tensor => ({ data: x.data.map((v) => v * times + by), shape: x.shape });

function conforms(x: Tensor, axes: NormAxes, given: Operands, eps: number, op: () => Tensor & { backward(dy: Tensor): object }): void {
  const statistics = statisticsOf(x, axes);
  const y = op();
  expectWithin('y', y, normForward(x, axes, given, eps, statistics), ROUNDINGS);
  const dy = randomTensor(2, ...x.shape);
  expectGradients(y.backward(dy), normBackward(x, dy, axes, given, eps, statistics), ROUNDINGS);
}

describe('batch normalisation', () => {
  for (const shape of shapes.filter((one) => one.reduce((a, b) => a * b) > one[1]!))
    test(`training ${label([shape])}`, () => {
      const x = shifted(randomTensor(1, ...shape), 0.5, 3);
      const c = shape[1]!;
      for (const given of operandsOf([c])) conforms(x, batchAxes(shape), given, 1e-5, () => ops.batchNorm(x, given.weight, given.bias, { training: true }));
      const running = { runningMean: randomTensor(7, c), runningVar: shifted(randomTensor(8, c), 1.5) };
      const statistics = statisticsOf(x, batchAxes(shape));
      for (const momentum of [0.1, 0, 1, null]) {
        const { runningMean, runningVar } = ops.batchNorm(x, null, null, { training: true, momentum, ...running });
        expectWithin('running mean', runningMean!, tracked(running.runningMean, statistics.mean, momentum ?? 1), ROUNDINGS + 100);
        expectWithin('running variance', runningVar!, tracked(running.runningVar, unbiased(statistics), momentum ?? 1), ROUNDINGS);
      }
    });

  for (const shape of [...shapes, [1, 5], [1, 3, 1, 1]])
    test(`evaluation ${label([shape])}`, () => {
      const x = randomTensor(1, ...shape);
      const c = shape[1]!;
      const running = { runningMean: randomTensor(7, c), runningVar: shifted(randomTensor(8, c), 1.5) };
      const axes = batchAxes(shape);
      const statistics = { mean: Float64Array.from(running.runningMean.data), variance: Float64Array.from(running.runningVar.data), counts: new Float64Array(c).fill(1) };
      for (const given of operandsOf([c])) {
        const y = ops.batchNorm(x, given.weight, given.bias, { eps: 1e-3, ...running });
        expectWithin('y', y, normForward(x, axes, given, 1e-3, statistics), ROUNDINGS);
        expect(y.runningMean).toEqual(running.runningMean);
        expect(y.runningVar).toEqual(running.runningVar);
        const dy = randomTensor(2, ...shape);
        expectGradients(y.backward(dy), normBackward(x, dy, axes, given, 1e-3, statistics, true), ROUNDINGS);
      }
    });

  test.each([[1e3, 1], [1e6, 1], [-3e4, 0.01], [1e-20, 1e-12], [0, 1e15], [0, 1e18]])('a mean of %s and deviations of %s', (mean, deviation) => {
    const x = shifted(randomTensor(1, 3, 5, 7, 6), mean, deviation);
    conforms(x, batchAxes(x.shape), { weight: null, bias: null }, 1e-5, () => ops.batchNorm(x, null, null, { training: true }));
  });

  test('squares beyond the largest number', () => {
    const x = shifted(randomTensor(1, 3, 5, 7, 6), 3e38, 3e37);
    const axes = batchAxes(x.shape);
    expectWithin('y', ops.batchNorm(x, null, null, { training: true }), normForward(x, axes, { weight: null, bias: null }, 1e-5, statisticsOf(x, axes)), ROUNDINGS);
  });

  test('a first pixel, or one of each 32, far from all others', () => {
    const x = randomTensor(1, 4, 5, 8, 8);
    for (let i = 0; i < 5; i++) x.data[i * 64] = 1000;
    for (let i = 0; i < x.data.length; i += 32) x.data[i] = -50;
    conforms(x, batchAxes(x.shape), { weight: null, bias: null }, 1e-5, () => ops.batchNorm(x, null, null, { training: true }));
  });

  test('a constant channel', () => {
    const x = { data: new Float32Array(3 * 5 * 4).fill(7.3), shape: [3, 5, 4] };
    expect([...ops.batchNorm(x, null, randomTensor(1, 5), { training: true }).data].slice(0, 4)).toEqual(Array(4).fill(randomTensor(1, 5).data[0]));
    expect(ops.batchNorm(x, null, null, { training: true, eps: 0 }).data.every(Number.isNaN)).toBe(true);
  });

  test.each([['NaN', NaN], ['+inf', Infinity], ['-inf', -Infinity]])('%s spoils its channel only', (_, value) => {
    const x = randomTensor(1, 3, 5, 4, 4);
    x.data[16 * 6 + 3] = value;
    const given = { weight: randomTensor(5, 5), bias: randomTensor(6, 5) };
    conforms(x, batchAxes(x.shape), given, 1e-5, () => ops.batchNorm(x, given.weight, given.bias, { training: true }));
    const running = { runningMean: randomTensor(7, 5), runningVar: shifted(randomTensor(8, 5), 1.5) };
    const statistics = statisticsOf(x, batchAxes(x.shape));
    const y = ops.batchNorm(x, null, null, { training: true, ...running });
    expectWithin('running mean', y.runningMean!, tracked(running.runningMean, statistics.mean, 0.1), ROUNDINGS);
    expectWithin('running variance', y.runningVar!, tracked(running.runningVar, unbiased(statistics), 0.1), ROUNDINGS);
    const fixed = ops.batchNorm(x, null, null, running);
    const dy = randomTensor(2, ...x.shape);
    expect([...(fixed.backward(dy) as { input: Tensor }).input.data].every(Number.isFinite)).toBe(true);
  });

  test('what does not fit is refused', () => {
    const x = randomTensor(1, 2, 3, 4, 4);
    const stats = { runningMean: randomTensor(1, 3), runningVar: randomTensor(2, 3) };
    expect(() => ops.batchNorm(x, null, null)).toThrow(OptionError);
    expect(() => ops.batchNorm(x, null, null, { training: true, runningMean: stats.runningMean })).toThrow(OptionError);
    for (const eps of [-1, NaN, Infinity]) expect(() => ops.batchNorm(x, null, null, { ...stats, eps })).toThrow(OptionError);
    for (const momentum of [-0.1, 1.1, NaN]) expect(() => ops.batchNorm(x, null, null, { ...stats, momentum })).toThrow(OptionError);
    expect(() => ops.batchNorm(x, randomTensor(1, 4), null, stats)).toThrow(ShapeError);
    expect(() => ops.batchNorm(randomTensor(1, 4), null, null, stats)).toThrow(ShapeError);
    expect(() => ops.batchNorm(randomTensor(1, 1, 3), null, null, { training: true })).toThrow(ShapeError);
  });
});

describe('group and instance normalisation', () => {
  for (const shape of shapes)
    for (const groups of [1, 2, 3, shape[1]!].filter((g, i, all) => shape[1]! % g === 0 && all.indexOf(g) === i))
      test(label([shape], { groups }), () => {
        const x = shifted(randomTensor(1, ...shape), 0.5, 3);
        const axes = groupAxes(shape, groups);
        for (const given of operandsOf([shape[1]!])) {
          conforms(x, axes, given, 1e-5, () => ops.groupNorm(x, groups, given.weight, given.bias));
          if (groups !== shape[1]! || shape.length < 3 || shape.slice(2).every((size) => size === 1)) continue;
          conforms(x, axes, given, 1e-3, () => ops.instanceNorm(x, given.weight, given.bias, { eps: 1e-3 }));
        }
      });

  test('a mean far from 0, different in every channel', () => {
    const x = randomTensor(1, 2, 6, 5, 5);
    x.data.forEach((v, i) => (x.data[i] = v + 1000 * (Math.floor(i / 25) % 6)));
    conforms(x, groupAxes(x.shape, 2), { weight: null, bias: null }, 1e-5, () => ops.groupNorm(x, 2));
    conforms(x, groupAxes(x.shape, 6), { weight: null, bias: null }, 1e-5, () => ops.instanceNorm(x));
  });

  test('what does not fit is refused', () => {
    const x = randomTensor(1, 2, 6, 2, 2);
    for (const groups of [0, 4, 1.5, -1]) expect(() => ops.groupNorm(x, groups)).toThrow(OptionError);
    expect(() => ops.groupNorm(x, 2, randomTensor(1, 2))).toThrow(ShapeError);
    expect(() => ops.instanceNorm(randomTensor(1, 2, 6, 1, 1))).toThrow(ShapeError);
    expect(() => ops.instanceNorm(randomTensor(1, 2, 6))).toThrow(ShapeError);
  });
});

describe('layer normalisation', () => {
  const rows: [number[], number[]][] = [
    ...[1, 3, 4, 5, 7, 8, 9, 17, 31, 32, 33, 65, 1100].map((length): [number[], number[]] => [[3, length], [length]]),
    [[5], [5]], [[2, 3, 5, 7], [7]], [[2, 3, 5, 7], [5, 7]], [[2, 3, 5, 7], [3, 5, 7]], [[1, 1, 4], [1, 4]],
  ];
  for (const [shape, normalized] of rows)
    test(label([shape, normalized]), () => {
      const x = shifted(randomTensor(1, ...shape), 0.5, 3);
      for (const given of operandsOf(normalized)) conforms(x, layerAxes(shape, normalized), given, 1e-5, () => ops.layerNorm(x, normalized, given.weight, given.bias));
    });

  test.each([[1e4, 1], [0, 1e15], [3e38, 1e37]])('a mean of %s and deviations of %s', (mean, deviation) => {
    const x = shifted(randomTensor(1, 3, 70), mean, deviation);
    conforms(x, layerAxes(x.shape, [70]), { weight: null, bias: null }, 1e-5, () => ops.layerNorm(x, 70));
  });

  test.each([NaN, Infinity, -Infinity])('%s spoils its row only', (value) => {
    const x = randomTensor(1, 3, 9);
    x.data[12] = value;
    conforms(x, layerAxes(x.shape, [9]), { weight: null, bias: null }, 1e-5, () => ops.layerNorm(x, [9]));
  });

  test('what does not fit is refused', () => {
    const x = randomTensor(1, 2, 6);
    for (const shape of [[], [0], [1.5]]) expect(() => ops.layerNorm(x, shape)).toThrow(OptionError);
    for (const shape of [[2], [6, 2], [1, 2, 6]]) expect(() => ops.layerNorm(x, shape)).toThrow(ShapeError);
    expect(() => ops.layerNorm(x, 6, null, null, { eps: -1 })).toThrow(OptionError);
  });
});
