import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { classActivation, curve, featureMapPicture, heatPicture, kernelPicture, type Picture } from '../../src/pictures/index.js';

const tensor = (shape: number[], value: (i: number) => number): Tensor => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)) });

/** Red, green, blue, alpha at column x of row y. */
const pixel = ({ width, data }: Picture, x: number, y: number): number[] => Array.from(data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4));

const WHITE = [247, 247, 247, 255];
const [BLUE, BROWN, VIOLET] = [[49, 106, 175, 255], [154, 84, 27, 255], [80, 57, 117, 255]];

describe('kernelPicture', () => {
  test('a row for each output, a tile for each input; zero is white, the extremes are blue and brown', () => {
    const picture = kernelPicture(tensor([2, 2, 1, 2], (i) => [0, 1, -2, 2, 0, 0, 0, 0][i]!), { scale: 1, gap: 1 });
    expect([picture.width, picture.height]).toEqual([2 * 2 + 1, 2 * 1 + 1]);
    expect(pixel(picture, 0, 0)).toEqual(WHITE);
    expect(pixel(picture, 3, 0)).toEqual(BLUE);
    expect(pixel(picture, 4, 0)).toEqual(BROWN);
    expect(pixel(picture, 2, 0)).toEqual([0, 0, 0, 0]);
    expect(pixel(picture, 0, 2)).toEqual(WHITE);
  });

  test('kernels of colour images are in colour', () => {
    const picture = kernelPicture(tensor([1, 3, 1, 1], (i) => [1, 0, -1][i]!), { scale: 2 });
    expect([picture.width, picture.height]).toEqual([2, 2]);
    expect(pixel(picture, 1, 1)).toEqual([255, 128, 0, 255]);
  });

  test('sequences have kernels of one row; zeros alone are white', () => {
    expect(kernelPicture(tensor([1, 1, 3], () => 0), { scale: 1 })).toMatchObject({ width: 3, height: 1 });
    expect(pixel(kernelPicture(tensor([1, 1, 3], () => 0), { scale: 1 }), 1, 0)).toEqual(WHITE);
  });

  test('other tensors and options are refused', () => {
    expect(() => kernelPicture(tensor([4, 4], () => 0))).toThrow('kernelPicture: weight is [4, 4], expected [out, in, height, width]');
    expect(() => kernelPicture(tensor([1, 1, 1, 1, 1], () => 0))).toThrow(ShapeError);
    expect(() => kernelPicture(tensor([1, 1, 2, 2], () => 0), { scale: 0 })).toThrow('picture: scale is 0, expected an integer of at least 1');
  });
});

describe('featureMapPicture', () => {
  test('maps after relu are violet on white, others blue and brown', () => {
    const positive = featureMapPicture(tensor([4, 1, 1], (i) => i), { scale: 1, gap: 0 });
    expect([positive.width, positive.height]).toEqual([2, 2]);
    expect([pixel(positive, 0, 0), pixel(positive, 1, 1)]).toEqual([WHITE, VIOLET]);
    expect(pixel(featureMapPicture(tensor([2, 1, 1], (i) => i - 1), { scale: 1 }), 0, 0)).toEqual(BLUE);
  });

  test('a batch is refused', () => {
    expect(() => featureMapPicture(tensor([1, 2, 3, 4], () => 0))).toThrow(ShapeError);
  });
});

describe('class activation', () => {
  const features = tensor([2, 2, 2], (i) => i);
  const gradients = tensor([2, 2, 2], (i) => (i < 4 ? 1 : -0.25));

  test('is the relu of the maps, each by its mean gradient', () => {
    expect(Array.from(classActivation(features, gradients).data)).toEqual([0, 0, 0.5, 1.25]);
  });

  test('lies over its image: none leaves it as it is, the most is red', () => {
    const cam = { shape: [2, 2], data: Float32Array.of(0, 0, 0, 1) };
    const picture = heatPicture(cam, tensor([1, 4, 4], () => 0.4), { opacity: 1 });
    expect([pixel(picture, 0, 0), pixel(picture, 3, 3)]).toEqual([[102, 102, 102, 255], [220, 0, 0, 255]]);
    expect(pixel(heatPicture(cam, tensor([3, 4, 4], (i) => i / 48), { opacity: 0, scale: 2 }), 0, 0)).toEqual([0, 85, 170, 255]);
  });

  test('what does not fit is refused', () => {
    expect(() => classActivation(features, tensor([2, 2, 3], () => 0))).toThrow('features are [2, 2, 2] and gradients [2, 2, 3]');
    expect(() => heatPicture(features, tensor([2, 4, 4], () => 0))).toThrow(ShapeError);
    expect(() => heatPicture(features, tensor([1, 4, 4], () => 0), { opacity: 2 })).toThrow(OptionError);
  });
});

describe('curve', () => {
  test('draws a chart per entry and a line per series, gaps left out', () => {
    const svg = curve({ loss: { training: [2, 1, 0.5], validation: [1.5, null, 0.7] }, accuracy: { validation: [0.4, undefined, 0.9] } });
    expect(svg.match(/<g>/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(3 + 2 + 2);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    for (const words of ['loss', 'accuracy', 'training', 'validation', '>1<', '>3<']) expect(svg).toContain(words);
  });

  test('one epoch, one value, many epochs, names that need escaping', () => {
    expect(curve({ 'a < b & "c"': { x: [5] } })).toContain('a &lt; b &amp; &quot;c&quot;');
    expect(curve({ a: { x: Array.from({ length: 200 }, (_, i) => 1e-6 * i) } }).match(/text-anchor="middle"/g)!.length).toBeLessThan(13);
    expect(curve({ a: { x: [Infinity, 3] } })).not.toContain('Infinity');
  });

  test('nothing to draw is refused', () => {
    expect(() => curve({})).toThrow(OptionError);
    expect(() => curve({ loss: { a: [NaN, null] } })).toThrow('curve: loss has no finite value, expected at least one');
  });
});
