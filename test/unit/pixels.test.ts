import { describe, expect, test } from 'vitest';
import { toGrey, toPlanes, type Pixels } from '../../src/pixels/pixels.js';
import { recipeOf, tensorOf, type Recipe } from '../../src/pixels/recipe.js';
import { centreOf, resized } from '../../src/pixels/resize.js';
import { readPixels, type ImageSource } from '../../src/pixels/source.js';

const ramp = (width: number, height: number): Float32Array => Float32Array.from({ length: width * height }, (_, i) => (i % width) * 0.01 + Math.floor(i / width) * 0.1);

/** Σ over all pixels of the triangle's weight, by definition, in two dimensions at once. */
function oracle(plane: Float32Array, width: number, height: number, scaled: [number, number], at: [number, number]): number {
  const weight = (from: number, to: number, o: number, i: number): number => {
    const reach = Math.max(1, from / to);
    return Math.max(0, 1 - Math.abs(i + 0.5 - (o + 0.5) * (from / to)) / reach);
  };
  let [sum, total] = [0, 0];
  plane.forEach((value, i) => {
    const w = weight(width, scaled[0], at[0], i % width) * weight(height, scaled[1], at[1], Math.floor(i / width));
    sum += w * value;
    total += w;
  });
  return sum / total;
}

describe('resize', () => {
  test.each([[8, 8, 8, 8], [9, 7, 3, 2], [5, 4, 11, 9], [300, 2, 20, 2], [1, 1, 4, 4]])('%dx%d to %dx%d is the triangle filter', (width, height, w, h) => {
    const plane = ramp(width, height).map((value, i) => value + ((i * 7919) % 13));
    const out = resized(plane, { from: height, scaled: h, offset: 0, to: h }, { from: width, scaled: w, offset: 0, to: w });
    const wanted = Array.from(out, (_, i) => oracle(plane, width, height, [w, h], [i % w, Math.floor(i / w)]));
    // Two roundings to float32, of the narrowed rows and of the result, each within 2^-24 of values up to 15.
    out.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(2 * 15 * 2 ** -24));
  });

  test('the same size keeps every bit', () => {
    const plane = ramp(6, 5);
    const line = (from: number) => ({ from, scaled: from, offset: 0, to: from });
    expect(resized(plane, line(5), line(6))).toEqual(plane);
  });

  test('the centre is cut out of the scaled picture, halves to the even pixel', () => {
    expect(centreOf({ width: 640, height: 480 }, 256, 224, 224)).toEqual({ rows: { from: 480, scaled: 256, offset: 16, to: 224 }, columns: { from: 640, scaled: 341, offset: 58, to: 224 } });
    expect(centreOf({ width: 10, height: 7 }, 7, 4, 7)).toMatchObject({ rows: { offset: 2 }, columns: { offset: 2 } });
    const plane = ramp(9, 7);
    const whole = resized(plane, { from: 7, scaled: 14, offset: 0, to: 14 }, { from: 9, scaled: 18, offset: 0, to: 18 });
    const part = resized(plane, { from: 7, scaled: 14, offset: 3, to: 2 }, { from: 9, scaled: 18, offset: 5, to: 2 });
    expect([...part]).toEqual([whole[3 * 18 + 5], whole[3 * 18 + 6], whole[4 * 18 + 5], whole[4 * 18 + 6]]);
  });
});

const pixels = (width: number, height: number, channels: number, data: number[], max = 255): Pixels => ({ width, height, channels, max, data, key: null });

describe('colours', () => {
  test('what is see-through lies on white; grey is in all three', () => {
    expect(toPlanes(pixels(2, 1, 4, [255, 0, 0, 255, 0, 0, 0, 0])).map((plane) => [...plane])).toEqual([[1, 1], [0, 1], [0, 1]]);
    expect(toPlanes(pixels(1, 1, 2, [0, 51])).map((plane) => plane[0])).toEqual([0.8, 0.8, 0.8].map(Math.fround));
    expect(toPlanes({ ...pixels(2, 1, 1, [3, 9], 10), key: [9] }).map((plane) => [...plane])).toEqual(Array(3).fill([Math.fround(0.3), 1]));
  });

  test('grey weighs red, green and blue', () => {
    expect([...toGrey(pixels(3, 1, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255])).values]).toEqual([0.299, 0.587, 0.114].map(Math.fround));
  });
});

