import { describe, expect, test } from 'vitest';
import { compile, layers, losses, models, optimizers, summarize } from '../../src/index.js';
import { planNetwork } from '../../src/blueprint.js';
import { buffersOf } from '../../src/plan/lifetime.js';
import { recompute } from '../../src/plan/recompute.js';
import { Summary } from '../../src/summary.js';
import { batchFor, networks, optionsOf, type NetworkCase } from '../support/networks.js';
import { Sentinel } from '../support/sentinel.js';
import { simulated } from '../support/simulated.js';
import { Stepper } from '../support/stepper.js';

// memory: 'low' computes the insides of a network's segments again in the backward pass: the same bits in less memory.

const BATCH = 5;
const low = (one: NetworkCase, more = {}) => optionsOf(one, { memory: 'low', ...more });
const stepsOf = (net: { blueprint: { train: { plan: { steps: readonly unknown[] } } | null } }): number => net.blueprint.train!.plan.steps.length;

describe.each(networks)('$name', (one) => {
  test('trains to the bits of full memory', async () => {
    const [net, full] = [await compile(one.model(), low(one)), await compile(one.model(), optionsOf(one))];
    for (const [i, live] of [BATCH, 2, BATCH].entries()) {
      const { images, target } = batchFor(one, net.outputShape, live, i + 1);
      expect(net.stepSync(images, target)).toEqual(full.stepSync(images, target));
      expect(net.inputGradient()).toEqual(full.inputGradient());
    }
    expect(net.gradients()).toEqual(full.gradients());
    expect(net.checkpoint()).toEqual(full.checkpoint());
    const { images } = batchFor(one, net.outputShape, BATCH);
    const [y, want] = [net.forwardSync(images), full.forwardSync(images)];
    expect(y).toEqual(want);
    for (const each of [net, full]) each.backwardSync(want);
    expect(net.gradients()).toEqual(full.gradients());
  });

  test('writes what it declares and reads nothing dead, as three workers too', async () => {
    const plain = await compile(one.model(), optionsOf(one));
    for (const workers of [1, 3]) {
      const net = simulated(one.model(), low(one, { canary: 64, workers }));
      const { images, target } = batchFor(one, net.outputShape, BATCH);
      const stepper = new Stepper(net);
      stepper.write(BATCH, images, target);
      const { images: input, losses: all } = net.blueprint.train!;
      const sentinel = new Sentinel(stepper, stepper.train, [input.buffer, ...all.flatMap(({ target: to, gradient }) => [to, gradient])]);
      expect(sentinel.overlaps()).toEqual([]);
      sentinel.prepare();
      expect(sentinel.run(workers)).toEqual([]);
      if (workers === 1) plain.stepSync(images, target);
      expect(await net.digest()).toBe(await plain.digest());
    }
  });
});

test('most of these networks compute something again, and no running statistic is moved twice', async () => {
  let [more, tracked] = [0, 0];
  for (const one of networks) {
    const [net, full] = [await compile(one.model(), low(one)), await compile(one.model(), optionsOf(one))];
    if (stepsOf(net) > stepsOf(full)) more++;
    const count = ({ blueprint }: typeof net): number => blueprint.train!.plan.steps.filter((step) => buffersOf(step, 'write').some((buffer) => buffer.role === 'state') && step.op === 'channelNormTrack').length;
    expect(count(net)).toBe(count(full));
    tracked += count(net);
  }
  expect(more).toBeGreaterThan(networks.length / 3);
  expect(tracked).toBeGreaterThan(3);
});

describe('memory', () => {
  const options = { batchSize: 8, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1, momentum: 0.9 }) };
  const train = (model: layers.Layer, input: readonly number[], memory: 'full' | 'low'): number => new Summary(planNetwork(model, { ...options, input, memory }, recompute)).memory.train!;

  test.each([
    ['ResNet-50', () => models.resnet50(), 0.55],
    ['MobileNetV2', () => models.mobilenetV2(), 0.4],
    ['GoogLeNet with its heads', () => models.googlenet({ auxLogits: true }), 0.65],
  ])('of %s at 224x224 and batch 8 shrinks', (_, model, part) => {
    expect(train(model(), [3, 224, 224], 'low')).toBeLessThan(part * train(model(), [3, 224, 224], 'full'));
  });

  test('of a network without an inside stays', () => {
    const dense = () => new layers.Sequential({ l: new layers.Linear(4, 2) });
    expect(train(dense(), [4], 'low')).toBe(train(dense(), [4], 'full'));
  });
});

test('misuse is named', async () => {
  const options = { input: [1, 32, 32], loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1 }) };
  await expect(compile(models.lenet5(), { ...options, memory: 'little' as 'low' })).rejects.toThrow("compile: memory is 'little', expected 'full' or 'low'");
  expect(() => summarize(models.lenet5(), { ...options, memory: 'low' })).toThrow("memory: 'low' is planned by compile alone: await it and take net.summary()");
  await expect(compile(models.lenet5(), { ...options, memory: 'low', fuse: false })).rejects.toThrow("compile: fuse: false keeps every output, which memory: 'low' is not to");
});
