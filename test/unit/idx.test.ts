import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { FormatError, OptionError } from '../../src/core/errors.js';
import { idx, parseIdx } from '../../src/data/idx.js';
import { openData } from '../../src/data/open.js';

const folders: string[] = [];
let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'convasm-idx-'));
  folders.push(dir);
});
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function header(magic: number, ...sizes: number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * sizes.length);
  const view = new DataView(bytes.buffer);
  [magic, ...sizes].forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}

function file(magic: number, sizes: number[], data: number[]): Uint8Array {
  return new Uint8Array([...header(magic, ...sizes), ...data]);
}

const images = (n: number, side = 2) => file(0x803, [n, side, side], Array.from({ length: n * side * side }, (_, i) => i % 256));
const labels = (n: number) => file(0x801, [n], Array.from({ length: n }, (_, i) => i % 10));

function put(name: string, bytes: Uint8Array): void {
  writeFileSync(join(dir, name), bytes);
}

function pair(n: number, stem = 'train', side = 2): void {
  put(`${stem}-images-idx3-ubyte`, images(n, side));
  put(`${stem}-labels-idx1-ubyte`, labels(n));
}

describe('a folder', () => {
  test('two halves, one of them packed, become training and test set', async () => {
    pair(5);
    put('t10k-images-idx3-ubyte.gz', gzipSync(images(3)));
    put('t10k-labels-idx1-ubyte.gz', gzipSync(labels(3)));
    const { train, test: held } = await idx(dir);
    expect([train.length, held?.length]).toEqual([5, 3]);
    expect(train.shape).toEqual([1, 2, 2]);
    expect([...train.labels]).toEqual([0, 1, 2, 3, 4]);
    expect(train.classes).toHaveLength(10);
  });

  test('pixels are byte / 255 rounded to float32, 28x28 gets a border of 2', async () => {
    pair(2, 'train', 28);
    const { train } = await idx(dir);
    const out = new Float32Array(1024 + 1).fill(7);
    train.read(1, out, 1);
    expect(train.shape).toEqual([1, 32, 32]);
    expect(out[0]).toBe(7);
    expect([...out.subarray(1, 1 + 64)].every((value) => value === 0)).toBe(true);
    expect(out[1 + 2 * 32 + 2 + 5]).toBe(Math.fround(((784 + 5) % 256) / 255));
    expect((await idx(dir, { padding: 0 })).train.shape).toEqual([1, 28, 28]);
  });

  test.each(['t10k', 'mine', 'emnist-digits-test'])('a single pair named %s is split by holdout and seed', async (stem) => {
    pair(20, stem);
    expect((await idx(dir)).test).toBeNull();
    const first = await idx(dir, { holdout: 6, seed: 3 });
    const again = await idx(dir, { holdout: 6, seed: 3 });
    const other = await idx(dir, { holdout: 6, seed: 4 });
    expect([first.train.length, first.test?.length]).toEqual([14, 6]);
    expect(again.test?.labels).toEqual(first.test?.labels);
    expect(other.test?.labels).not.toEqual(first.test?.labels);
  });

  test('names without idx in them, and dots for dashes', async () => {
    put('train.images', images(4));
    put('train.labels', labels(4));
    expect((await idx(dir)).train.length).toBe(4);
  });

  test('more than ten classes when a label says so', async () => {
    put('a-images-idx3', images(2));
    put('a-labels-idx1', file(0x801, [2], [3, 46]));
    expect((await idx(dir)).train.classes).toHaveLength(47);
  });
});

