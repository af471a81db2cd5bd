import { expect, test } from 'vitest';
import { compile, layers, losses, models, optimizers } from '../../src/index.js';
import { numbers } from '../support/networks.js';

const { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential } = layers;
const model = (classes = 3) => new Sequential({
  body: new Sequential([new Conv2d(2, 5, 3), new BatchNorm2d(5), new ReLU(), models.basicBlock(5, 5), new BatchNorm2d(5, { affine: false })]),
  pool: new AdaptiveAvgPool2d(1), flat: new Flatten(), fc: new Linear(5, classes),
});
const options = { input: [2, 6, 6], batchSize: 4, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1, momentum: 0.9 }) };
const images = numbers(4 * 72, 3);

test('a frozen body keeps its statistics, has no backward and no update steps, and computes as it predicts', async () => {
  const net = await compile(model(), { ...options, freeze: 'body.*' });
  const before = new Map(net.stateDict.map(({ name, read }) => [name, read()]));
  expect(net.forwardSync(images)).toEqual(net.predictSync(images));
  for (let i = 0; i < 3; i++) net.stepSync(images, [0, 1, 2, 1]);
  for (const { name, read } of net.stateDict) {
    if (name.startsWith('body.')) expect(read(), name).toEqual(before.get(name));
    else expect(read(), name).not.toEqual(before.get(name));
  }
  const { plan, backward, update } = net.blueprint.train!;
  expect(plan.steps.slice(backward.first, update.last).filter(({ layer }) => layer.includes('body'))).toEqual([]);
  expect(plan.steps.some(({ op }) => op === 'channelNormTrack')).toBe(false);
});

test('batch norm learns and tracks where weight and bias are not both frozen', async () => {
  const net = await compile(model(), { ...options, freeze: ['body.0.*', 'body.1.weight'] });
  net.stepSync(images, [0, 1, 2, 1]);
  const state = new Map(net.stateDict.map(({ name, read }) => [name, read()]));
  expect(state.get('body.1.num_batches_tracked')![0]).toBe(1n);
  expect([...state.get('body.1.weight')!]).toEqual([1, 1, 1, 1, 1]);
});

test('a new head on an old body: names of another shape are reported and left as they are', async () => {
  const [old, net] = [await compile(model(7), { ...options, seed: 5 }), await compile(model(), options)];
  const head = net.parameters.at(-2)!.read();
  expect(net.load(old.save(), { strict: false })).toMatchObject({ missing: [], unexpected: [], misshapen: ['fc.weight', 'fc.bias'] });
  expect(net.parameters.at(-2)!.read()).toEqual(head);
  expect(net.parameters[0]!.read()).toEqual(old.parameters[0]!.read());
});

test('an input too small names the first layer that cannot take it, and the smallest size that works', async () => {
  await expect(compile(models.alexnet(), { input: [3, 40, 224] })).rejects.toThrow('features.12: the window 3x3 does not fit into the padded input (input [256, 1, 13]). The smallest input that every layer takes: [3, 63, 224]');
  await expect(compile(models.lenet5(), { input: [1, 28, 28] })).rejects.toThrow('c5: the kernel reaches over 5x5 pixels, more than the padded input of 4x4 (input [16, 4, 4]). The smallest input that every layer takes: [1, 32, 32]');
  await compile(models.alexnet({ classes: 2 }), { input: [3, 63, 63] });
});
