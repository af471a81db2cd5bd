import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { Random } from '../../src/core/random.js';
import type { Tensor } from '../../src/core/shape.js';
import { ops } from '../../src/index.js';
import { asRow, rowOf } from '../oracle/array.js';
import { conv2dBackward, conv2dForward } from '../oracle/conv2d.js';
import { crossEntropyBackward, crossEntropyForward } from '../oracle/crossentropy.js';
import * as losses from '../oracle/losses.js';
import { linearBackward, linearForward, matmulBackward, matmulForward } from '../oracle/matmul.js';
import { groupAxes, layerAxes, normBackward, normForward, statisticsOf } from '../oracle/norm.js';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from '../oracle/softmax.js';
import { expectGradients, expectWithin, randomTensor } from './within.js';

// Random shapes and options for the operators that random.test.ts has not: right, or refused with one of our errors.

const RUNS = { seed: 20240301, numRuns: 150 };
const ROUNDINGS = 40;

const size = (max: number) => fc.integer({ min: 1, max });
const shapes = (least: number, most: number) => fc.array(size(7), { minLength: least, maxLength: most });
/** A number in range, one that is out of it now and then. */
const often = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) => fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });

function checkOften<T>(property: (count: () => void) => fc.IProperty<T>): void {
  let accepted = 0;
  fc.assert(property(() => accepted++), RUNS);
  expect(accepted).toBeGreaterThan(RUNS.numRuns / 3);
}

function attempt<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (error instanceof OptionError || error instanceof ShapeError) return null;
    throw error;
  }
}

test('a random convolution of sequences', () => {
  const options = fc.record({
    stride: often(size(3), fc.constantFrom(0, 1.5)), dilation: often(size(3), fc.constant(0)), groups: often(size(3), fc.constantFrom(0, -1)),
    padding: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('same' as const, 'valid' as const)),
  });
  checkOften((count) =>
    fc.property(size(3), size(4), size(5), size(14), size(4), options, fc.boolean(), (n, perGroup, coPerGroup, length, kernel, given, withBias) => {
      const groups = Math.max(1, given.groups);
      const [x, w, b] = [randomTensor(1, n, perGroup * groups, length), randomTensor(2, coPerGroup * groups, perGroup, kernel), withBias ? randomTensor(3, coPerGroup * groups) : null];
      const y = attempt(() => ops.conv1d(x, w, b, given));
      if (y === null) return;
      count();
      const padding = typeof given.padding === 'number' ? ([0, given.padding] as const) : given.padding;
      const image = { stride: [1, given.stride], dilation: [1, given.dilation], groups: given.groups, padding } as const;
      expectWithin('y', y, rowOf(conv2dForward(asRow(x), asRow(w), b, image)));
      const dy = randomTensor(4, ...y.shape);
      const { input, weight, bias } = conv2dBackward(asRow(x), asRow(w), asRow(dy), image);
      expectGradients(y.backward(dy), { input: rowOf(input), weight: rowOf(weight), ...(b && { bias }) });
    }),
  );
});

test('a random group or layer normalisation', () => {
  checkOften((count) =>
    fc.property(shapes(2, 4), often(size(4), fc.constantFrom(0, 1.5)), size(3), fc.boolean(), fc.boolean(), fc.constantFrom(1e-5, 1e-2), (shape, groups, axes, scaled, moved, eps) => {
      const x = randomTensor(1, ...shape);
      const affine = (of: readonly number[]) => ({ weight: scaled ? randomTensor(5, ...of) : null, bias: moved ? randomTensor(6, ...of) : null });
      const normalized = shape.slice(-Math.min(axes, shape.length));
      const cases = [
        { given: affine([shape[1]!]), how: () => groupAxes(shape, groups), op: (g: ReturnType<typeof affine>) => ops.groupNorm(x, groups, g.weight, g.bias, { eps }) },
        { given: affine(normalized), how: () => layerAxes(shape, normalized), op: (g: ReturnType<typeof affine>) => ops.layerNorm(x, normalized, g.weight, g.bias, { eps }) },
      ];
      for (const { given, how, op } of cases) {
        const y = attempt(() => op(given));
        if (y === null) continue;
        count();
        const statistics = statisticsOf(x, how());
        expectWithin('y', y, normForward(x, how(), given, eps, statistics), ROUNDINGS);
        const dy = randomTensor(2, ...shape);
        expectGradients(y.backward(dy), normBackward(x, dy, how(), given, eps, statistics), ROUNDINGS);
      }
    }),
  );
});

