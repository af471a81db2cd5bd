import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { compile, layers, losses, models, optimizers, type CompileOptions } from '../../src/index.js';
import { numbers } from '../support/networks.js';

const { Conv2d, Dropout, Dropout2d, Flatten, Linear, Rbf, Sequential, Tanh } = layers;
const lr = optimizers.sgd({ lr: 0.01 });
const ones = (count: number): Float32Array<ArrayBuffer> => new Float32Array(count).fill(1);

describe('dropout', () => {
  const compiled = (layer: layers.Layer, input: readonly number[], more: Partial<CompileOptions> = {}) => compile(new Sequential({ drop: layer }), { input, batchSize: 4, optimizer: lr, seed: 7, inputGradient: true, ...more });

  test.each([0.1, 0.5, 0.9])('drops a fraction of %d and keeps the mean; backward drops the same', async (p) => {
    const net = await compiled(new Dropout(p), [50_000]);
    const y = net.forwardSync(ones(200_000)).data;
    const kept = y.filter((v) => v !== 0);
    expect(Math.abs(kept.length / y.length - (1 - p))).toBeLessThan(0.005);
    expect(kept.every((v) => v === Math.fround(1 / (1 - p)))).toBe(true);
    net.backwardSync(ones(200_000));
    expect(net.inputGradient().data).toEqual(y);
    expect(net.predictSync(ones(50_000)).data).toEqual(ones(50_000));
  });

  test('another mask each step, seed and layer; the same again for the same', async () => {
    const mask = async (seed: number, updates: number): Promise<string> => {
      const net = await compiled(new Dropout(), [64], { seed });
      for (let i = 0; i < updates; i++) net.updateSync();
      return net.forwardSync(ones(256)).data.join();
    };
    const all = await Promise.all([mask(7, 0), mask(8, 0), mask(2 ** 31 - 1, 0), mask(7, 1), mask(7, 2)]);
    expect(new Set(all).size).toBe(5);
    expect(await mask(7, 2)).toBe(all[4]);
    const two = await compile(new Sequential({ a: new Dropout(), b: new Dropout() }), { input: [4096], optimizer: lr, seed: 7 });
    const both = two.forwardSync(ones(4096)).data.filter((v) => v !== 0).length;
    expect(Math.abs(both / 4096 - 0.25)).toBeLessThan(0.03);
  });

  test('drops whole channels, one image apart from another', async () => {
    const net = await compiled(new Dropout2d(0.5), [37, 3, 5]);
    const y = net.forwardSync(ones(4 * 37 * 15)).data;
    const channels = Array.from({ length: 4 * 37 }, (_, i) => [...new Set(y.subarray(i * 15, i * 15 + 15))]);
    expect(channels.every((values) => values.length === 1)).toBe(true);
    expect(new Set([0, 1, 2, 3].map((i) => channels.slice(i * 37, i * 37 + 37).join())).size).toBe(4);
    await expect(compiled(new Dropout2d(), [5])).rejects.toThrow(ShapeError);
  });

  test('a run resumed from a checkpoint draws what an unbroken one draws, whatever its own seed', async () => {
    const model = () => new Sequential([new Conv2d(1, 4, 3), new Tanh(), new Dropout2d(0.3), new Flatten(), new Dropout(), new Linear(64, 3)]);
    const make = (seed: number) => compile(model(), { input: [1, 6, 6], batchSize: 2, loss: losses.crossEntropy(), optimizer: lr, seed });
    const [whole, first, second] = [await make(3), await make(3), await make(99)];
    for (let i = 0; i < 6; i++) whole.stepSync(numbers(72, i), [0, 2]);
    for (let i = 0; i < 3; i++) first.stepSync(numbers(72, i), [0, 2]);
    second.restore(first.checkpoint());
    for (let i = 3; i < 6; i++) second.stepSync(numbers(72, i), [0, 2]);
    expect(await second.digest()).toBe(await whole.digest());
  });
});

describe('losses in a network', () => {
  test('regression learns a linear map, with targets as a tensor or as numbers in a row', async () => {
    const net = await compile(new Linear(3, 2), { input: [3], batchSize: 8, loss: losses.mse(), optimizer: optimizers.sgd({ lr: 0.3 }) });
    let loss = Infinity;
    for (let i = 0; i < 400; i++) {
      const x = numbers(24, i);
      const t = Float32Array.from({ length: 16 }, (_, k) => x[(k >> 1) * 3 + (k & 1)]! - 2 * x[(k >> 1) * 3 + 2]! + 0.5);
      ({ loss } = net.stepSync(x, i % 2 ? t : { data: t, shape: [8, 2] }));
    }
    expect(loss).toBeLessThan(1e-4);
    expect(() => net.stepSync(numbers(24, 1), { data: new Float32Array(16), shape: [2, 8] })).toThrow(ShapeError);
    expect(() => net.stepSync(numbers(24, 1), new Float32Array(15))).toThrow(ShapeError);
  });

  test('a class per pixel: logits [n, c, h, w], n·h·w labels, some ignored', async () => {
    const net = await compile(new Conv2d(1, 3, 3, { padding: 1 }), { input: [1, 4, 5], batchSize: 2, loss: losses.crossEntropy({ ignoreIndex: 255 }), optimizer: optimizers.sgd({ lr: 0.5, momentum: 0.9 }) });
    const x = numbers(40, 1);
    const labels = Int32Array.from(x, (v, i) => (i % 7 === 0 ? 255 : v < -0.3 ? 0 : v < 0.3 ? 1 : 2));
    const first = net.stepSync(x, labels).loss;
    let loss = first;
    for (let i = 0; i < 200; i++) ({ loss } = net.stepSync(x, labels));
    expect(loss).toBeLessThan(first / 4);
    expect(() => net.stepSync(x, labels.map((v) => (v === 255 ? 3 : v)))).toThrow(OptionError);
    expect(() => net.stepSync(x, labels.subarray(1))).toThrow(ShapeError);
  });

  test("LeNet-5's output units tell digits by their codes", async () => {
    const codes = models.digitCodes();
    expect(codes.length).toBe(840);
    const net = await compile(new Sequential([new Linear(16, 84), new Tanh(), new Rbf(84, 10, codes)]), { input: [16], batchSize: 10, loss: losses.rbf(), optimizer: optimizers.sgd({ lr: 0.01, momentum: 0.9 }) });
    const x = numbers(160, 4);
    const labels = Int32Array.from({ length: 10 }, (_, i) => i);
    for (let i = 0; i < 300; i++) net.stepSync(x, labels);
    const y = net.predictSync(x).data;
    for (const label of labels) expect(y.subarray(label * 10, label * 10 + 10).indexOf(Math.max(...y.subarray(label * 10, label * 10 + 10)))).toBe(label);
    expect(net.parameters.map(({ name }) => name)).toEqual(['0.weight', '0.bias']);
  });
});
