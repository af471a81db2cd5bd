import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'fast-png';
import { afterAll, describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.js';
import { cifar10, folder, openData } from '../../src/data/index.js';
import { prepareBytes } from '../../src/data/images/prepare.js';
import { decodeImage } from '../../src/data/images/raster.js';
import { normalize, transformed } from '../../src/data/transforms.js';
import type { Raster } from '../../src/pixels/raster.js';
import { resize, resizeAndCrop } from '../../src/pixels/resize.js';
import { compile, fit, layers, losses, optimizers } from '../../src/entries/default.js';

const { Flatten, Linear, Sequential } = layers;

// Images and what Pillow made of them: images/make.py.

const here = path.join(import.meta.dirname, 'images');
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(here, name)));
const pillow = JSON.parse(readFileSync(path.join(here, 'pillow.json'), 'utf8')) as Record<string, { size: [number, number]; rgb: string; shrunk: string; grown: string; centre: string; luma: string }>;
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const dir = mkdtempSync(path.join(tmpdir(), 'convasm-images-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe.each(Object.entries(pillow))('%s', (name, want) => {
  test('decodes, and is resized, as in Pillow, to the last bit', async () => {
    const image = await decodeImage(fixture(name), name);
    const prints = ({ data }: Raster): string => sha(data);
    expect([image.width, image.height]).toEqual(want.size);
    expect([prints(image), prints(resize(image, [17, 11])), prints(resize(image, [31, 90])), prints(resizeAndCrop(image, 20, [16, 16]))]).toEqual([want.rgb, want.shrunk, want.grown, want.centre]);
    const luma = await prepareBytes(fixture(name), name, [1, want.size[1], want.size[0]], Math.min(...want.size));
    expect(sha(luma)).toBe(want.luma);
  });
});

test('16 bits give their upper eight, in colour and grey', async () => {
  const deep = encode({ width: 2, height: 1, data: Uint16Array.of(65535, 256, 255, 0, 513, 32768), channels: 3, depth: 16 });
  expect([...(await decodeImage(deep, 'deep.png')).data]).toEqual([255, 1, 0, 0, 2, 128]);
  const grey = encode({ width: 1, height: 1, data: Uint16Array.of(0x1234), channels: 1, depth: 16 });
  expect([...(await decodeImage(grey, 'grey.png')).data]).toEqual([0x12, 0x12, 0x12]);
});

describe('JPEG files that are refused', () => {
  const jpeg = fixture('colour.jpg');
  test('cut short at any byte', async () => {
    for (let length = 0; length < jpeg.length - 1; length += 11) await expect(decodeImage(jpeg.subarray(0, length), 'a.jpg'), `${length}`).rejects.toThrow(/^a\.jpg: offset [\d,]+: /);
  });

  test('with more pixels than their bytes can hold, other colours, other formats', async () => {
    const large = jpeg.slice();
    const frame = Buffer.from(large).indexOf(Buffer.of(0xff, 0xc0));
    new DataView(large.buffer).setUint32(frame + 5, (4000 << 16) | 4000);
    await expect(decodeImage(large, 'a.jpg')).rejects.toThrow(/4000x4000 pixels, which [\d,]+ bytes cannot hold/);
    new DataView(large.buffer).setUint32(frame + 5, 0xffffffff);
    await expect(decodeImage(large, 'a.jpg')).rejects.toThrow(`a.jpg: offset ${frame}: 65535x65535 pixels, expected sides up to 16,384`);
    await expect(decodeImage(fixture('cmyk.jpg'), 'c.jpg')).rejects.toThrow(/4 colours \(CMYK\?\), expected 1 or 3/);
    await expect(decodeImage(Buffer.from('GIF89a..'), 'a.gif')).rejects.toThrow('a.gif: offset 0: starts with 0x4749463839612e2e, expected a PNG or JPEG image');
  });

  test('any byte changed is another picture or a FormatError', async () => {
    for (let at = 0; at < jpeg.length; at += 3) {
      const bytes = jpeg.slice();
      bytes[at]! ^= 0x55;
      await decodeImage(bytes, 'a.jpg').catch((error: unknown) => expect(error).toBeInstanceOf(FormatError));
    }
    expect(sha((await decodeImage(jpeg, 'a.jpg')).data)).toBe(pillow['colour.jpg']!.rgb); // the decoder still works
  });
});

