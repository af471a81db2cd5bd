import { describe, expect, test } from 'vitest';
import { compile, layers, losses, models, optimizers, type CompileOptions } from '../../src/index.js';
import { readSafetensors, writeSafetensors, toFloat32, type SafetensorsEntry } from '../../src/io/safetensors.js';
import { batchFor, networks, numbers, optionsOf } from '../support/networks.js';
import { MemoryDataset } from '../support/memorydataset.js';

const { Conv2d, Flatten, Linear, Sequential } = layers;
const small = () => new Sequential({ conv: new Conv2d(2, 9, 3, { groups: 1 }), deep: new Conv2d(9, 9, 3, { groups: 9, padding: 1 }), flat: new Flatten(), out: new Linear(36, 3) });
const options: CompileOptions = { input: [2, 4, 4], batchSize: 4, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1, momentum: 0.9 }), seed: 1 };

function entriesOf(bytes: Uint8Array): (SafetensorsEntry & { readonly data: Float32Array })[] {
  return [...readSafetensors(bytes, 'test').tensors].map(([name, tensor]) => ({ name, shape: tensor.shape, data: toFloat32(tensor, name) }));
}

describe.each(networks)('$name', (one) => {
  test('comes back from its file, and goes on from its checkpoint, bit for bit', async () => {
    const [net, other] = [await compile(one.model(), optionsOf(one)), await compile(one.model(), optionsOf(one, { seed: 9, batchSize: 3 }))];
    const { images, target } = batchFor(one, net.outputShape, 3);
    net.stepSync(images, target);
    expect(other.load(net.save({ metadata: { model: 'mine' } }))).toEqual({ missing: [], unexpected: [], misshapen: [], metadata: { model: 'mine' } });
    expect(other.metadata).toEqual({ model: 'mine' });
    expect(await other.digest()).toBe(await net.digest());
    expect(other.predictSync(images)).toEqual(net.predictSync(images));
    expect(other.restore(net.checkpoint({ epoch: '2' }))).toEqual({ epoch: '2' });
    expect(other.steps).toBe(1);
    for (const each of [net, other]) each.stepSync(images, target);
    expect(await other.digest()).toBe(await net.digest());
  });
});

