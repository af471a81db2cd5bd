import { describe, expect, test } from 'vitest';
import { compile, fit, layers, losses, optimizers, type EpochResult, type FitOptions, type FitProgress, type Position } from '../../src/index.js';
import type { Network } from '../../src/network.js';
import { MemoryDataset } from '../support/memorydataset.js';

const { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } = layers;
const model = () => new Sequential({ c: new Conv2d(1, 6, 3, { padding: 1 }), r: new ReLU(), p: new MaxPool2d(2), f: new Flatten(), l: new Linear(54, 3) });
const make = (seed = 1) => compile(model(), { input: [1, 6, 6], batchSize: 8, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1, momentum: 0.9 }), seed });
const dataset = (length = 43): MemoryDataset => new MemoryDataset(length, [1, 6, 6], 3);

async function all(net: Network, data: MemoryDataset, options: FitOptions): Promise<EpochResult[]> {
  const results = [];
  for await (const epoch of fit(net, data, options)) results.push(epoch);
  return results;
}

describe('the order of images', () => {
  test('is a permutation of its own in each epoch, set by the seed', async () => {
    const orders = async (seed: number): Promise<number[][]> => {
      const data = dataset();
      await all(await make(), data, { epochs: 3, seed });
      return [0, 43, 86].map((from) => data.order.slice(from, from + 43));
    };
    const [one, again, other] = [await orders(1), await orders(1), await orders(2)];
    for (const order of one) expect(order.slice().sort((a, b) => a - b)).toEqual(Array.from({ length: 43 }, (_, i) => i));
    expect(new Set([...one, ...other].map(String)).size).toBe(6);
    expect(again).toEqual(one);
  });
});

describe('batches', () => {
  test('an incomplete last one is trained, with the mean over its images', async () => {
    const [net, other, data] = [await make(), await make(), dataset()];
    const seen: FitProgress[] = [];
    const [result] = await all(net, data, { epochs: 1, onStep: (progress) => seen.push(progress) });
    expect(seen.map(({ done, batch }) => [done, batch])).toEqual([[8, 1], [16, 2], [24, 3], [32, 4], [40, 5], [43, 6]]);
    expect(seen.at(-1)).toMatchObject({ epoch: 1, epochs: 1, batches: 6, total: 43, loss: result!.loss });
    expect(net.steps).toBe(6);
    const order = data.order.slice();
    let sum = 0;
    for (let from = 0; from < 43; from += 8) {
      const part = order.slice(from, from + 8);
      const images = Float32Array.from(part.flatMap((i) => [...data.batch(i, i + 1).images]));
      sum += other.stepSync(images, part.map((i) => data.labels[i]!)).loss * part.length;
    }
    expect(result!.loss).toBe(sum / 43);
    expect(await net.digest()).toBe(await other.digest());
  });

  test('dropLast leaves it out', async () => {
    const [net, data] = [await make(), dataset()];
    const [result] = await all(net, data, { epochs: 1, dropLast: true });
    expect(net.steps).toBe(5);
    expect(data.order).toHaveLength(40);
    expect(result!.loss).toBeGreaterThan(0);
  });
});

test('epochs report loss, validation, time and where to go on', async () => {
  const [net, validation] = [await make(), new MemoryDataset(20, [1, 6, 6], 3, 2)];
  const results = await all(net, dataset(), { epochs: 4, validation });
  expect(results.map(({ epoch, position }) => [epoch, position])).toEqual([1, 2, 3, 4].map((epoch) => [epoch, { epoch, batch: 0 }]));
  expect(results[3]!.loss).toBeLessThan(results[0]!.loss);
  expect(results[3]!.validation).toEqual(await net.evaluate(validation));
  expect(results[3]!.validation!.accuracy).toBeGreaterThan(0.8);
  expect(results.every(({ seconds, imagesPerSecond }) => seconds > 0 && imagesPerSecond > 0)).toBe(true);
  expect((await all(net, dataset(), { epochs: 1 }))[0]!.validation).toBeNull();
});

test('evaluation counts what it sees, in batches of any size', async () => {
  const [net, data] = [await make(), dataset(21)];
  await all(net, data, { epochs: 2 });
  const { loss, accuracy, top5, confusion, count } = await net.evaluate(data);
  expect([count, top5, confusion.flatMap((row) => [...row]).reduce((a, b) => a + b)]).toEqual([21, 1, 21]);
  const { images, labels } = data.batch(0, 21);
  const logits = net.predictSync(images).data;
  const rows = Array.from(labels, (label, i) => ({ label, row: [...logits.subarray(i * 3, i * 3 + 3)] }));
  expect(accuracy).toBe(rows.filter(({ label, row }) => row.indexOf(Math.max(...row)) === label).length / 21);
  const mean = rows.reduce((sum, { label, row }) => sum + Math.log(row.reduce((all_, x) => all_ + Math.exp(x), 0)) - row[label]!, 0) / 21;
  expect(loss).toBeCloseTo(mean, 10);
});

describe('stopping', () => {
  test('ends after the step under way, with the reason of the signal', async () => {
    const [net, controller] = [await make(), new AbortController()];
    const stop = all(net, dataset(), { epochs: 2, signal: controller.signal, onStep: ({ batch }) => batch === 3 && controller.abort() });
    await expect(stop).rejects.toMatchObject({ name: 'AbortError' });
    expect(net.steps).toBe(3);
    const own = new Error('enough');
    await expect(all(net, dataset(), { epochs: 1, signal: AbortSignal.abort(own) })).rejects.toBe(own);
    expect(net.steps).toBe(3);
  });

  test.each([[0, 1], [0, 4], [1, 0], [1, 5], [2, 3]])('in epoch %i after %i batches, then going on from a checkpoint, equals an unbroken run', async (epoch, batch) => {
    const whole = await make();
    const want = await all(whole, dataset(), { epochs: 3, seed: 7 });
    const [first, controller] = [await make(), new AbortController()];
    let at: Position = { epoch: 0, batch: 0 };
    const onStep = ({ position }: FitProgress): void => {
      at = position;
      if (position.epoch === epoch && position.batch === batch) controller.abort();
    };
    if (batch > 0) {
      await expect(all(first, dataset(), { epochs: 3, seed: 7, signal: controller.signal, onStep })).rejects.toMatchObject({ name: 'AbortError' });
    } else {
      at = (await all(first, dataset(), { epochs: epoch, seed: 7 })).at(-1)!.position;
    }
    const bytes = first.checkpoint({ position: JSON.stringify(at) });
    first.dispose();
    const second = await make(99);
    const { position } = second.restore(bytes);
    const rest = await all(second, dataset(), { epochs: 3, seed: 7, position: JSON.parse(position!) as Position });
    expect(second.checkpoint()).toEqual(whole.checkpoint());
    expect(rest.map((result) => [result.epoch, result.loss])).toEqual(want.slice(epoch).map((result) => [result.epoch, result.loss]));
  });
});
