import { describe, expect, test } from 'vitest';
import { Summary } from '../../src/summary.js';
import { networks, optionsOf, Twice } from '../support/networks.js';
import { simulated } from '../support/simulated.js';
import { compile, layers, losses, models, optimizers, summarize, OptionError } from '../../src/index.js';

const { Conv1d, Conv2d, Flatten, Linear, Sequential } = layers;

describe('parameters without shared weights', () => {
  test('LeNet-5, worked out by hand', async () => {
    const net = await compile(models.lenet5(), { input: [1, 32, 32] });
    const summary = net.summary({ compare: true });
    const of = (name: string) => summary.layers.find((row) => row.name === name)!;
    // C1: six 5x5 kernels on 32x32 make 28x28.
    expect(of('c1')).toMatchObject({ params: 156, unshared: { local: 28 * 28 * 6 * 26, full: 1024 * 4704 + 4704 } });
    // C3: sixteen kernels of 6x5x5 on 14x14 make 10x10.
    expect(of('c3')).toMatchObject({ params: 16 * 151, unshared: { local: 10 * 10 * 16 * 151, full: 1176 * 1600 + 1600 } });
    // C5 covers its whole input: all three are one.
    expect(of('c5')).toMatchObject({ params: 120 * 401, unshared: { local: 120 * 401, full: 120 * 401 } });
    expect(of('f6').unshared).toEqual({ local: 84 * 121, full: 84 * 121 });
    const rest = 120 * 401 + 84 * 121 + 10 * 85;
    expect(summary.unshared).toEqual({ local: 122_304 + 241_600 + rest, full: 4_821_600 + 1_883_200 + rest });
    await net.dispose();
  });

  test('bias, groups, stride, masks and sequences', () => {
    const one = (layer: layers.Layer, input: number[]) => summarize(layer, { input }, { compare: true }).layers[0]!;
    expect(one(new Conv2d(4, 6, 3, { groups: 2, stride: 2, bias: false }), [4, 7, 9])).toMatchObject({
      params: 6 * 18, unshared: { local: 6 * 18 * 3 * 4, full: 4 * 7 * 9 * 6 * 3 * 4 },
    });
    const mask = Float32Array.of(1, 0, 0, 1);
    expect(one(new Conv2d(2, 2, 1, { mask }), [2, 3, 3])).toMatchObject({ params: 4, unshared: { local: 4 * 9, full: 18 * 18 + 18 } });
    expect(one(new Conv1d(2, 3, 4), [2, 10])).toMatchObject({ params: 27, unshared: { local: 27 * 7, full: 20 * 21 + 21 } });
  });

  test('a block sums those inside it, and no name that begins alike', () => {
    const conv = () => new Conv2d(1, 1, 2, { bias: false });
    const model = new Sequential({ a: new Sequential({ x: conv(), y: conv() }), ab: conv(), flat: new Flatten(), out: new Linear(4, 2) });
    const { layers: rows, unshared } = summarize(model, { input: [1, 5, 5] }, { compare: true });
    const local = (name: string) => rows.find((row) => row.name === name)!.unshared!.local;
    expect(['a', 'a.x', 'a.y', 'ab', 'out'].map(local)).toEqual([4 * 16 + 4 * 9, 4 * 16, 4 * 9, 4 * 4, 10]);
    expect(unshared!.local).toBe(4 * (16 + 9 + 4) + 10);
  });

  test('are there only where they are asked for', () => {
    const summary = summarize(models.lenet5(), { input: [1, 32, 32] });
    expect(JSON.stringify(summary)).not.toContain('unshared');
    expect(String(summary)).not.toContain('connected');
    expect(() => summarize(models.lenet5(), { input: [1, 32, 32] }, { compared: true } as object)).toThrow(OptionError);
  });

  test('stand in the table beside the shared ones', () => {
    const lines = String(summarize(models.lenet5(), { input: [1, 32, 32] }, { compare: true })).split('\n');
    expect(lines[0]).toMatch(/parameters +locally connected +fully connected +MACs/);
    expect(lines[1]).toMatch(/^c1 .* 156 +122,304 +4,821,600 +117,600 /);
    expect(lines[2]).toMatch(/^a1 +Tanh +6x28x28 +5 \(1\)$/);
    expect(lines.at(-1)).toMatch(/^total +61,706 +423,038 +6,763,934 +416,520 /);
  });
});

describe('memory of ResNet-50 at 224x224', () => {
  const input = [3, 224, 224];

  test('training eight images takes at most 1.3 GB', () => {
    const { memory } = summarize(models.resnet50(), { input, batchSize: 8, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1, momentum: 0.9 }) });
    expect(memory.train).toBeLessThanOrEqual(1.3e9);
  });

  test("Winograd's copies of the weights are counted, and what is left without them", () => {
    const [{ memory }, plain] = [summarize(models.resnet50(), { input }), summarize(models.resnet50(), { input, winograd: false })];
    expect(memory.derived - memory.winograd).toBeLessThan(1e6);
    // Four times each 3x3 kernel but the strided ones and padding; 36 numbers for 9.
    expect(memory.winograd / (36 * 4)).toBeGreaterThan(3 * 64 ** 2 + 3 * 128 ** 2 + 5 * 256 ** 2 + 2 * 512 ** 2);
    expect([plain.memory.winograd, plain.memory.withoutWinograd]).toEqual([0, plain.memory.predict]);
    expect(memory.withoutWinograd).toBe(plain.memory.predict);
    const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
    expect(String(summarize(models.resnet50(), { input }))).toContain(`; ${mb(plain.memory.predict)} MB without Winograd's copies of the weights, ${mb(memory.winograd)} MB)`);
    expect(String(plain)).not.toContain('Winograd');
  });

  test('predicting takes the weights and at most 12 MB, without copies for Winograd', () => {
    const { memory } = summarize(models.resnet50(), { input, winograd: false });
    expect(memory.derived + memory.activations).toBeLessThanOrEqual(12e6);
  });
});

test.each(networks)('$name: every parameter counts once, however often its layer is called', (one) => {
  const { blueprint } = simulated(one.model(), optionsOf(one));
  const { parameters, spare } = blueprint.store;     // without those that training alone has
  const counts = [...parameters.values()].filter(({ name }) => !spare.some((start) => name.startsWith(start))).map(({ count }) => count);
  expect(new Summary(blueprint).params).toBe(counts.reduce((a, b) => a + b, 0));
});

test('a layer called twice has its parameters in its first row', () => {
  const twice = new Sequential({ both: new Twice(new Conv2d(2, 2, 3, { padding: 1 })) });
  const { layers: rows, params, unshared } = summarize(twice, { input: [2, 4, 4] }, { compare: true });
  expect(rows.map((row) => [row.name, row.params])).toEqual([['both', 38], ['both.shared', 38], ['both.shared', 0]]);
  expect([params, unshared!.local]).toEqual([38, 38 * 16]);
});
