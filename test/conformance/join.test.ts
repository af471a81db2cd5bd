import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { planAdd, planConcat } from '../../src/plan/join.js';
import type { PlanTensor } from '../../src/plan/tensor.js';
import type { Plan } from '../../src/plan/plan.js';
import { operate, planned } from '../../src/ops/run.js';
import { addForward, concatBackward, concatForward } from '../oracle/join.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

// Sums and concats of several tensors, forward and backward, in both memory orders.

function joined(what: string, xs: readonly Tensor[], join: (p: Plan, xs: readonly PlanTensor[]) => PlanTensor, channels = xs[0]!.shape[1]!) {
  const shape = [xs[0]!.shape[0]!, channels, ...xs[0]!.shape.slice(2)];
  const plan = planned(what, xs.map((x) => x.shape), shape[0]!, (p) => {
    const inputs = Object.fromEntries(xs.map((x, i) => [`x${i}`, p.input(`x${i}`, x.shape.slice(1), true)]));
    return { inputs, output: p.plain(join(p, Object.values(inputs))) };
  });
  return operate(plan, Object.fromEntries(xs.map((x, i) => [`x${i}`, x.data])), shape, Object.fromEntries(xs.map((x, i) => [`x${i}`, x.shape]))).result;
}

const shapes = [[1, 1, 1, 1], [2, 3, 4, 5], [3, 17, 1, 1], [2, 1, 3, 3], [4, 64, 9, 8], [3, 7], [2, 5, 6]];

describe('sum', () => {
  for (const shape of shapes)
    test.each([1, 2, 3])(`${label([shape])}, %i terms`, (count) => {
      const xs = Array.from({ length: count }, (_, i) => randomTensor(i + 1, ...shape));
      const y = joined('sum', xs, planAdd);
      expectWithin('y', y, addForward(xs), 0);
      const dy = randomTensor(9, ...shape);
      expectGradients(y.backward(dy), Object.fromEntries(xs.map((_, i) => [`x${i}`, addForward([dy])])), 0);
    });

  test('of a tensor with itself, and with a term used before', () => {
    const [x, z] = [randomTensor(1, 2, 5, 3, 3), randomTensor(2, 2, 5, 3, 3)];
    const y = joined('twice', [x, z], (p, [a, b]) => planAdd(p, [planAdd(p, [a!, a!]), planAdd(p, [a!, b!]), b!]));
    expectWithin('y', y, addForward([x, x, x, z, z]), 2);
    const dy = randomTensor(9, 2, 5, 3, 3);
    expectGradients(y.backward(dy), { x0: addForward([dy, dy, dy]), x1: addForward([dy, dy]) }, 0);
  });

  test('terms of different shapes are refused', () => {
    expect(() => joined('sum', [randomTensor(1, 1, 2, 3, 3), randomTensor(1, 1, 2, 3, 4)], planAdd)).toThrow(ShapeError);
  });
});

describe('concat', () => {
  const rows: [channels: number[], n: number, rest: number[]][] = [
    [[1], 1, [1, 1]], [[1, 1], 2, [3, 2]], [[3, 4, 5], 2, [4, 5]], [[64, 17, 1, 8], 3, [5, 3]], [[2, 9], 4, []], [[7, 1, 2], 2, [6]], [[300, 200], 2, [2, 1]], [[5, 4], 3, [1, 1]],
  ];
  for (const [channels, n, rest] of rows)
    test.each([0, 5])(`${label([channels, rest])} of ${n}, %i zeros more`, (zeros) => {
      const xs = channels.map((c, i) => randomTensor(i + 1, n, c, ...rest));
      const total = channels.reduce((a, b) => a + b, zeros);
      const y = joined(`concat ${zeros}`, xs, (p, parts) => planConcat(p, parts, zeros), total);
      expectWithin('y', y, concatForward(xs, zeros), 0);
      const dy = randomTensor(9, n, total, ...rest);
      const before = (i: number): number => channels.slice(0, i).reduce((a, b) => a + b, 0);
      expectGradients(y.backward(dy), Object.fromEntries(xs.map((x, i) => [`x${i}`, concatBackward(dy, before(i), x.shape)])), 0);
    });

  test('of a tensor with itself: its gradients add up', () => {
    const x = randomTensor(1, 2, 3, 4, 4);
    const y = joined('concat twice', [x], (p, [a]) => planConcat(p, [a!, a!]), 6);
    expectWithin('y', y, concatForward([x, x]), 0);
    const dy = randomTensor(9, 2, 6, 4, 4);
    const [low, high] = [concatBackward(dy, 0, x.shape), concatBackward(dy, 3, x.shape)].map(({ data, shape }) => ({ data: Float32Array.from(data), shape }));
    expectGradients(y.backward(dy), { x0: addForward([low!, high!]) }, 0);
  });

  test('parts whose sizes differ behind the channels are refused', () => {
    expect(() => joined('concat', [randomTensor(1, 1, 2, 3, 3), randomTensor(1, 1, 2, 3, 4)], planConcat)).toThrow(ShapeError);
  });
});
