import { encode } from 'fast-png';
import { beforeAll, describe, expect, test } from 'vitest';
import { classify } from '../../src/classify.js';
import { digits } from '../../src/data/digits.js';
import { compile, layers, models, type Network } from '../../src/index.js';
import { readSafetensors } from '../../src/io/safetensors.js';
import { lenet5Weights } from '../../src/weights/lenet5.js';

// The shipped weights, and pictures read by them.

let net: Network;
beforeAll(async () => {
  net = await compile(models.lenet5(), { input: [1, 32, 32] });
  net.load(lenet5Weights());
});

test('the weights say what they are, in half floats within 125 kB', () => {
  const bytes = lenet5Weights();
  expect(bytes.length).toBeLessThan(125_000);
  const { tensors, metadata } = readSafetensors(bytes, 'lenet5.safetensors');
  expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['F16']));
  expect(metadata).toMatchObject({ model: 'lenet5', seed: '1', data: 'mnist', command: expect.stringMatching(/^convasm train --model lenet5 .*--holdout 1000/) });
  expect(Number(metadata['accuracy'])).toBeGreaterThanOrEqual(0.985);
});

test('drawn digits, of another kind than it was trained on, are read from PNG files: 88 %', async () => {
  const { test: drawn } = digits({ train: 1, test: 200, seed: 3 });
  const image = new Float32Array(1024);
  let right = 0;
  for (let i = 0; i < drawn.length; i++) {
    drawn.read(i, image, 0);
    const png = encode({ width: 32, height: 32, channels: 1, data: Uint8Array.from(image, (ink) => Math.round(255 * ink)) });
    const [best] = await classify(net, png, { top: 1 });
    right += Number(best!.class === String(drawn.labels[i]));
  }
  expect(right / drawn.length).toBeGreaterThan(0.85);
});

describe('a stroke', () => {
  const width = 90;
  const height = 60;
  const stroke = (ink: number[], paper: number[], channels: number) => {
    const data = new Uint8ClampedArray(width * height * channels);
    for (let i = 0; i < width * height; i++) data.set(i % width >= 42 && i % width < 47 && i >= 8 * width && i < 52 * width ? ink : paper, i * channels);
    return { width, height, data };
  };
  const rgba = stroke([0, 0, 0, 255], [255, 255, 255, 255], 4);
  const png = encode({ ...rgba, data: new Uint8Array(rgba.data), channels: 4 });

  test('is the same as pixels, as bytes, as a file', async () => {
    const all = [rgba as unknown as ImageData, png, png.buffer.slice(png.byteOffset, png.byteOffset + png.length) as ArrayBuffer, new Blob([png as Uint8Array<ArrayBuffer>])];
    const said = await Promise.all(all.map((one) => classify(net, one)));
    expect(said[0]!.map((one) => one.class).toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(said[0]![0]).toMatchObject({ class: '1' });
    expect(said[0]!.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    for (const other of said.slice(1)) expect(other).toEqual(said[0]);
  });

  test('light on dark and on nothing too', async () => {
    for (const one of [stroke([255], [0], 1), stroke([255, 255], [0, 0], 2), stroke([10, 20, 90], [250, 240, 255], 3)]) {
      const channels = one.data.length / (width * height);
      expect((await classify(net, { ...one, channels, max: 255 }, { top: 1 }))[0]!.class).toBe('1');
    }
  });

  test('a recipe of one\'s own names the classes', async () => {
    const classes = Array.from({ length: 10 }, (_, i) => `digit ${i}`);
    expect(await classify(net, png, { top: 1, recipe: { input: [1, 32, 32], classes } })).toMatchObject([{ class: 'digit 1' }]);
    await expect(classify(net, png, { recipe: { input: [1, 32, 32], classes: ['one'] } })).rejects.toThrow('1 classes named, the network has 10 outputs');
  });

  test('errors name the picture', async () => {
    await expect(classify(net, new File(['GIF89a'], 'seven.gif'))).rejects.toThrow(/^seven\.gif: starts with 0x474946383961; here only PNG is decoded/);
    await expect(classify(net, png.subarray(0, 40), { name: 'cut' })).rejects.toThrow(/^cut: ends at byte 40 inside the chunk at byte 33/);
    await expect(classify(net, png, { top: 0 })).rejects.toThrow('classify: top is 0');
    const bare = await compile(models.lenet5(), { input: [1, 32, 32] });
    await expect(classify(bare, png)).rejects.toThrow(/^the weights say nothing of preprocessing/);
    const wide = await compile(new layers.Sequential({ c: new layers.Conv2d(1, 2, 3) }), { input: [1, 32, 32] });
    await expect(classify(wide, png)).rejects.toThrow("classify: the network's output is [2, 30, 30]");
  });
});