describe('refused, naming the file', () => {
  const refusal = async (options = {}) => {
    const error = await idx(dir, options).then(() => null, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    return `${(error as Error).name}: ${(error as Error).message}`;
  };

  test('cut short', async () => {
    pair(60);
    put('train-images-idx3-ubyte', images(60).subarray(0, 16 + 40));
    expect(await refusal()).toBe(
      'FormatError: train-images-idx3-ubyte: header promises 60 images of 2x2 (240 bytes), 40 follow byte 16. Likely cut short: fetch it again.',
    );
  });

  test('bytes left over', async () => {
    pair(3);
    put('train-labels-idx1-ubyte', new Uint8Array([...labels(3), 1]));
    expect(await refusal()).toMatch(/^FormatError: train-labels-idx1-ubyte: header promises 3 labels, more follow at byte 11/);
  });

  test('a header that ends early, and an empty file', async () => {
    pair(3);
    put('train-images-idx3-ubyte', images(3).subarray(0, 9));
    expect(await refusal()).toMatch(/ends at byte 9, expected an IDX header of 16 bytes/);
    put('train-images-idx3-ubyte', new Uint8Array(0));
    expect(await refusal()).toMatch(/ends at byte 0/);
  });

  test('another magic', async () => {
    pair(3);
    put('train-images-idx3-ubyte', file(0xd03, [3, 2, 2], []));
    expect(await refusal()).toMatch(/starts with 0x00000d03, expected 0x00000803 \(IDX images of unsigned bytes\)/);
  });

  test('counts that differ', async () => {
    pair(3);
    put('train-labels-idx1-ubyte', labels(4));
    expect(await refusal()).toBe('FormatError: train-labels-idx1-ubyte: 4 labels, expected 3 as there are images in train-images-idx3-ubyte');
  });

  test.each([
    [[0, 2, 2], /promises 0 images/],
    [[1, 0, 2], /images of 0x2, expected sides/],
    [[1, 4294967295, 4294967295], /images of 4294967295x4294967295, expected sides/],
    [[4294967295, 4096, 4096], /bytes, expected at most 2,000,000,000/],
  ])('a header of %j', async (sizes, message) => {
    pair(3);
    put('train-images-idx3-ubyte.gz', gzipSync(file(0x803, sizes as number[], [1])));
    rmSync(join(dir, 'train-images-idx3-ubyte'));
    expect(await refusal()).toMatch(message);
  });

  test('gzip that is none, is cut, is corrupt', async () => {
    pair(300);
    rmSync(join(dir, 'train-images-idx3-ubyte'));
    put('train-images-idx3-ubyte.gz', images(3));
    expect(await refusal()).toMatch(/train-images-idx3-ubyte.gz: starts with 0x0000, expected 0x1f8b \(gzip\)/);
    const packed = gzipSync(images(300));
    put('train-images-idx3-ubyte.gz', packed.subarray(0, packed.length - 40));
    expect(await refusal()).toMatch(/^FormatError: train-images-idx3-ubyte.gz: gzip stream breaks off after/);
    packed.fill(0x55, 30, 60);
    put('train-images-idx3-ubyte.gz', packed);
    expect(await refusal()).toMatch(/^FormatError: train-images-idx3-ubyte.gz: gzip stream breaks off after/);
  });

  test('a small file that unpacks to far more than its header promises is not unpacked', async () => {
    pair(3);
    rmSync(join(dir, 'train-images-idx3-ubyte'));
    const bomb = Buffer.concat([header(0x803, 3, 2, 2), Buffer.alloc(300e6)]);
    put('train-images-idx3-ubyte.gz', gzipSync(bomb, { level: 1 }));
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal()).toMatch(/header promises 3 images of 2x2 \(12 bytes\), more follow at byte 28/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  });

  test('folders: missing, a file, empty, one half of a pair, halves nobody can tell apart', async () => {
    await expect(idx(join(dir, 'nowhere'))).rejects.toThrow(OptionError);
    put('file', images(1));
    await expect(idx(join(dir, 'file'))).rejects.toThrow(/a file, expected a folder/);
    expect(await refusal()).toMatch(/no IDX files/);
    put('b-images-idx3', images(1));
    expect(await refusal()).toMatch(/b-images-idx3: no label file beside it/);
    pair(1, 'b2');
    put('b-labels-idx1', labels(1));
    expect(await refusal()).toMatch(/2 sets of images \(b-images-idx3, b2-images-idx3-ubyte\)/);
  });

  test('labels alone', async () => {
    put('train-labels-idx1-ubyte', labels(1));
    expect(await refusal()).toMatch(/train-labels-idx1-ubyte: no image file beside it/);
  });

  test('options out of range', async () => {
    pair(10);
    expect(await refusal({ holdout: 10 })).toMatch(/^OptionError: holdout is 10, expected less than the 10 images/);
    expect(await refusal({ holdout: -1 })).toMatch(/^OptionError: holdout is -1/);
    expect(await refusal({ holdout: 1.5 })).toMatch(/^OptionError/);
    expect(await refusal({ padding: -1 })).toMatch(/^OptionError: padding is -1/);
    expect(await refusal({ holdout: 2, seed: -1 })).toMatch(/^OptionError: seed is -1/);
  });
});

test('whatever the bytes, parsing ends in sizes that fit or a FormatError', () => {
  const start = fc.constantFrom(header(0x803, 1, 2, 2), header(0x803, 2, 1, 1), new Uint8Array(0));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 40 }), (head, rest) => {
      const bytes = new Uint8Array([...head, ...rest]);
      try {
        const { sizes, values } = parseIdx(bytes, 'file', 'images');
        expect(sizes[0]! * sizes[1]! * sizes[2]!).toBe(values.length);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
  );
});

describe('openData', () => {
  test('says what is accepted and what was found', async () => {
    await expect(openData(dir)).rejects.toThrow(/: no files, expected IDX files/);
    put('cat.jpg', images(1));
    await expect(openData(dir)).rejects.toThrow(/cat\.jpg, expected IDX files .*, digits CSV files .*, CIFAR-10 files .* or a folder/);
  });

  test('opens IDX, refuses a folder with both formats', async () => {
    pair(4);
    expect((await openData(dir)).train.length).toBe(4);
    put('x_tra.csv', new Uint8Array(3));
    await expect(openData(dir)).rejects.toThrow(/both IDX .* and CSV/);
  });
});
