import { expect, test } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import { gather, order } from '../../src/data/batches.js';
import type { Dataset } from '../../src/data/dataset.js';
import { holdOut, subset } from '../../src/data/split.js';

/** Image i is [i, i + 0.5]; its label i % 10. */
function ramp(length: number): Dataset {
  return {
    name: 'ramp',
    length,
    shape: [1, 1, 2],
    classes: Array.from('0123456789'),
    labels: Int32Array.from({ length }, (_, i) => i % 10),
    read: (index, out, offset) => out.set([index, index + 0.5], offset),
  };
}

function firstPixels(data: Dataset): number[] {
  const out = new Float32Array(2);
  return Array.from({ length: data.length }, (_, i) => (data.read(i, out, 0), out[0]!));
}

test('a subset reads its images and labels in the order given', () => {
  const part = subset(ramp(10), Uint32Array.of(7, 2), 'part');
  expect([part.length, ...part.labels, ...firstPixels(part)]).toEqual([2, 7, 2, 7, 2]);
});

test('held-out images and the rest are together all images, once', () => {
  const { train, test: held } = holdOut(ramp(50), { holdout: 20, seed: 5 });
  const all = [...firstPixels(train), ...firstPixels(held!)].sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(firstPixels(held!)).toHaveLength(20);
});

test('the draw is fixed by the seed, for good', () => {
  expect(firstPixels(holdOut(ramp(12), { holdout: 4, seed: 1 }).test!)).toMatchInlineSnapshot(`
    [
      1,
      7,
      8,
      10,
    ]
  `);
});

test.each([50, 51, -1, 0.5, Number.NaN])('holdout %d of 50 is refused', (holdout) => {
  expect(() => holdOut(ramp(50), { holdout })).toThrow(OptionError);
});

test('order is a permutation that depends on seed and epoch only', () => {
  const first = order(100, 1, 0);
  expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(order(100, 1, 0)).toEqual(first);
  expect(order(100, 1, 1)).not.toEqual(first);
  expect(order(100, 2, 0)).not.toEqual(first);
  expect([...order(8, 1, 0)]).toMatchInlineSnapshot(`
    [
      7,
      5,
      2,
      6,
      1,
      3,
      4,
      0,
    ]
  `);
});

test('gather fills a batch and leaves the rest of the buffers alone', () => {
  const images = new Float32Array(6).fill(-1);
  const labels = new Int32Array(3).fill(-1);
  gather(ramp(10), [3, 1, 4], 1, 3, images, labels);
  expect([...images]).toEqual([1, 1.5, 4, 4.5, -1, -1]);
  expect([...labels]).toEqual([1, 4, -1]);
  expect(() => gather(ramp(10), [3, 1, 4], 0, 3, images.subarray(0, 4), labels)).toThrow(OptionError);
});
