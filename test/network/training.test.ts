import { describe, expect, test } from 'vitest';
import { C3_TABLE } from '../../src/models/lenet.js';
import { DivergedError, compile, layers, losses, models, optimizers } from '../../src/index.js';
import type { Network } from '../../src/network.js';
import { batchFor, networks, numbers, optionsOf } from '../support/networks.js';
import { MemoryDataset } from '../support/memorydataset.js';

const lenet = { input: [1, 32, 32], batchSize: 8, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.05, momentum: 0.9 }), seed: 1 };
const { loss: _, ...withoutLoss } = lenet;
const data = new MemoryDataset(96, [1, 32, 32]);

/** Step `i` takes the next eight images, round and round. */
function trainSteps(net: Network, count: number, from = 0): number {
  let loss = NaN;
  for (let i = from; i < from + count; i++) {
    const { images, labels } = data.batch((i % 12) * 8, (i % 12) * 8 + 8);
    loss = net.stepSync(images, labels).loss;
  }
  return loss;
}

describe('bits', () => {
  // A change here changes what every seed trains to: it must be meant, and said in CHANGELOG.md.
  test.each([
    ['lenet5', models.lenet5(), '78408e9c6e56a271f2c8c9fac4a532b2742515d5d9443346032c27028d2c611e'],
    ['lenet5 modern', models.lenet5Modern(), '15b1c196ff0cef99334b2e007587fedd9fa30a4427397a612ea1e4c4442d5963'],
  ])('%s has its known weights after 50 steps', async (_, model, digest) => {
    const net = await compile(model, lenet);
    const loss = trainSteps(net, 50);
    expect(loss).toBeLessThan(1);
    expect(net.steps).toBe(50);
    expect(await net.digest()).toBe(digest);
  });

  test('start values are the same for the same seed, and others for another seed or name', async () => {
    const starts = async (seed: number) => new Map((await compile(models.lenet5(), { ...lenet, seed })).parameters.map((slot) => [slot.name, slot.read()]));
    const [one, again, other] = [await starts(1), await starts(1), await starts(2)];
    expect(again).toEqual(one);
    for (const [name, values] of one) expect(other.get(name), name).not.toEqual(values);
    const two = await compile(new layers.Sequential({ a: new layers.Linear(9, 9), b: new layers.Linear(9, 9) }), { input: [9] });
    const [a, aBias, b] = two.parameters.map((slot) => slot.read());
    expect(a).not.toEqual(b);
    expect(a!.slice(0, 9)).not.toEqual(aBias);
  });
});

describe('a step in parts', () => {
  test.each(networks)('$name: forward, backward and update are a step, bit for bit', async (one) => {
    const [whole, parts] = [await compile(one.model(), optionsOf(one)), await compile(one.model(), optionsOf(one))];
    for (let i = 0; i < 3; i++) {
      const { images, target } = batchFor(one, whole.outputShape, i === 1 ? 2 : 5, i + 1);
      const { loss } = whole.stepSync(images, target);
      expect(parts.lossAndGradientsSync(images, target).loss).toBe(loss);
      parts.updateSync();
      expect(parts.gradients()).toEqual(whole.gradients());
    }
    expect(parts.steps).toBe(3);
    expect(await parts.digest()).toBe(await whole.digest());
    expect(parts.optimizerState.map((slot) => slot.read())).toEqual(whole.optimizerState.map((slot) => slot.read()));
  });

  test('the gradient of the outputs may come from outside', async () => {
    const [whole, parts] = [await compile(models.lenet5(), lenet), await compile(models.lenet5(), withoutLoss)];
    const { images, labels } = data.batch(0, 6);
    const logits = parts.forwardSync(images);
    expect(logits).toEqual(whole.predictSync(images));
    const gradient = softmaxLessTarget(logits.data, labels);
    parts.backwardSync({ data: gradient, shape: logits.shape });
    const want = whole.lossAndGradientsSync(images, labels).gradients;
    for (const [name, { data: given }] of parts.gradients()) expectClose(given, want.get(name)!.data, 1e-5, name);
    parts.updateSync();
    expect(parts.steps).toBe(1);
  });

  test('gradients of two batches add up until the update, and zeroGradients drops them', async () => {
    const net = await compile(models.lenet5(), lenet);
    const [first, second] = [data.batch(0, 8), data.batch(8, 13)];
    const a = net.lossAndGradientsSync(first.images, first.labels).gradients;
    net.zeroGradients();
    const b = net.lossAndGradientsSync(second.images, second.labels).gradients;
    net.zeroGradients();
    net.lossAndGradientsSync(first.images, first.labels);
    const both = net.lossAndGradientsSync(second.images, second.labels).gradients;
    for (const [name, { data: sum }] of both) expectClose(sum, a.get(name)!.data.map((x, i) => x + b.get(name)!.data[i]!), 1e-5, name);
    net.updateSync();
    expect(net.lossAndGradientsSync(first.images, first.labels).gradients).not.toEqual(both);
  });

  test('an incomplete batch is trained on its own images alone', async () => {
    const [large, small] = [await compile(models.lenet5(), lenet), await compile(models.lenet5(), { ...lenet, batchSize: 3 })];
    trainSteps(large, 1);
    small.restore(large.checkpoint());
    const { images, labels } = data.batch(40, 43);
    expect(large.stepSync(images, labels)).toEqual(small.stepSync(images, labels));
    expect(await large.digest()).toBe(await small.digest());
  });
});