describe('recipes', () => {
  const metadata = { classes: '["cat","dog"]', preprocessing: '{"input":[3,2,2],"side":2,"mean":[0,0.5,1],"deviation":[1,0.5,2]}' };

  test('come from the weights', () => {
    expect(recipeOf(metadata, [3, 2, 2], 2)).toEqual({ input: [3, 2, 2], classes: ['cat', 'dog'], side: 2, mean: [0, 0.5, 1], deviation: [1, 0.5, 2] });
    expect(recipeOf({ preprocessing: '{"input":[1,32,32],"padding":2}' }, [1, 32, 32], 3)).toEqual({ input: [1, 32, 32], classes: ['0', '1', '2'] });
  });

  test.each([
    [{}, /say nothing of preprocessing: load weights that do/],
    [{ ...metadata, preprocessing: '{' }, /preprocessing is no JSON/],
    [{ ...metadata, preprocessing: '{"input":[1,2,2]}' }, /is for images \[1,2,2\], expected \[3, 2, 2\]/],
    [{ ...metadata, preprocessing: '{"input":[3,2,2],"side":1e9}' }, /side is 1000000000, expected an integer from 1 to 4096/],
    [{ ...metadata, preprocessing: '{"input":[3,2,2],"mean":[1]}' }, /mean is \[1\], expected 3 numbers/],
    [{ ...metadata, preprocessing: '{"input":[3,2,2],"deviation":[1,0,1]}' }, /deviation is \[1,0,1\]/],
    [{ ...metadata, classes: '["cat"]' }, /classes are \["cat"\], expected 2 names/],
  ])('are refused where they make no sense: %j', (given, message) => {
    expect(() => recipeOf(given, [3, 2, 2], 2)).toThrow(message);
  });

  test('a photograph: channels first, mean and deviation by channel', () => {
    const recipe = recipeOf(metadata, [3, 2, 2], 2);
    const { data, shape } = tensorOf(pixels(2, 2, 3, [255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0]), recipe);
    expect(shape).toEqual([1, 3, 2, 2]);
    expect([...data]).toEqual([1, 1, 1, 1, -1, -1, -1, -1, -0.5, -0.5, -0.5, -0.5]);
  });

  test('one channel with a mean is a grey photograph, without one ink', () => {
    const grey: Recipe = { input: [1, 2, 2], classes: [], mean: [0.5], deviation: [0.5] };
    expect([...tensorOf(pixels(2, 2, 1, [255, 0, 0, 255]), grey).data]).toEqual([1, -1, -1, 1]);
    expect(() => tensorOf(pixels(50, 50, 1, Array(2500).fill(255)), { input: [1, 32, 32], classes: [] }, 'a.png')).toThrow(/a\.png: no ink found/);
    expect(() => tensorOf(pixels(2, 2, 1, [1, 2, 3, 4]), { input: [2, 2, 2], classes: [] })).toThrow(/1 or 3 channels, the network takes 2/);
  });
});

describe('pictures', () => {
  test('pixels and ImageData are taken as they are', async () => {
    expect(await readPixels({ width: 1, height: 1, data: Uint8ClampedArray.of(1, 2, 3, 4) } as unknown as ImageData)).toMatchObject({ channels: 4, max: 255 });
  });

  test.each([
    [{ width: 2, height: 1, data: [1, 2, 3], channels: 1, max: 255 }, /image: 3 numbers for 2x1 pixels of 1 channels/],
    [Uint8Array.of(0xff, 0xd8, 0xff), /image: starts with 0xffd8ff; here only PNG is decoded/],
    [new Blob(['no picture']), /image: starts with 0x6e6f207069637475; here only PNG/],
    [null, /image: object given, expected a picture/],
    ['digit.png', /image: string given, expected a picture/],
    [new Map(), /image: Map given, expected pixels, a file or its bytes/],
  ])('refused: %s', async (picture, message) => {
    await expect(readPixels(picture as unknown as ImageSource)).rejects.toThrow(message);
  });
});
