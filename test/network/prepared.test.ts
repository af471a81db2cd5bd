import { describe, expect, test } from 'vitest';
import { compile, type CompileOptions } from '../../src/index.js';
import { BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential } from '../../src/layers/index.js';
import type { Network } from '../../src/network.js';
import { crossEntropy } from '../../src/training/losses.js';
import { sgd } from '../../src/training/optimizers.js';
import { numbers } from '../support/networks.js';

// What predicting derives from weights and running statistics is kept, and derived again once they have changed.

const model = () => new Sequential({ conv: new Conv2d(2, 6, 3), norm: new BatchNorm2d(6), relu: new ReLU(), flat: new Flatten(), out: new Linear(96, 3) });
const predicting: CompileOptions = { input: [2, 6, 6], batchSize: 4, seed: 3 };
const training: CompileOptions = { ...predicting, loss: crossEntropy(), optimizer: sgd({ lr: 0.1 }) };
const images = numbers(4 * 72, 1);
const labels = Int32Array.of(0, 1, 2, 0);

const predict = (net: Network): Float32Array => net.predictSync(images).data;
/** What a network that never predicted before makes of these weights. */
async function afresh(net: Network): Promise<Float32Array> {
  const other = await compile(model(), predicting);
  other.load(net.save());
  return predict(other);
}
const slot = (net: Network, name: string) => net.stateDict.find((one) => one.name === name)!;

/** Makes what was derived unusable: only a network that derives it again predicts numbers. */
function spoil(net: Network): void {
  for (const { address, words } of net.blueprint.predict.plan.derived.values()) net.engine.floats(address, words).fill(NaN);
}

const changes: Record<string, (net: Network) => void | Promise<void>> = {
  'a step': (net) => void net.stepSync(images, labels),
  'forward, which moves running statistics': (net) => void net.forwardSync(images),
  'lossAndGradients and update': (net) => {
    net.lossAndGradientsSync(images, labels);
    net.updateSync();
  },
  'a parameter written': (net) => net.parameters.find(({ name }) => name === 'norm.weight')!.write(Float32Array.of(1, 2, 3, 4, 5, 6)),
  'a running statistic written': (net) => slot(net, 'norm.running_mean').write(Float32Array.of(1, 2, 3, 4, 5, 6)),
  'weights loaded': async (net) => void net.load((await stepped()).save()),
  'a checkpoint restored': async (net) => void net.restore((await stepped()).checkpoint()),
};

async function stepped(): Promise<Network> {
  const net = await compile(model(), training);
  net.stepSync(images, labels);
  return net;
}

describe('derived weights', () => {
  test.each(Object.entries(changes))('follow %s', async (_, change) => {
    const net = await compile(model(), training);
    const before = predict(net);
    await change(net);
    spoil(net);
    const after = predict(net);
    expect(after).not.toEqual(before);
    expect(after).toEqual(await afresh(net));
  });

  test.each([['predicts', predicting], ['trains', training]])('are derived once where nothing changes, in a network that %s', async (_, options) => {
    const net = await compile(model(), options);
    expect(net.blueprint.predict.prepare.last).toBe(1);
    expect(predict(net)).toEqual(predict(net));
    spoil(net);
    expect(predict(net).some(Number.isNaN)).toBe(true);
  });

  test('follow steps of several workers', async () => {
    const net = await compile(model(), { ...training, workers: 2 });
    try {
      const before = await net.predict(images);
      await net.step(images, labels);
      const after = await net.predict(images);
      expect(after).not.toEqual(before);
      expect(after.data).toEqual(await afresh(net));
    } finally {
      await net.dispose();
    }
  });

  test('are a part of the memory that predicting takes', async () => {
    const { memory } = (await compile(model(), training)).summary();
    expect(memory.derived).toBe(6 * 8 * 4);
    expect(memory.predict).toBe(memory.weights + memory.derived + memory.activations);
  });
});
