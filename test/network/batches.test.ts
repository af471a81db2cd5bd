import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { compile, fit, layers, losses, optimizers, schedules, type Batch, type Batches, type EpochResult, type FitOptions, type FitProgress, type Position } from '../../src/index.js';
import { order } from '../../src/data/batches.js';
import { randomErasing } from '../../src/data/transforms.js';
import type { Network } from '../../src/network.js';
import { MemoryDataset } from '../support/memorydataset.js';

// Training on batches from anywhere: the same bits as on a data set whose images come in that order.

const { Conv2d, Flatten, Linear, ReLU, Sequential } = layers;
const model = () => new Sequential({ c: new Conv2d(1, 6, 3, { padding: 1 }), r: new ReLU(), f: new Flatten(), l: new Linear(216, 3) });
const make = (loss = losses.crossEntropy()) => compile(model(), { input: [1, 6, 6], batchSize: 8, loss, optimizer: optimizers.sgd({ lr: 0.1, momentum: 0.9 }), seed: 1 });
const data = new MemoryDataset(43, [1, 6, 6], 3);

/** What fit makes of the data set in an epoch. */
function* batchesOf(epoch: number, seed = 1): Generator<Batch> {
  const indices = order(43, seed, epoch);
  for (let from = 0; from < 43; from += 8) {
    const part = [...indices.subarray(from, from + 8)];
    yield { images: Float32Array.from(part.flatMap((i) => [...data.batch(i, i + 1).images])), labels: part.map((i) => data.labels[i]!) };
  }
}

async function* slowly(epoch: number): AsyncGenerator<Batch> {
  for (const batch of batchesOf(epoch)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield batch;
  }
}

async function all(net: Network, source: MemoryDataset | Batches, options: FitOptions): Promise<EpochResult[]> {
  const results = [];
  for await (const epoch of fit(net, source, options)) results.push(epoch);
  return results;
}

const seenBy = (seen: FitProgress[]) => (progress: FitProgress): number => seen.push(progress);
const file = (): string => join(mkdtempSync(join(tmpdir(), 'convasm-batches-')), 'run.ckpt');

test.each<[string, () => Batches, number]>([
  ['a function of the epoch', () => batchesOf, 3],
  ['one that gives what is awaited', () => slowly, 3],
  ['an array', () => [...batchesOf(0)], 1],
  ['a generator', () => batchesOf(0), 1],
  ['a stream of Node', () => Readable.from(batchesOf(0)), 1],
  ['a stream of the web', () => new ReadableStream<Batch>({ start: (controller) => { for (const batch of batchesOf(0)) controller.enqueue(batch); controller.close(); } }), 1],
])('%s trains to the bits of the data set', async (_, source, epochs) => {
  const [net, other] = [await make(), await make()];
  const [seen, wanted]: [FitProgress[], FitProgress[]] = [[], []];
  const got = await all(net, source(), { epochs, onStep: seenBy(seen) });
  const want = await all(other, data, { epochs, onStep: seenBy(wanted) });
  expect(await net.digest()).toBe(await other.digest());
  expect(got.map(({ epoch, loss }) => [epoch, loss])).toEqual(want.map(({ epoch, loss }) => [epoch, loss]));
  expect(seen.map(({ batch, done, loss, position }) => [batch, done, loss, position])).toEqual(wanted.map(({ batch, done, loss, position }) => [batch, done, loss, position]));
  expect(seen.every(({ batches, total }) => batches === Infinity && total === Infinity)).toBe(true);
});

test('an array serves every epoch, and its images stay as they were', async () => {
  const batches = [...batchesOf(0)];
  const before = structuredClone(batches);
  const augment = [randomErasing({ p: 1 })];
  const [net, other] = [await make(losses.crossEntropy({ target: 'probabilities' })), await make(losses.crossEntropy({ target: 'probabilities' }))];
  await all(net, batches, { epochs: 2, augment, mixup: 0.4 });
  expect(batches).toEqual(before);
  await all(other, structuredClone(before), { epochs: 2, augment, mixup: 0.4 });
  expect(await net.digest()).toBe(await other.digest());
  const plain = await make(losses.crossEntropy({ target: 'probabilities' }));
  await all(plain, batches, { epochs: 2, mixup: 0.4 });
  expect(await plain.digest()).not.toBe(await net.digest());
});

test('targets of any loss', async () => {
  const net = await compile(new Sequential({ l: new Linear(2, 1) }), { input: [2], batchSize: 4, loss: losses.mse(), optimizer: optimizers.sgd({ lr: 0.1 }) });
  const batches = [{ images: [[1, 2], [2, 1]], labels: Float32Array.of(3, 3) }, { images: [[0, 1]], labels: { data: Float32Array.of(1), shape: [1, 1] } }];
  const results = await all(net, batches, { epochs: 200 });
  expect(results.at(-1)!.loss).toBeLessThan(1e-3);
});

