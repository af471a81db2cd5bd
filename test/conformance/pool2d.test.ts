import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { compile, layers, ops } from '../../src/index.js';
import { avgPool2dBackward, avgPool2dForward, maxPool2dBackward, maxPool2dForward, type AvgPoolOptions, type PoolOptions } from '../oracle/pool2d.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

type Pair = [number, number];
type Row = [x: [number, number, number, number], kernel: Pair, options?: Partial<PoolOptions>];

const shared: Row[] = [
  [[1, 1, 1, 1], [1, 1]],
  [[3, 1, 2, 2], [2, 2]],
  ...[3, 4, 5, 7, 8, 9, 17].map((c): Row => [[2, c, 6, 5], [2, 2]]),
  [[1, 4, 7, 7], [3, 3], { stride: [2, 2] }],
  [[1, 5, 7, 9], [3, 2], { stride: [1, 3] }],
  [[2, 3, 9, 9], [2, 2], { stride: [3, 4] }],
  [[1, 3, 5, 7], [5, 7]],
  [[1, 3, 1, 9], [1, 3]],
  [[1, 3, 8, 1], [2, 1], { stride: [3, 1] }],
  [[1, 4, 8, 8], [3, 3], { stride: [2, 2], ceilMode: true }],
  [[1, 4, 8, 7], [3, 3], { stride: [2, 2], padding: [1, 1] }],
  [[1, 4, 8, 7], [3, 3], { stride: [2, 2], padding: [1, 1], ceilMode: true }],
  [[2, 2, 5, 5], [2, 2], { stride: [2, 2], padding: [1, 1], ceilMode: true }],
  [[1, 2, 6, 6], [2, 2], { stride: [5, 5], ceilMode: true }],
  [[1, 2, 4, 5], [4, 2], { stride: [3, 3], padding: [2, 1], ceilMode: true }],
  [[1, 17, 13, 13], [3, 3], { stride: [2, 2] }],
];

const dilated: Row[] = [
  [[1, 3, 7, 8], [2, 3], { dilation: [3, 2], stride: [1, 1] }],
  [[2, 4, 9, 9], [3, 3], { dilation: [2, 2], stride: [2, 2], padding: [1, 1] }],
  [[1, 5, 8, 9], [3, 2], { dilation: [2, 3], stride: [2, 2], ceilMode: true }],
  [[2, 3, 6, 9], [2, 2], { dilation: [1, 3] }],
  [[1, 5, 11, 7], [2, 2], { dilation: [3, 1] }],
  [[2, 4, 9, 8], [2, 3], { dilation: [5, 3] }],
];

const complete = (kernel: Pair, given: Partial<PoolOptions> = {}): PoolOptions => ({ kernel, stride: kernel, padding: [0, 0], dilation: [1, 1], ceilMode: false, ...given });

