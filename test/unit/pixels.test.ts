import { describe, expect, test } from 'vitest';
import { toGrey, type Pixels } from '../../src/pixels/pixels.js';
import { toRaster } from '../../src/pixels/raster.js';
import { recipeOf, tensorOf, type Recipe } from '../../src/pixels/recipe.js';
import { readPixels, type ImageSource } from '../../src/pixels/source.js';

const pixels = (width: number, height: number, channels: number, data: number[], max = 255): Pixels => ({ width, height, channels, max, data, key: null });

describe('colours', () => {
  test('what is see-through lies on white; grey is in all three', () => {
    const bytes = (...given: Parameters<typeof pixels>): number[] => [...toRaster(pixels(...given)).data];
    expect(bytes(2, 1, 4, [255, 0, 0, 255, 0, 0, 0, 0])).toEqual([255, 0, 0, 255, 255, 255]);
    expect(bytes(2, 1, 2, [0, 51, 100, 128])).toEqual([204, 204, 204, 177, 177, 177]);
    expect([...toRaster({ ...pixels(2, 1, 1, [3, 9], 10), key: [9] }).data]).toEqual([77, 77, 77, 255, 255, 255]);
    expect(bytes(1, 1, 4, [0x1234, 0, 0xffff, 0xffff], 65535)).toEqual([0x12, 0, 255]);
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
    [{ ...metadata, preprocessing: '{"input":[3,2,2],"side":1e9}' }, /side is 1000000000, expected an integer from 2 to 8192/],
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