describe('a folder of images', () => {
  const place = (from: string, ...to: string[]): void => {
    mkdirSync(path.join(dir, ...to.slice(0, -1)), { recursive: true });
    cpSync(path.join(here, from), path.join(dir, ...to));
  };
  place('rgb.png', 'one', 'b', '1.png');
  place('grey.jpg', 'one', 'a', '1.JPG');
  place('palette.png', 'one', 'a', '2.png');
  writeFileSync(path.join(dir, 'one', 'a', 'notes.txt'), 'no image');
  place('rgb.png', 'two', 'train', 'x', '1.png');
  place('rgba.png', 'two', 'train', 'y', '1.png');
  place('full.jpg', 'two', 'val', 'x', '1.jpg');
  place('full.jpg', 'two', 'val', 'y', '1.jpg');

  test('has its folders as classes, in order', async () => {
    const { train, test: none } = await folder(path.join(dir, 'one'), { shape: [3, 16, 16], side: 20 });
    expect(none).toBeNull();
    expect(train).toMatchObject({ length: 3, shape: [3, 16, 16], classes: ['a', 'b'] });
    expect([...train.labels]).toEqual([0, 0, 1]);
    const out = new Float32Array(770);
    train.read(2, out, 1);
    const planes = Uint8Array.from(out.subarray(1, 769), (value) => Math.round(value * 255));
    expect(sha(Uint8Array.from({ length: 768 }, (_, i) => planes[(i % 3) * 256 + Math.floor(i / 3)]!))).toBe(pillow['rgb.png']!.centre);
    expect([out[0], out[769]]).toEqual([0, 0]);
  });

  test('may have halves, else some are held out', async () => {
    const halves = await openData(path.join(dir, 'two'), { shape: [1, 8, 8] });
    expect([halves.train.length, halves.test!.length, halves.preprocessing]).toEqual([2, 2, { scale: 'bytes / 255', padding: 0, side: 9 }]);
    expect((await openData(path.join(dir, 'one'), { shape: [3, 8, 8], holdout: 1 })).test!.length).toBe(1);
  });

  test('is decoded as it goes where memory is to hold a batch alone', async () => {
    const options = { shape: [3, 16, 16], side: 20 };
    const [{ train: all }, { train: lazy }] = [await folder(path.join(dir, 'one'), options), await folder(path.join(dir, 'one'), { ...options, inMemory: false })];
    const [want, got] = [new Float32Array(3 * 768), new Float32Array(3 * 768)];
    expect(() => lazy.read(0, got, 0)).toThrow('image 0 is not in memory, expected prepare([0]) to be awaited first');
    for (const part of [[2, 0], [1]]) {
      await lazy.prepare!(part);
      for (const i of part) lazy.read(i, got, i * 768);
    }
    expect(() => lazy.read(0, got, 0)).toThrow('image 0 is not in memory');
    for (let i = 0; i < 3; i++) all.read(i, want, i * 768);
    expect(got).toEqual(want);
    const { train, test: held } = await folder(path.join(dir, 'one'), { ...options, inMemory: false, holdout: 1 });
    const net = await compile(new Sequential({ f: new Flatten(), l: new Linear(768, 2) }), { input: [3, 16, 16], batchSize: 2, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1 }) });
    const seen = transformed(train, [normalize({ mean: [0, 0, 0], std: [1, 1, 1] })]);
    for await (const { validation } of fit(net, seen, { epochs: 2, validation: held! })) expect(validation!.count).toBe(1);
    expect(net.steps).toBe(2);
  });

  test('is refused where something is wrong with it', async () => {
    place('rgb.png', 'bad', 'a', '1.png');
    mkdirSync(path.join(dir, 'bad', 'b'));
    await expect(folder(path.join(dir, 'bad'))).rejects.toThrow(/bad.b: no PNG or JPEG images, expected the images of class b/);
    writeFileSync(path.join(dir, 'bad', 'b', 'x.jpg'), fixture('colour.jpg').subarray(0, 300));
    await expect(folder(path.join(dir, 'bad'))).rejects.toThrow(/bad.b.x\.jpg: offset \d+: /);
    await expect(folder(path.join(dir, 'one', 'a'))).rejects.toThrow('no folders of PNG or JPEG images, expected one per class');
    await expect(folder(path.join(dir, 'one'), { shape: [2, 8, 8] })).rejects.toThrow('folder: shape is 2x8x8, expected [1 or 3, height, width]');
    await expect(folder(path.join(dir, 'one'), { shape: [3, 8, 8], side: 7 })).rejects.toThrow('folder: side is 7, expected an integer from 8');
  });
});

describe('CIFAR-10 files', () => {
  const cifar = path.join(dir, 'cifar');
  mkdirSync(cifar);
  const records = (count: number): Uint8Array => Uint8Array.from({ length: count * 3073 }, (_, i) => (i % 3073 === 0 ? Math.floor(i / 3073) % 10 : (i * 7) % 256));

  test('are read plane by plane', async () => {
    writeFileSync(path.join(cifar, 'data_batch_1.bin'), records(4));
    writeFileSync(path.join(cifar, 'data_batch_2.bin'), records(3));
    writeFileSync(path.join(cifar, 'test_batch.bin'), records(2));
    const { train, test: half } = await openData(cifar);
    expect([train.length, half!.length, train.classes[3], [...train.labels]]).toEqual([7, 2, 'cat', [0, 1, 2, 3, 0, 1, 2]]);
    const out = new Float32Array(3072);
    train.read(4, out, 0);
    expect([...out.subarray(0, 3)]).toEqual([7, 14, 21].map((byte) => Math.fround(byte / 255)));
  });

  test('cut short or of another kind are refused with file and offset', async () => {
    writeFileSync(path.join(cifar, 'data_batch_1.bin'), records(4).subarray(0, 10000));
    await expect(cifar10(cifar)).rejects.toThrow('data_batch_1.bin: ends at byte 10,000, expected whole records of 3,073 bytes');
    const wrong = records(4);
    wrong[3073] = 10;
    writeFileSync(path.join(cifar, 'data_batch_1.bin'), wrong);
    await expect(cifar10(cifar)).rejects.toThrow('data_batch_1.bin: offset 3,073: label 10, expected 0 to 9');
  });
});