describe('files of weights', () => {
  test('have the names, shapes and order of a state_dict, and float32 values row by row', async () => {
    const net = await compile(small(), options);
    const entries = entriesOf(net.save());
    expect(entries.map(({ name, shape }) => [name, shape])).toEqual([
      ['conv.weight', [9, 2, 3, 3]], ['conv.bias', [9]], ['deep.weight', [9, 1, 3, 3]], ['deep.bias', [9]], ['out.weight', [3, 36]], ['out.bias', [3]],
    ]);
    expect(readSafetensors(net.save({ metadata: { a: 'b' } }), 'test').metadata).toEqual({ a: 'b' });
  });

  test('mean what they say: a kernel written into a file is the one that runs', async () => {
    const net = await compile(small(), options);
    const entries = entriesOf(net.save()).map((entry) => ({ ...entry, data: entry.data.map(() => 0) }));
    const at = (name: string): Float32Array => entries.find((entry) => entry.name === name)!.data;
    at('conv.weight')[((5 * 2 + 1) * 3 + 2) * 3 + 0] = 2; // out 5, in 1, row 2, column 0
    at('deep.weight')[(5 * 3 + 1) * 3 + 1] = 3;
    at('out.weight')[1 * 36 + 5 * 4 + 2] = 5; // class 1 of pixel (1, 0) of channel 5
    net.load(writeSafetensors(entries, {}));
    const image = numbers(32, 4);
    const pixel = image[16 + 3 * 4 + 0]!; // channel 1, row 1 + 2, column 0 + 0
    expect([...net.predictSync(image).data]).toEqual([0, Math.fround(Math.fround(Math.fround(pixel * 2) * 3) * 5), 0]);
  });

  test('that do not fit are refused with every name, and nothing is loaded', async () => {
    const net = await compile(small(), options);
    const before = net.save();
    const entries = entriesOf((await compile(small(), { ...options, seed: 2 })).save());
    const wrong = [...entries.filter(({ name }) => name !== 'conv.bias').map((entry) => (entry.name === 'out.weight' ? { ...entry, shape: [36, 3] } : entry)), { name: 'extra', shape: [1], data: new Float32Array(1) }];
    const file = writeSafetensors(wrong, {});
    const text = 'mine.safetensors: the weights do not fit the network: missing conv.bias; unexpected extra; misshapen out.weight [36, 3], expected [3, 36]. Nothing was loaded.';
    expect(() => net.load(file, { file: 'mine.safetensors' })).toThrow(expect.objectContaining({ name: 'OptionError', message: expect.stringContaining(text) as string }) as Error);
    expect(net.save()).toEqual(before);
    expect(net.load(file, { strict: false })).toMatchObject({ missing: ['conv.bias'], unexpected: ['extra'], misshapen: ['out.weight'] });
    const [old, given, now] = [before, file, net.save()].map((bytes) => new Map(entriesOf(bytes).map(({ name, data }) => [name, data])));
    for (const name of ['conv.weight', 'deep.weight', 'deep.bias', 'out.bias']) expect(now!.get(name), name).toEqual(given!.get(name));
    for (const name of ['conv.bias', 'out.weight']) expect(now!.get(name), name).toEqual(old!.get(name));
  });

  test('with missing and unexpected names are loaded where strict is false', async () => {
    const [net, other] = [await compile(small(), options), await compile(small(), { ...options, seed: 2 })];
    const entries = entriesOf(other.save());
    const file = writeSafetensors([...entries.filter(({ name }) => name !== 'out.bias'), { name: 'extra', shape: [1], data: new Float32Array(1) }], {});
    expect(() => net.load(file)).toThrow('strict: false loads what fits');
    const bias = net.parameters.find((slot) => slot.name === 'out.bias')!.read();
    expect(net.load(file, { strict: false })).toMatchObject({ missing: ['out.bias'], unexpected: ['extra'] });
    expect(net.parameters.map((slot) => slot.read())).toEqual(other.parameters.map((slot) => (slot.name === 'out.bias' ? bias : slot.read())));
  });

  test('that connect what a mask leaves out are refused', async () => {
    const [dense, sparse] = [await compile(models.lenet5(), { input: [1, 32, 32] }), await compile(models.lenet5({ sparseC3: true }), { input: [1, 32, 32] })];
    const before = sparse.save();
    expect(() => sparse.load(dense.save())).toThrow(/^weights: c3\.weight is .* at 75, expected 0: the model's mask leaves that weight out/);
    expect(sparse.save()).toEqual(before);
    expect(sparse.load(before)).toMatchObject({ missing: [], unexpected: [] });
  });

  test('cut short or foreign are a FormatError, and change nothing', async () => {
    const net = await compile(small(), options);
    const before = net.save();
    for (const bytes of [new Uint8Array(0), before.subarray(0, 5), before.subarray(0, before.length - 4), new TextEncoder().encode('hello, this is no file of weights')]) {
      expect(() => net.load(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }) as Error);
      expect(() => net.restore(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }) as Error);
    }
    expect(net.save()).toEqual(before);
  });
});

describe('checkpoints', () => {
  test('hold optimizer state, counters and the learning rate', async () => {
    const data = new MemoryDataset(8, [2, 4, 4], 3);
    const net = await compile(small(), options);
    const { images, labels } = data.batch(0, 4);
    net.stepSync(images, labels);
    net.learningRate = 0.01;
    const other = await compile(small(), { ...options, seed: 5 });
    other.restore(net.checkpoint());
    expect([other.steps, other.learningRate]).toEqual([1, 0.01]);
    expect(other.optimizerState.map((slot) => slot.name)).toContain('deep.weight.momentum_buffer');
    expect(other.checkpoint()).toEqual(net.checkpoint());
  });

  test('are refused where they do not fit, and nothing is restored', async () => {
    const net = await compile(small(), options);
    const before = net.checkpoint();
    expect(() => net.restore(net.save())).toThrow(expect.objectContaining({ name: 'FormatError', message: 'checkpoint: no convasm.updates in its metadata: expected a checkpoint, not weights alone' }) as Error);
    const plain = await compile(small(), { ...options, optimizer: optimizers.sgd({ lr: 0.1 }) });
    expect(() => net.restore(plain.checkpoint())).toThrow(/missing optimizer\.conv\.weight\.momentum_buffer/);
    expect(() => plain.restore(before)).toThrow(/unexpected optimizer\.conv\.weight\.momentum_buffer/);
    expect(net.checkpoint()).toEqual(before);
  });
});