test('a random softmax and its logarithm', () => {
  checkOften((count) =>
    fc.property(shapes(1, 4), fc.integer({ min: -5, max: 4 }), (shape, dim) => {
      const x = { data: randomTensor(1, ...shape).data.map((v) => 5 * v), shape };
      const dy = randomTensor(2, ...shape);
      const axis = dim < 0 ? dim + shape.length : dim;
      for (const [op, forward, backward] of [[ops.softmax, softmaxForward, softmaxBackward], [ops.logSoftmax, logSoftmaxForward, logSoftmaxBackward]] as const) {
        const y = attempt(() => op(x, dim));
        if (y === null) continue;
        count();
        expectWithin('y', y, forward(x, axis), ROUNDINGS);
        expectGradients(y.backward(dy), { input: backward(x, dy, axis) }, ROUNDINGS);
      }
    }),
  );
});

const reduction = fc.constantFrom<losses.Reduction>('mean', 'sum', 'none');

test('a random loss of pairs', () => {
  checkOften((count) =>
    fc.property(shapes(0, 4), reduction, often(fc.double({ min: 0.1, max: 3, noNaN: true }), fc.constantFrom(0, -1, NaN)), (shape, how, width) => {
      const [x, target] = [{ data: randomTensor(1, ...shape).data.map((v) => 4 * v), shape }, randomTensor(2, ...shape)];
      const exact = Math.fround(width);
      const cases = [
        [() => ops.mse(x, target, { reduction: how }), losses.mse], [() => ops.l1(x, target, { reduction: how }), losses.l1],
        [() => ops.huber(x, target, { reduction: how, delta: width }), losses.huber(exact)],
        [() => ops.smoothL1(x, target, { reduction: how, beta: width }), width === 0 ? losses.l1 : losses.smoothL1(exact)],
      ] as const;
      for (const [op, loss] of cases) {
        const y = attempt(op);
        if (y === null) continue;
        count();
        expectWithin('loss', y, losses.pairLossForward(loss, x, target, how), ROUNDINGS);
        const dy = randomTensor(3, ...y.shape);
        expectGradients(y.backward(dy), { input: losses.pairLossBackward(loss, x, target, dy, how) }, ROUNDINGS);
      }
    }),
  );
});

test('a random cross-entropy', () => {
  const options = fc.record({ reduction, labelSmoothing: often(fc.constantFrom(0, 0.1, 1), fc.constantFrom(-0.1, 2)), ignoreIndex: fc.constantFrom(-100, 0, 1) });
  checkOften((count) =>
    fc.property(shapes(2, 4), options, fc.boolean(), often(fc.constant(0), fc.constant(1)), size(1000), (shape, given, weighted, beyond, seed) => {
      const classes = shape[1]!;
      const random = new Random(seed);
      const x: Tensor = { data: randomTensor(1, ...shape).data.map((v) => 5 * v), shape };
      const target = Int32Array.from({ length: x.data.length / classes }, () => random.integer(classes + beyond));
      const weight = weighted ? Float32Array.from({ length: classes }, (_, i) => ((i * 5) % 7) / 4 + 0.25) : null;
      const y = attempt(() => ops.crossEntropy(x, target, { ...given, ...(weight && { weight }) }));
      if (y === null) return;
      count();
      if (given.reduction === 'mean' && target.every((label) => label === given.ignoreIndex)) return void expect(y.data[0]).toBeNaN();
      expectWithin('loss', y, crossEntropyForward(x, target, { ...given, weight }), ROUNDINGS);
      const dy = randomTensor(9, ...y.shape);
      expectGradients(y.backward(dy), { input: crossEntropyBackward(x, target, dy, { ...given, weight }) }, ROUNDINGS);
    }),
  );
});

test('a random product of matrices', () => {
  checkOften((count) =>
    fc.property(shapes(0, 2), shapes(0, 2), size(9), size(17), size(19), fc.boolean(), (left, right, m, k, n, shared) => {
      const [a, b] = [randomTensor(1, ...left, m, k), randomTensor(2, ...(shared ? left : right), k, n)];
      const y = attempt(() => ops.matmul(a, b));
      if (y !== null) {
        count();
        expectWithin('y', y, matmulForward(a, b));
        const dy = randomTensor(3, ...y.shape);
        expectGradients(y.backward(dy), matmulBackward(a, b, dy));
      }
      const [x, w, bias] = [randomTensor(4, ...left, k), randomTensor(5, n, k), shared ? randomTensor(6, n) : null];
      const z = ops.linear(x, w, bias);
      expectWithin('z', z, linearForward(x, w, bias));
      const dz = randomTensor(7, ...z.shape);
      const { input, weight, bias: db } = linearBackward(x, w, dz) as Record<string, ReturnType<typeof linearForward>>;
      expectGradients(z.backward(dz), { input: input!, weight: weight!, ...(bias && { bias: db! }) });
    }),
  );
});
