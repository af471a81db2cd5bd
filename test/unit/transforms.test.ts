import { describe, expect, test } from 'vitest';
import { Random } from '../../src/core/random.js';
import { mixup } from '../../src/data/mixup.js';
import { normalize, randomAffine, randomCrop, randomErasing, randomHorizontalFlip, randomVerticalFlip, transformed, type Transform } from '../../src/data/transforms.js';
import { MemoryDataset } from '../support/memorydataset.js';

const shape = [2, 3, 4];
const image = (): Float32Array => Float32Array.from({ length: 24 }, (_, i) => i + 1);
const apply = (transform: Transform, seed = 1): number[] => {
  const out = image();
  transform.apply(out, shape, new Random(seed));
  return [...out];
};

describe('transforms', () => {
  test('normalize', () => {
    expect(apply(normalize({ mean: [1, 13], std: [2, 4] })).filter((_, i) => i % 12 < 3)).toEqual([0, 0.5, 1, 0, 0.25, 0.5]);
    expect(() => normalize({ mean: [1], std: [0] })).toThrow('transforms.normalize: std is 0');
  });

  test('flips', () => {
    expect(apply(randomHorizontalFlip({ p: 1 })).slice(0, 8)).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
    expect(apply(randomVerticalFlip({ p: 1 })).slice(0, 16)).toEqual([9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4, 21, 22, 23, 24]);
    expect(apply(randomHorizontalFlip({ p: 0 }))).toEqual([...image()]);
    const flips = Array.from({ length: 1000 }, (_, seed) => apply(randomHorizontalFlip(), seed)[0] === 4).filter(Boolean).length;
    expect(Math.abs(flips - 500)).toBeLessThan(80); // five deviations
  });

  test('randomCrop moves by at most the padding, in whole pixels', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const out = apply(randomCrop({ padding: 1, fill: -1 }), seed);
      const centre = out[5]!;
      seen.add(String(centre));
      const [dy, dx] = [Math.floor((centre - 1) / 4) - 1, ((centre - 1) % 4) - 1];
      for (let y = 0; y < 3; y++) {
        for (let x = 0; x < 4; x++) {
          const inside = y + dy >= 0 && y + dy < 3 && x + dx >= 0 && x + dx < 4;
          expect(out[y * 4 + x]).toBe(inside ? (y + dy) * 4 + x + dx + 1 : -1);
        }
      }
    }
    expect(seen.size).toBe(9);
  });

  test('randomAffine: nothing asked changes nothing, half a turn is both flips, a shift by a width is empty', () => {
    expect(apply(randomAffine({}))).toEqual([...image()]);
    const turned = image();
    randomAffine({ degrees: 180 }).apply(turned, shape, { between: (low: number, high: number) => (high === 180 ? 180 : (low + high) / 2) } as Random);
    turned.subarray(0, 12).forEach((value, i) => expect(value).toBeCloseTo(12 - i, 4));
    const half = image();
    randomAffine({ translate: [0.125, 0] }).apply(half, shape, { between: (_: number, high: number) => high } as Random);
    expect([...half.subarray(0, 4)]).toEqual([0.5, 1.5, 2.5, 3.5]); // half a pixel to the right, zero from outside
  });

  test('randomErasing overwrites one rectangle of the asked area in all channels', () => {
    for (let seed = 0; seed < 100; seed++) {
      const big = new Float32Array(2 * 40 * 40).fill(1);
      randomErasing({ p: 1, scale: [0.1, 0.2], value: 7 }).apply(big, [2, 40, 40], new Random(seed));
      const hit = Array.from(big.subarray(0, 1600), (value, i) => (value === 7 ? i : -1)).filter((i) => i >= 0);
      expect([...big.subarray(1600)].map((value, i) => (value === 7 ? i : -1)).filter((i) => i >= 0)).toEqual(hit);
      const [xs, ys] = [hit.map((i) => i % 40), hit.map((i) => Math.floor(i / 40))];
      const area = (Math.max(...xs) - Math.min(...xs) + 1) * (Math.max(...ys) - Math.min(...ys) + 1);
      expect(hit.length).toBe(area);
      expect(area / 1600).toBeGreaterThan(0.08);
      expect(area / 1600).toBeLessThan(0.22);
    }
  });

  test('a data set seen through them reads the same each time', () => {
    const data = new MemoryDataset(5, [1, 6, 6], 3);
    const seen = transformed(data, [randomCrop({ padding: 2 }), randomErasing({ p: 1 })]);
    const read = (index: number): number[] => {
      const out = new Float32Array(40);
      seen.read(index, out, 2);
      return [...out];
    };
    expect(read(3)).toEqual(read(3));
    expect(read(3).slice(0, 2)).toEqual([0, 0]);
    expect(read(3)).not.toEqual(read(2));
  });
});

test('mixup mixes images and targets alike, by factors spread as Beta(alpha, alpha)', () => {
  const factors: number[] = [];
  for (let step = 0; step < 2000; step++) {
    const images = Float32Array.of(1, 0, 0, 1);
    const targets = mixup(images, Int32Array.of(0, 1), 2, 0.5, { seed: 1, step });
    expect([...targets]).toEqual([...images]); // the images are the one-hot rows themselves
    if (targets[1] !== 0) factors.push(targets[0]!);
  }
  // Beta(1/2, 1/2): mean 1/2, variance 1/8; about half of the draws pair each image with itself.
  const mean = factors.reduce((a, b) => a + b) / factors.length;
  const variance = factors.reduce((a, b) => a + (b - mean) ** 2, 0) / factors.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(0.125 / factors.length));
  expect(Math.abs(variance - 0.125)).toBeLessThan(0.02);
});