/** (softmax(logits) − one-hot) / rows. */
function softmaxLessTarget(logits: Float32Array, labels: Int32Array): Float32Array {
  const classes = logits.length / labels.length;
  return logits.map((_, at) => {
    const row = Math.floor(at / classes);
    const all = Array.from(logits.subarray(row * classes, (row + 1) * classes), Math.exp);
    return (all[at % classes]! / all.reduce((x, y) => x + y) - (labels[row] === at % classes ? 1 : 0)) / labels.length;
  });
}

/** Within `tolerance` of the largest. */
function expectClose(given: Float32Array, want: Float32Array, tolerance: number, name: string): void {
  const scale = want.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const worst = given.reduce((most, x, i) => Math.max(most, Math.abs(x - want[i]!)), 0);
  expect(worst, name).toBeLessThanOrEqual(tolerance * scale);
}

describe('a loss that is not finite', () => {
  test('stops before any weight changes, and names step and layer', async () => {
    const net = await compile(models.lenet5Modern(), lenet);
    trainSteps(net, 2);
    const c3 = net.parameters.find((slot) => slot.name === 'c3.weight')!;
    c3.write(c3.read().fill(Infinity, 7, 8));
    const before = net.checkpoint();
    const { images, labels } = data.batch(0, 8);
    const error = (() => {
      try {
        net.stepSync(images, labels);
      } catch (caught) {
        return caught;
      }
    })() as DivergedError;
    expect(error).toBeInstanceOf(DivergedError);
    expect(error.message).toBe('Training stopped: loss is not finite at step 3; first layer with such an output: c3. Try a smaller learning rate (now 0.05).');
    expect([error.name, error.step, error.layer]).toEqual(['DivergedError', 3, 'c3']);
    expect(net.steps).toBe(2);
    expect(net.checkpoint()).toEqual(before);
  });

  test('comes of a learning rate far too large, with finite weights left', async () => {
    const net = await compile(models.lenet5Modern(), { ...lenet, optimizer: optimizers.sgd({ lr: 1e18 }) });
    expect(() => trainSteps(net, 20)).toThrow(DivergedError);
    await expect(net.step(numbers(8 * 1024, 1).fill(NaN, 5, 6), data.labels.subarray(0, 8))).rejects.toThrow(/layer with such an output: c1\b/);
  });
});

describe('the published C3', () => {
  test('learns 60 kernels and 16 biases; the 36 others stay zero', async () => {
    const net = await compile(models.lenet5({ sparseC3: true }), { ...lenet, optimizer: optimizers.sgd({ lr: 0.05, momentum: 0.9, weightDecay: 0.01 }) });
    expect(net.summary().layers.find((row) => row.name === 'c3')!.params).toBe(60 * 25 + 16);
    const planes = () => {
      const all = net.parameters.find((slot) => slot.name === 'c3.weight')!.read();
      return Array.from({ length: 96 }, (_, i) => all.subarray(i * 25, i * 25 + 25));
    };
    const connected = (plane: number): boolean => C3_TABLE[Math.floor(plane / 6)]!.includes(plane % 6);
    const start = planes();
    trainSteps(net, 10);
    planes().forEach((plane, i) => {
      if (connected(i)) expect(plane.every((x, k) => x !== 0 && x !== start[i]![k]), `kernel ${i} learns`).toBe(true);
      else expect(plane.every((x) => x === 0), `kernel ${i} is zero`).toBe(true);
    });
    expect(planes().filter((_, i) => connected(i))).toHaveLength(60);
  });
});