test('validation, schedule and evaluation take batches too', async () => {
  const [net, other] = [await make(), await make()];
  const options = { epochs: 2, schedule: schedules.step({ lr: 0.1, stepSize: 4 }) };
  const held = new MemoryDataset(20, [1, 6, 6], 3, 2);
  const whole = [{ ...held.batch(0, 13) }, { ...held.batch(13, 20) }];
  const got = await all(net, batchesOf, { ...options, validation: whole });
  const want = await all(other, data, { ...options, validation: held });
  expect(got.map(({ loss, validation }) => [loss, validation])).toEqual(want.map(({ loss, validation }) => [loss, validation]));
  expect(net.learningRate).toBe(other.learningRate);
  const done: number[][] = [];
  expect(await net.evaluate(whole, { onProgress: (...numbers) => done.push(numbers) })).toEqual(got[1]!.validation);
  expect(done).toEqual([[13, Infinity], [20, Infinity]]);
});

describe('stopped and resumed', () => {
  test.each([[0, 2], [1, 4], [2, 6]])('in epoch %i after %i batches: an equal run where the batches are the same again', async (epoch, batch) => {
    const whole = await make();
    const want = await all(whole, batchesOf, { epochs: 3 });
    const [net, checkpoint, controller] = [await make(), file(), new AbortController()];
    const onStep = ({ position }: FitProgress): unknown => position.epoch === epoch && position.batch === batch && controller.abort();
    await expect(all(net, slowly, { epochs: 3, checkpoint, signal: controller.signal, onStep })).rejects.toMatchObject({ name: 'AbortError' });
    expect(net.steps).toBe(epoch * 6 + batch);
    const other = await make();
    const rest = await all(other, batchesOf, { epochs: 3, checkpoint, resume: true });
    expect(await other.digest()).toBe(await whole.digest());
    expect(rest.map((result) => [result.epoch, result.loss])).toEqual(want.slice(epoch).map((result) => [result.epoch, result.loss]));
  });

  test('a stream that gives nothing more is waited for no longer, and closed', async () => {
    let closed = false;
    async function* stuck(): AsyncGenerator<Batch> {
      try {
        yield* [...batchesOf(0)].slice(0, 2);
        await new Promise((resolve) => setTimeout(resolve, 200));
      } finally {
        closed = true;
      }
    }
    const [net, checkpoint, own] = [await make(), file(), new Error('enough')];
    const controller = new AbortController();
    setTimeout(() => controller.abort(own), 60);
    await expect(all(net, stuck(), { epochs: 1, checkpoint, signal: controller.signal })).rejects.toBe(own);
    expect([net.steps, existsSync(checkpoint), closed]).toEqual([2, true, false]);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(closed).toBe(true);
  });

  test('what cannot be resumed is refused', async () => {
    const [net, checkpoint] = [await make(), file()];
    await all(net, batchesOf, { epochs: 2, checkpoint });
    await expect(all(await make(), batchesOf(0), { epochs: 4, checkpoint, resume: true })).rejects.toThrow('fit: a generator or a stream can be read once, and 2 epochs want it; expected a function (epoch) => batches, an array or a data set');
    await expect(all(await make(), data, { epochs: 4, checkpoint, resume: true })).rejects.toThrow('a data set is given, but');
    await expect(all(await make(), (epoch) => [...batchesOf(epoch)].slice(0, 3), { epochs: 3, position: { epoch: 2, batch: 4 } })).rejects.toThrow('fit: epoch 3 has 3 batches, expected at least the 4 that were done before');
  });
});

test('a promise of onStep is a pause', async () => {
  let paused = false;
  const onStep = async (): Promise<void> => {
    expect(paused).toBe(false);
    paused = true;
    await new Promise((resolve) => setTimeout(resolve, 2));
    paused = false;
  };
  await all(await make(), data, { epochs: 1, onStep });
});

test('misuse is named', async () => {
  const net = await make();
  const refused = (source: Batches, options: Partial<FitOptions> = {}) => expect(all(net, source, { epochs: 1, ...options })).rejects;
  await refused([]).toThrow('fit: epoch 1: no batches, expected at least one');
  await refused(batchesOf, { dropLast: true }).toThrow('fit: dropLast is for a data set');
  await refused(batchesOf(0), { epochs: 2 }).toThrow('can be read once, and 2 epochs want it');
  await refused(batchesOf, { epochs: 2, validation: batchesOf(0) }).toThrow('can be read once, and 2 epochs want it');
  await refused([{ images: new Float32Array(9 * 36), labels: new Int32Array(9) }]).toThrow('images: 9 given, expected at most the batchSize of 8');
  await refused([{ images: new Float32Array(7), labels: [0] }]).toThrow('fit: epoch 1: images of batch 0: 7 numbers given, expected a multiple of 36');
  await refused([{ images: new Float32Array(36), labels: [3] }]).toThrow('labels: 3 at position 0, expected a class from 0 to 2');
  await refused([{ images: new Float32Array(36), labels: new Float32Array(3) }], { mixup: 0.2 }).toThrow('labels: 3 given, expected 1');
  await expect(net.evaluate([])).rejects.toThrow('evaluate: no batches, expected at least one');
  expect(net.steps).toBe(0);
});

// A generator resumed by hand in the last epoch: its batches are those of that epoch.
test('a position in the last epoch takes what can be read once', async () => {
  const [whole, net] = [await make(), await make()];
  await all(whole, data, { epochs: 2 });
  const position: Position = (await all(net, data, { epochs: 1 }))[0]!.position;
  await all(net, batchesOf(1), { epochs: 2, position });
  expect(await net.digest()).toBe(await whole.digest());
});