describe('max pooling', () => {
  for (const [xs, kernel, given] of [...shared, ...dilated])
    test(label([xs, kernel], given), () => {
      const options = complete(kernel, given);
      const x = randomTensor(1, ...xs);
      const y = ops.maxPool2d(x, kernel, given);
      const want = maxPool2dForward(x, options);
      expect([...y.data]).toEqual([...want.output.data]);
      expect([...y.indices]).toEqual([...want.indices]);
      expectWithin('y', y, want.output);
      const dy = randomTensor(2, ...y.shape);
      expectGradients(y.backward(dy), { input: maxPool2dBackward(x, dy, options) });
    });

  test('the first of equal numbers wins', () => {
    const x = { data: new Float32Array(50).fill(3), shape: [1, 2, 5, 5] };
    const y = ops.maxPool2d(x, 3, { stride: 2, padding: 1 });
    expect([...y.indices]).toEqual([...maxPool2dForward(x, complete([3, 3], { stride: [2, 2], padding: [1, 1] })).indices]);
    const dy = randomTensor(1, ...y.shape);
    expectGradients(y.backward(dy), { input: maxPool2dBackward(x, dy, complete([3, 3], { stride: [2, 2], padding: [1, 1] })) });
  });

  /** 21 channels, so that a block of sixteen, the lanes of a vector and the rest of them meet every value. */
  const special = (...values: number[]) => ({ data: Float32Array.from({ length: 336 }, (_, i) => values[(i * 7) % values.length]!), shape: [1, 21, 4, 4] });

  test.each([
    ['NaN', special(1, NaN, -2, 3, 0.5)],
    ['only NaN', special(NaN)],
    ['two NaN in a window', special(NaN, 1, NaN, 2)],
    ['infinities', special(Infinity, 1, -Infinity, 2, -5, -Infinity)],
    ['only -inf', special(-Infinity)],
    ['zeros of both signs', special(-0, 0, -0)],
    ['the largest and smallest numbers', special(3.4e38, -3.4e38, 1e-45, -1e-45)],
  ])('%s', (_, x) => {
    for (const given of [{}, { stride: [1, 1] as Pair }, { stride: [2, 2] as Pair, padding: [1, 1] as Pair }]) {
      const y = ops.maxPool2d(x, [2, 2], given);
      const want = maxPool2dForward(x, complete([2, 2], given));
      expectWithin('y', y, want.output);
      expect([...y.indices]).toEqual([...want.indices]);
      const dy = randomTensor(2, ...y.shape);
      expectGradients(y.backward(dy), { input: maxPool2dBackward(x, dy, complete([2, 2], given)) });
    }
  });
});

/** Predicting needs no places, and takes other kernels. */
describe('max pooling without places', () => {
  const values = [1, NaN, -2, 3, 0.5, -0, 0, Infinity, -Infinity, -0, 2];
  for (const [xs, kernel, given] of [...shared, ...dilated])
    test(label([xs, kernel], given), async () => {
      const random = randomTensor(1, ...xs);
      for (const x of [random, { ...random, data: random.data.map((value, i) => values[(i * 7) % 29] ?? value) }]) {
        const net = await compile(new layers.MaxPool2d(kernel, given), { input: xs.slice(1), batchSize: xs[0] });
        expect((await net.predict(x)).data).toEqual(ops.maxPool2d(x, kernel, given).data);
        net.dispose();
      }
    });
});

describe('average pooling', () => {
  const variants: Partial<AvgPoolOptions>[] = [{}, { countIncludePad: false }, { divisorOverride: 3 }, { divisorOverride: -2 }];
  for (const [xs, kernel, given] of shared)
    test(label([xs, kernel], given), () => {
      const x = randomTensor(1, ...xs);
      for (const variant of variants) {
        const options: AvgPoolOptions = { ...complete(kernel, given), countIncludePad: true, divisorOverride: null, ...variant };
        const { countIncludePad, divisorOverride } = options;
        const y = ops.avgPool2d(x, kernel, { ...given, countIncludePad, ...(divisorOverride === null ? {} : { divisorOverride }) });
        expectWithin('y', y, avgPool2dForward(x, options));
        const dy = randomTensor(2, ...y.shape);
        expectGradients(y.backward(dy), { input: avgPool2dBackward(x, dy, options) });
      }
    });
});

test('a divisor of 0 is refused', () => {
  expect(() => ops.avgPool2d(randomTensor(1, 1, 2, 4, 4), 2, { divisorOverride: 0 })).toThrow(OptionError);
});

test('windows that do not fit are refused', () => {
  const x = randomTensor(1, 1, 2, 4, 4);
  for (const pool of [ops.maxPool2d, ops.avgPool2d]) {
    for (const options of [{ stride: 0 }, { stride: 0.5 }, { padding: -1 }, { stride: NaN }])
      expect(() => pool(x, 2, options), JSON.stringify(options)).toThrow(OptionError);
    for (const kernel of [0, -1, 1.5, NaN]) expect(() => pool(x, kernel), String(kernel)).toThrow(OptionError);
    expect(() => pool(x, 5)).toThrow(expect.toSatisfy((e) => e instanceof OptionError || e instanceof ShapeError));
    expect(() => pool(randomTensor(1, 4), 2)).toThrow(ShapeError);
  }
});
