import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compile.js';
import { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential, Tanh } from '../../src/layers/index.js';
import { lenet5 } from '../../src/models/index.js';
import { gradCam } from '../../src/pictures/index.js';
import { crossEntropy } from '../../src/training/losses.js';
import { sgd } from '../../src/training/optimizers.js';

const model = (): Sequential => new Sequential({
  conv: new Conv2d(2, 5, 3, { padding: 1 }), norm: new BatchNorm2d(5), relu: new ReLU(), drop: new Dropout(0.5),
  pool: new MaxPool2d(2), flatten: new Flatten(), fc: new Linear(5 * 9, 7), tanh: new Tanh(), out: new Linear(7, 4),
});
const images = { shape: [3, 2, 6, 6], data: Float32Array.from({ length: 3 * 72 }, (_, i) => ((i * 37) % 29) / 29 - 0.4) };
const input = [2, 6, 6];

describe('a network that only explains', () => {
  const watch = ['relu', 'pool', 'fc'];

  test('gives the outputs of predicting, and those of the layers it watches', async () => {
    const net = await compile(model(), { input, batchSize: 3, watch });
    expect(net.forwardSync(images).data).toEqual((await net.predict(images)).data);
    const plain = await compile(model(), { input, batchSize: 3, fuse: false });
    await plain.predict(images);
    for (const layer of watch) {
      const { data, shape } = net.output(layer);
      expect(shape).toEqual([3, ...net.blueprint.predict.plan.outputs.get(layer)!.shape]);
      expect(data.some((value) => value !== 0)).toBe(true);
    }
    const pooled = net.output('pool').data, relu = net.output('relu').data;
    for (let c = 0; c < 15; c++) expect(pooled[c * 9]).toBe(Math.max(relu[c * 36]!, relu[c * 36 + 1]!, relu[c * 36 + 6]!, relu[c * 36 + 7]!));
    await net.dispose();
  });

  test('gives gradients by them: what a finite difference of the layers above says', async () => {
    const net = await compile(model(), { input, batchSize: 3, watch: ['pool'] });
    net.forwardSync(images);
    const pooled = net.output('pool');
    const gradOutput = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1));
    net.backwardSync(gradOutput);
    const gradient = net.outputGradient('pool');
    const head = await compile(new Sequential({ flatten: new Flatten(), fc: new Linear(45, 7), tanh: new Tanh(), out: new Linear(7, 4) }), { input: [5, 3, 3], batchSize: 3 });
    for (const { name, write } of head.parameters) write(net.parameters.find((one) => one.name === name)!.read());
    const score = (data: Float32Array): number => head.predictSync({ data, shape: pooled.shape }).data.reduce((sum, value, i) => sum + value * gradOutput[i]!, 0);
    const step = Float32Array.from(pooled.data, (_, i) => Math.cos(3 * i));
    const along = gradient.data.reduce((sum, value, i) => sum + value * step[i]!, 0);
    const moved = (h: number): Float32Array => pooled.data.map((value, i) => value + h * step[i]!);
    expect(along).toBeCloseTo((score(moved(0.01)) - score(moved(-0.01))) / 0.02, 3);
    await Promise.all([net.dispose(), head.dispose()]);
  });

  test('changes nothing: no gradients of parameters, no running statistics, no update', async () => {
    const net = await compile(model(), { input, batchSize: 3, watch });
    const before = await net.digest();
    net.forwardSync(images);
    net.backwardSync(new Float32Array(12).fill(1));
    expect(net.gradients().size).toBe(0);
    expect(await net.digest()).toBe(before);
    expect(() => net.updateSync()).toThrow('update: compile was given no optimizer');
    await net.dispose();
  });
});

test('a network that trains can be watched too, with the same weights', async () => {
  const options = { input, batchSize: 3, loss: crossEntropy(), optimizer: sgd({ lr: 0.1 }) };
  const [one, other] = [await compile(model(), options), await compile(model(), { ...options, watch: ['relu'] })];
  for (const net of [one, other]) for (let i = 0; i < 3; i++) await net.step(images, [0, 1, 3]);
  expect(await other.digest()).toBe(await one.digest());
  expect(other.outputGradient('relu').shape).toEqual([3, 5, 6, 6]);
  expect(() => other.output('pool')).toThrow("output: compile was not told to watch 'pool', expected watch: ['pool']");
  expect(() => one.output('relu')).toThrow('compile was not told to watch');
});

test('a path that is no layer is refused', async () => {
  await expect(compile(model(), { input, watch: ['layer9'] })).rejects.toThrow("compile: watch names 'layer9', expected some of conv, norm, relu");
});

describe('Grad-CAM', () => {
  const image = { shape: [1, 32, 32], data: Float32Array.from({ length: 1024 }, (_, i) => ((i * 31) % 17) / 17) };

  test('is of the class that scores highest unless told', async () => {
    const net = await compile(lenet5(), { input: [1, 32, 32], watch: ['a3'] });
    const { map, label, scores } = gradCam(net, image, { layer: 'a3' });
    expect(map.shape).toEqual([10, 10]);
    expect(scores[label]).toBe(Math.max(...scores));
    expect(map.data.every((value) => value >= 0)).toBe(true);
    expect(gradCam(net, image, { layer: 'a3', label: (label + 1) % 10 }).map.data).not.toEqual(map.data);
    expect(() => gradCam(net, image, { layer: 'a3', label: 10 })).toThrow('gradCam: label is 10, expected 0 to 9');
    expect(() => gradCam(net, { ...image, shape: [1, 1, 32, 32] }, { layer: 'a3' })).toThrow('expected [channels, height, width] of one image');
    await net.dispose();
  });
});
