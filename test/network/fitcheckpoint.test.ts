import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AveragedWeights, FormatError, compile, fit, layers, losses, optimizers, schedules, type EpochResult, type FitOptions } from '../../src/entries/default.js';
import { randomHorizontalFlip } from '../../src/data/transforms.js';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.js';
import type { Network } from '../../src/network.js';
import { MemoryDataset } from '../support/memorydataset.js';

const { Flatten, Linear, ReLU, Sequential } = layers;
const folder = mkdtempSync(path.join(tmpdir(), 'convasm-fit-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => path.join(folder, `${files++}.ckpt`);

const make = (batchSize = 8) => compile(new Sequential({ flat: new Flatten(), a: new Linear(36, 8), r: new ReLU(), b: new Linear(8, 3) }), { input: [1, 6, 6], batchSize, loss: losses.crossEntropy(), optimizer: optimizers.adam({ lr: 0.01 }), seed: 1 });
const data = (seed = 1): MemoryDataset => new MemoryDataset(43, [1, 6, 6], 3, seed);

async function all(net: Network, options: FitOptions, set = data()): Promise<EpochResult[]> {
  const results = [];
  for await (const epoch of fit(net, set, options)) results.push(epoch);
  return results;
}

describe('a checkpoint of fit', () => {
  test.each([1, 2, 5, 6, 9])('after an abort in step %i goes on to the same bits, losses and validation included', async (step) => {
    const validation = data(2);
    const options = (net: Network, file: string): FitOptions => ({
      epochs: 3, seed: 4, validation, checkpoint: file, resume: true, augment: [randomHorizontalFlip()], average: new AveragedWeights(net, { decay: 0.9 }), earlyStopping: { patience: 2 },
      schedule: schedules.cosine({ lr: 0.01, tMax: 18 }),
    });
    const [whole, first, second, file] = [await make(), await make(), await make(), fresh()];
    const want = await all(whole, options(whole, fresh()));
    const controller = new AbortController();
    await expect(all(first, { ...options(first, file), signal: controller.signal, onStep: () => first.steps === step && controller.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(first.steps).toBe(step);
    const rest = await all(second, options(second, file));
    expect(second.checkpoint()).toEqual(whole.checkpoint());
    expect(rest.map(({ epoch, loss, validation: v }) => [epoch, loss, v])).toEqual(want.slice(-rest.length).map(({ epoch, loss, validation: v }) => [epoch, loss, v]));
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('of a finished run trains no more, of a longer run the rest', async () => {
    const [net, again, whole, file] = [await make(), await make(), await make(), fresh()];
    await all(net, { epochs: 2, checkpoint: file });
    expect(await all(again, { epochs: 2, checkpoint: file, resume: true })).toEqual([]);
    expect((await all(again, { epochs: 3, checkpoint: file, resume: true })).map(({ epoch }) => epoch)).toEqual([3]);
    await all(whole, { epochs: 3 });
    expect(await again.digest()).toBe(await whole.digest());
  });

  test('of another run is refused, and nothing changes', async () => {
    const [net, file] = [await make(), fresh()];
    const schedule = schedules.cosine({ lr: 0.01, tMax: 12 });
    await all(net, { epochs: 2, checkpoint: file, schedule });
    const other = await make();
    const before = other.checkpoint();
    const resumed = (options: Partial<FitOptions>, set = data(), to = other) => all(to, { epochs: 2, checkpoint: file, resume: true, schedule, ...options }, set);
    await expect(resumed({ seed: 2 })).rejects.toThrow(`fit: seed 2, but ${file} was written with 1`);
    await expect(resumed({}, data(2))).rejects.toThrow('fit: the data set is not the one');
    await expect(resumed({}, new MemoryDataset(44, [1, 6, 6], 3))).rejects.toThrow('fit: images 44, but');
    await expect(resumed({ schedule: schedules.cosine({ lr: 0.01, tMax: 24 }) })).rejects.toThrow(/fit: schedule: the rate after \d+ updates is/);
    await expect(resumed({ augment: [randomHorizontalFlip()] })).rejects.toThrow('fit: augment ["randomHorizontalFlip');
    await expect(resumed({ earlyStopping: {}, validation: data() })).rejects.toThrow('fit: earlyStopping true, but');
    await expect(resumed({ average: new AveragedWeights(other) })).rejects.toThrow('fit: average true, but');
    await expect(resumed({}, data(), await make(4))).rejects.toThrow('fit: batchSize 4, but');
    expect(other.checkpoint()).toEqual(before);
  });

  test('corrupt or of other origin is refused with file and offset', async () => {
    const [net, other, file] = [await make(), await make(), fresh()];
    await all(net, { epochs: 1, checkpoint: file });
    const good = new Uint8Array(readFileSync(file));
    const resumed = (bytes: Uint8Array): Promise<unknown> => {
      writeFileSync(file, bytes);
      return all(other, { epochs: 2, checkpoint: file, resume: true });
    };
    for (let length = 0; length < good.length; length += 97) await expect(resumed(good.subarray(0, length)), `${length} bytes`).rejects.toThrow(/\.ckpt: offset \d+: /);
    await expect(resumed(net.save())).rejects.toThrow(`${file}: no fit in its metadata, expected a checkpoint that fit wrote`);
    const { tensors, metadata } = readSafetensors(good, file);
    const entries = [...tensors].map(([name, { shape, bytes }]) => ({ name, shape, data: new Float32Array(new Uint8Array(bytes).buffer) }));
    const state = JSON.parse(metadata['fit']!) as Record<string, unknown>;
    for (const wrong of ['x', 'null', '7', '[]', JSON.stringify({ ...state, position: { epoch: -1, batch: 0, lossSum: 0 } }), JSON.stringify({ ...state, run: { __proto__: null } }), JSON.stringify({ ...state, stopping: {} }), JSON.stringify({ ...state, averaged: 'many' })]) {
      await expect(resumed(writeSafetensors(entries, { ...metadata, fit: wrong })), wrong).rejects.toBeInstanceOf(FormatError);
    }
    expect(await all(other, { epochs: 1 })).toHaveLength(1);
  });

  test('options that contradict each other are refused', async () => {
    const net = await make();
    await expect(all(net, { epochs: 1, resume: true })).rejects.toThrow('fit: resume and checkpointEvery need a checkpoint file');
    await expect(all(net, { epochs: 1, checkpoint: fresh(), checkpointEvery: 0 })).rejects.toThrow('fit: checkpointEvery is 0');
    await expect(all(net, { epochs: 1, earlyStopping: {} })).rejects.toThrow('fit: earlyStopping needs a validation set');
    await expect(all(net, { epochs: 1, mixup: 0 })).rejects.toThrow('fit: mixup is 0, expected a number above 0');
    await expect(all(net, { epochs: 1, checkpoint: path.join(folder, 'none', 'a.ckpt') })).rejects.toThrow(/none.*cannot be written/);
  });
});

describe('averages of weights', () => {
  test.each([undefined, 0.75])('decay %s: the mean of all, or an exponential one', async (decay) => {
    const net = await make();
    const average = new AveragedWeights(net, { start: 2, ...(decay !== undefined && { decay }) });
    const seen: Float32Array[] = [];
    await all(net, { epochs: 1, average, onStep: () => void (net.steps > 2 && seen.push(net.parameters[0]!.read())) });
    expect([average.count, seen.length]).toEqual([4, 4]);
    const trained = await net.digest();
    average.swap();
    const got = net.parameters[0]!.read();
    got.forEach((value, i) => {
      const want = seen.map((one) => one[i]!).reduce((mean, w, n) => mean + (w - mean) * (n === 0 ? 1 : decay === undefined ? 1 / (n + 1) : 1 - decay));
      expect(Math.abs(value - want)).toBeLessThan(1e-6);
    });
    average.swap();
    expect(await net.digest()).toBe(trained);
  });

  test('are what fit validates', async () => {
    const [net, validation] = [await make(), data(2)];
    const average = new AveragedWeights(net);
    const results = await all(net, { epochs: 2, average, validation });
    average.swap();
    expect(await net.evaluate(validation)).toEqual(results[1]!.validation);
  });
});

test('early stopping ends after its patience with the best epoch\'s weights', async () => {
  const [net, validation] = [await make(), new MemoryDataset(30, [1, 6, 6], 3, 9)];
  const results = await all(net, { epochs: 200, validation, earlyStopping: { patience: 3 }, schedule: () => 0.5 });
  const measured = results.map(({ validation: v }) => v!.loss);
  const best = measured.indexOf(Math.min(...measured));
  expect(results.length).toBe(best + 4);
  expect((await net.evaluate(validation)).loss).toBe(measured[best]);
});
