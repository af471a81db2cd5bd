import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import type { Dataset } from '../../src/data/dataset.js';
import { digits } from '../../src/data/digits.js';

const SIDE = 32;

function image(data: Dataset, index: number): Float32Array {
  const out = new Float32Array(SIDE * SIDE);
  data.read(index, out, 0);
  return out;
}

/** SHA-256 of a data set's grey levels and labels. */
function digest(data: Dataset): string {
  const hash = createHash('sha256');
  for (let i = 0; i < data.length; i++) hash.update(Uint8Array.from(image(data, i), (v) => Math.round(v * 255))).update(`${data.labels[i]}`);
  return hash.digest('hex');
}

/** First and last column and row with ink above `level`, and the centre of mass. */
function measure(pixels: Float32Array, level: number) {
  let left = SIDE, right = -1, top = SIDE, bottom = -1, mass = 0, x = 0, y = 0;
  pixels.forEach((ink, at) => {
    const column = at % SIDE;
    const row = Math.floor(at / SIDE);
    mass += ink;
    x += ink * column;
    y += ink * row;
    if (ink <= level) return;
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  });
  return { width: right - left + 1, height: bottom - top + 1, x: x / mass, y: y / mass, mass };
}

const { train, test: held } = digits({ train: 400, test: 100 });

describe('drawn digits', () => {
  test('have a name, shapes, classes and counts', () => {
    for (const [half, length] of [[train, 400], [held, 100]] as const) {
      expect(half.name).toBe('drawn digits');
      expect(half.length).toBe(length);
      expect(half.shape).toEqual([1, SIDE, SIDE]);
      expect(half.classes).toEqual([...'0123456789']);
      expect(half.labels.length).toBe(length);
    }
  });

  test('are the same bytes on every engine', () => {
    expect(digest(train)).toBe('6ae5d4f046dc0691a8c7a8ba5d904bd1535c91638bf5ac7849dc4815918f0ba0');
    expect(digest(held)).toBe('b0dfe93e7a9ab0c1ed6b9c05ee77be47d94e4f8a441fc55b6cd25faeab12b155');
  });

  test('depend on the seed', () => {
    expect(digest(digits({ train: 400, test: 0, seed: 1 }).train)).toBe(digest(train));
    expect(digest(digits({ train: 400, test: 0, seed: 2 }).train)).not.toBe(digest(train));
  });

  test('image i depends on the seed, the half and i alone', () => {
    const few = digits({ train: 7, test: 3 });
    for (let i = 0; i < 7; i++) expect(image(few.train, i)).toEqual(image(train, i));
    for (let i = 0; i < 3; i++) expect(image(few.test, i)).toEqual(image(held, i));
    for (let i = 0; i < 3; i++) expect(image(few.test, i)).not.toEqual(image(few.train, i));
  });

  test('no two are alike', () => {
    expect(new Set(Array.from({ length: 400 }, (_, i) => image(train, i).join())).size).toBe(400);
  });

  test('are balanced', () => {
    for (let digit = 0; digit < 10; digit++) expect(train.labels.filter((label) => label === digit).length).toBe(40);
  });

  test('are grey levels k/255 as float32, from 0 to 1', () => {
    for (let i = 0; i < train.length; i++) {
      for (const v of image(train, i)) if (v !== Math.fround(Math.round(v * 255) / 255) || v < 0 || v > 1) expect.fail(`image ${i} has ${v}`);
    }
  });

  test('fill the 20 x 20 box and sit on their centre of mass', () => {
    for (let i = 0; i < train.length; i++) {
      const { width, height, x, y, mass } = measure(image(train, i), 0.5);
      expect(Math.max(width, height), `image ${i}`).toBeGreaterThanOrEqual(18);
      expect(Math.max(width, height), `image ${i}`).toBeLessThanOrEqual(22);
      expect(Math.abs(x - 15.5), `image ${i}`).toBeLessThanOrEqual(0.6);
      expect(Math.abs(y - 15.5), `image ${i}`).toBeLessThanOrEqual(0.6);
      expect(mass, `image ${i}`).toBeGreaterThan(15);
    }
  });

  test('the border that pads 28 to 32 stays empty, and read() writes its own 1024 numbers only', () => {
    const out = new Float32Array(3 * SIDE * SIDE).fill(7);
    held.read(5, out, SIDE * SIDE);
    expect(out.subarray(0, SIDE * SIDE).every((v) => v === 7)).toBe(true);
    expect(out.subarray(2 * SIDE * SIDE).every((v) => v === 7)).toBe(true);
    out.subarray(SIDE * SIDE, 2 * SIDE * SIDE).forEach((v, at) => {
      const row = Math.floor(at / SIDE);
      const column = at % SIDE;
      if (Math.min(row, column) < 2 || Math.max(row, column) > 29) expect(v).toBe(0);
    });
  });

  test('14,000 of them by default; none is fine too', () => {
    const all = digits();
    expect([all.train.length, all.test.length]).toEqual([12000, 2000]);
    expect(digits({ train: 0, test: 0 }).train.length).toBe(0);
  });

  test('refuse what they cannot draw', () => {
    for (const count of [-1, 1.5, NaN, Infinity, 1_000_001]) {
      expect(() => digits({ train: count })).toThrow(OptionError);
      expect(() => digits({ train: 0, test: count })).toThrow(`test is ${count}, expected an integer from 0 to 1000000`);
    }
    for (const seed of [-1, 0.5, NaN]) expect(() => digits({ train: 0, test: 0, seed })).toThrow(OptionError);
  });
});

test('drawn when first read, in any order, they are the same', () => {
  const lazy = digits({ train: 20, test: 10, seed: 3, lazy: true });
  const eager = digits({ train: 20, test: 10, seed: 3 });
  for (const half of ['train', 'test'] as const) {
    for (let i = eager[half].length - 1; i >= 0; i--) expect(image(lazy[half], i)).toEqual(image(eager[half], i));
    expect(lazy[half].labels).toEqual(eager[half].labels);
  }
});
