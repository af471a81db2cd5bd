import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { compile, layers, ops } from '../../src/index.js';
import { maxPool2dForward, maxUnpoolBackward, maxUnpoolForward } from '../oracle/pool2d.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

type Pair = [number, number];

const rows: [xs: [number, number, number, number], kernel: Pair, options: { stride?: Pair; padding?: Pair }, outputSize?: Pair][] = [
  [[1, 1, 2, 2], [2, 2], {}],
  ...[3, 4, 5, 15, 16, 17, 33].map((c): [[number, number, number, number], Pair, object] => [[2, c, 6, 4], [2, 2], {}]),
  [[3, 5, 7, 9], [3, 2], {}, [7, 9]],
  [[1, 6, 9, 9], [3, 3], { stride: [2, 2] }],
  [[2, 3, 8, 7], [3, 3], { stride: [2, 2], padding: [1, 1] }, [8, 7]],
  [[2, 3, 6, 6], [2, 2], { stride: [1, 1] }],
  [[1, 4, 5, 8], [5, 8], {}],
];

describe('max unpooling', () => {
  for (const [xs, kernel, options, outputSize] of rows)
    test(label([xs, kernel], options), () => {
      const pooled = ops.maxPool2d(randomTensor(1, ...xs), kernel, options);
      const size = outputSize ?? (xs.slice(2) as Pair);
      const x = randomTensor(2, ...pooled.shape);
      const y = ops.maxUnpool2d(x, pooled.indices, kernel, { ...options, ...(outputSize && { outputSize }) });
      expectWithin('y', y, maxUnpoolForward(x, pooled.indices, size));
      const dy = randomTensor(3, ...y.shape);
      expectGradients(y.backward(dy), { input: maxUnpoolBackward(x, pooled.indices, dy, size) });
    });

  test('the last of equal places wins, and each gets its residual', () => {
    const [x, indices] = [randomTensor(1, 2, 3, 2, 2), Int32Array.from({ length: 24 }, (_, i) => [5, 0, 5, 15][i % 4]!)];
    const y = ops.maxUnpool2d(x, indices, 2);
    expectWithin('y', y, maxUnpoolForward(x, indices, [4, 4]));
    const dy = randomTensor(2, 2, 3, 4, 4);
    expectGradients(y.backward(dy), { input: maxUnpoolBackward(x, indices, dy, [4, 4]) });
  });

  test('sequences', () => {
    const pooled = ops.maxPool1d(randomTensor(1, 2, 5, 9), 3, { stride: 2, padding: 1 });
    const x = randomTensor(2, ...pooled.shape);
    const y = ops.maxUnpool1d(x, pooled.indices, 3, { stride: 2, padding: 1 });
    expect(y.shape).toEqual([2, 5, 9]);
    expectWithin('y', y, maxUnpoolForward(x, pooled.indices, [9]));
    const dy = randomTensor(3, ...y.shape);
    expectGradients(y.backward(dy), { input: maxUnpoolBackward(x, pooled.indices, dy, [9]) });
  });

  test('what does not fit is refused', () => {
    const x = randomTensor(1, 1, 2, 3, 3);
    const indices = new Int32Array(18);
    for (const outputSize of [[8, 6], [6, 4], [0, 6], [6, 6.5], [6]] as Pair[]) expect(() => ops.maxUnpool2d(x, indices, 2, { outputSize }), String(outputSize)).toThrow(OptionError);
    expect(() => ops.maxUnpool2d(x, indices, 2, { padding: 2 })).toThrow(OptionError);
    expect(() => ops.maxUnpool2d(x, indices.slice(1), 2)).toThrow(ShapeError);
    expect(() => ops.maxUnpool2d(x, indices.with(4, 36), 2)).toThrow(/index 36 of number 4/);
    expect(() => ops.maxUnpool2d(x, indices.with(4, -1), 2)).toThrow(ShapeError);
  });
});

describe('the layer', () => {
  const { Conv2d, MaxPool2d, MaxUnpool2d, Sequential } = layers;

  test('puts the maxima of a padded, dilated pooling back, also when predicting', async () => {
    for (const options of [{ stride: 2, padding: 1 }, { dilation: 2, stride: 1 }]) {
      const pool = new MaxPool2d(3, { ...options, returnIndices: true });
      const x = randomTensor(1, 2, 5, 9, 7);
      const net = await compile(new Sequential([pool, new MaxUnpool2d(pool)]), { input: [5, 9, 7], batchSize: 2 });
      const pair = (value: number | undefined, otherwise: number): Pair => [value ?? otherwise, value ?? otherwise];
      const { output, indices } = maxPool2dForward(x, { kernel: [3, 3], stride: pair(options.stride, 3), padding: pair(options.padding, 0), dilation: pair(options.dilation, 1), ceilMode: false });
      expectWithin('y', await net.predict(x), maxUnpoolForward(output, indices, [9, 7]));
      net.dispose();
    }
  });

  test('is refused without its pool', async () => {
    const [pool, other] = [new MaxPool2d(2, { returnIndices: true }), new MaxPool2d(2)];
    expect(() => new MaxUnpool2d(other)).toThrow(/returnIndices: true/);
    expect(() => new MaxUnpool2d(2 as never)).toThrow(OptionError);
    const options = { input: [2, 4, 4], batchSize: 1 };
    await expect(compile(new Sequential([new MaxUnpool2d(pool)]), options)).rejects.toThrow(/its pool is no layer before it/);
    await expect(compile(new Sequential([pool, new Conv2d(2, 3, 1), new MaxUnpool2d(pool)]), options)).rejects.toThrow(ShapeError);
  });
});
