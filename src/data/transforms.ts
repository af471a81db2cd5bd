import { OptionError } from '../core/errors.js';
import { cos, exp, log, sin } from '../core/math.js';
import { hashName, Random } from '../core/random.js';
import { elements, type Shape } from '../core/shape.js';
import type { Dataset } from './dataset.js';

// Names and meanings are torchvision.transforms'; every draw depends on seed, epoch and image alone, and every number is made of operations
// that engines round alike, so that an augmented run has the same bits everywhere and goes on from a checkpoint.

/** Changes one image [channels, height, width] in place. */
export interface Transform {
  /** What it does, with its options: a checkpoint remembers it. */
  readonly name: string;
  apply(image: Float32Array, shape: Shape, random: Random): void;
}

/** The generator of one image's draws. */
export const drawsOf = (seed: number, epoch: number, index: number): Random => new Random(seed, hashName(`augment ${epoch} ${index}`));

/** Runs `transforms` over image `index` of epoch `epoch`. */
export function applyAll(transforms: readonly Transform[], image: Float32Array, shape: Shape, random: Random): void {
  for (const transform of transforms) transform.apply(image, shape, random);
}

/** A data set seen through transforms, the same draws at each reading: what prepares validation images, too. */
export function transformed(dataset: Dataset, transforms: readonly Transform[], seed = 1): Dataset {
  const { name, length, shape, classes, labels } = dataset;
  const size = elements(shape);
  return {
    name, length, shape, classes, labels, ...(dataset.prepare && { prepare: (indices) => dataset.prepare!(indices) }),
    read(index, out, offset) {
      dataset.read(index, out, offset);
      applyAll(transforms, out.subarray(offset, offset + size), shape, drawsOf(seed, 0, index));
    },
  };
}

function within(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new OptionError(`transforms.${name} is ${value}, expected a number from ${least} to ${most}`);
}

function ordered(name: string, [low, high]: readonly [number, number]): void {
  if (!(low > 0 && low <= high && high < Infinity)) throw new OptionError(`transforms.${name} is [${low}, ${high}], expected two numbers above 0 in order`);
}

const named = (name: string, options: object): string => `${name} ${JSON.stringify(options)}`;

/** (x − mean[channel]) / std[channel]. */
export function normalize({ mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] }): Transform {
  if (mean.length !== std.length) throw new OptionError(`transforms.normalize: ${mean.length} means and ${std.length} deviations, expected as many of each as there are channels`);
  for (const value of std) if (!(value > 0)) throw new OptionError(`transforms.normalize: std is ${value}, expected a number above 0`);
  return {
    name: named('normalize', { mean, std }),
    apply(image, shape) {
      const plane = image.length / shape[0]!;
      if (shape[0] !== mean.length) throw new OptionError(`transforms.normalize: ${mean.length} means, expected ${shape[0]} as the images have channels`);
      for (let i = 0; i < image.length; i++) {
        const channel = Math.floor(i / plane);
        image[i] = (image[i]! - mean[channel]!) / std[channel]!;
      }
    },
  };
}

/** Pads by `padding` pixels of `fill` (default 0) on every side and cuts out a part of the old size at random (He et al. 2015, CIFAR: padding 4). */
export function randomCrop({ padding, fill = 0 }: { readonly padding: number; readonly fill?: number }): Transform {
  if (!Number.isInteger(padding) || padding < 0) throw new OptionError(`transforms.randomCrop: padding is ${padding}, expected an integer of at least 0`);
  return {
    name: named('randomCrop', { padding, fill }),
    apply(image, shape, random) {
      const [dx, dy] = [random.integer(2 * padding + 1) - padding, random.integer(2 * padding + 1) - padding];
      if (dx !== 0 || dy !== 0) resample(image, shape, fill, (x, y) => [x + dx, y + dy]);
    },
  };
}

/** Mirrors left and right with probability `p`. */
export function randomHorizontalFlip({ p = 0.5 }: { readonly p?: number } = {}): Transform {
  within('randomHorizontalFlip: p', p, 0, 1);
  return { name: named('randomHorizontalFlip', { p }), apply: (image, shape, random) => void (random.uniform() < p && reverseLines(image, shape.at(-1)!)) };
}

/** Mirrors top and bottom with probability `p`. */
export function randomVerticalFlip({ p = 0.5 }: { readonly p?: number } = {}): Transform {
  within('randomVerticalFlip: p', p, 0, 1);
  return {
    name: named('randomVerticalFlip', { p }),
    apply(image, shape, random) {
      if (random.uniform() >= p) return;
      const width = shape.at(-1)!;
      const plane = shape[1]! * width;
      for (let at = 0; at < image.length; at += plane) reverseLines(image.subarray(at, at + plane), plane);
      reverseLines(image, width);
    },
  };
}

function reverseLines(image: Float32Array, width: number): void {
  for (let at = 0; at < image.length; at += width) image.subarray(at, at + width).reverse();
}

export interface AffineOptions {
  /** Turns by up to so many degrees either way; default 0. */
  readonly degrees?: number;
  /** Moves by up to these parts of width and height; default [0, 0]. */
  readonly translate?: readonly [number, number];
  /** Scales by a factor between these; default [1, 1]. */
  readonly scale?: readonly [number, number];
  /** Shears along x by up to so many degrees either way; default 0. */
  readonly shear?: number;
  /** What comes in from outside; default 0. */
  readonly fill?: number;
}

/** Turns, scales, shears and moves about the centre, between pixels bilinear. */
export function randomAffine(options: AffineOptions): Transform {
  const { degrees = 0, translate = [0, 0], scale = [1, 1], shear = 0, fill = 0 } = options;
  within('randomAffine: degrees', degrees, 0, 180);
  within('randomAffine: shear', shear, 0, 80);
  for (const part of translate) within('randomAffine: translate', part, 0, 1);
  ordered('randomAffine: scale', scale);
  return {
    name: named('randomAffine', { degrees, translate, scale, shear, fill }),
    apply(image, shape, random) {
      const [, height, width] = shape as [number, number, number];
      const angle = (random.between(-degrees, degrees) * Math.PI) / 180;
      const slant = (random.between(-shear, shear) * Math.PI) / 180;
      const [mx, my] = [random.between(-1, 1) * translate[0] * width, random.between(-1, 1) * translate[1] * height];
      const factor = random.between(scale[0], scale[1]);
      const [c, s, t] = [cos(angle) / factor, sin(angle) / factor, sin(slant) / cos(slant)];
      const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
      // Output pixel back to input: move, turn by −angle and scale by 1 / factor, then undo the shear.
      resample(image, shape, fill, (x, y) => {
        const [u, v] = [x - cx - mx, y - cy - my];
        const [p, q] = [c * u + s * v, c * v - s * u];
        return [p - t * q + cx, q + cy];
      });
    },
  };
}

/** image[y, x] ← old image at `from(x, y)`, bilinear; `fill` outside. */
function resample(image: Float32Array, [channels, height, width]: Shape, fill: number, from: (x: number, y: number) => readonly [number, number]): void {
  const [h, w, plane] = [height!, width!, height! * width!];
  const old = image.slice();
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [fx, fy] = from(x, y);
      const [x0, y0] = [Math.floor(fx), Math.floor(fy)];
      const [ax, ay] = [fx - x0, fy - y0];
      for (let c = 0; c < channels!; c++) {
        const at = (px: number, py: number): number => (px >= 0 && px < w && py >= 0 && py < h ? old[c * plane + py * w + px]! : fill);
        const top = ax === 0 ? at(x0, y0) : at(x0, y0) * (1 - ax) + at(x0 + 1, y0) * ax;
        const low = ay === 0 ? top : ax === 0 ? at(x0, y0 + 1) : at(x0, y0 + 1) * (1 - ax) + at(x0 + 1, y0 + 1) * ax;
        image[c * plane + y * w + x] = ay === 0 ? top : top * (1 - ay) + low * ay;
      }
    }
  }
}

/** Overwrites a rectangle of random size and place with probability `p` (Zhong et al. 2017). `scale`: its part of the area; `ratio`: width by height. */
export function randomErasing(
  { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 }: { readonly p?: number; readonly scale?: readonly [number, number]; readonly ratio?: readonly [number, number]; readonly value?: number } = {},
): Transform {
  within('randomErasing: p', p, 0, 1);
  ordered('randomErasing: scale', scale);
  ordered('randomErasing: ratio', ratio);
  return {
    name: named('randomErasing', { p, scale, ratio, value }),
    apply(image, shape, random) {
      const [channels, height, width] = shape as [number, number, number];
      if (random.uniform() >= p) return;
      const area = random.between(scale[0], scale[1]) * width * height;
      const shapeRatio = exp(random.between(log(ratio[0]), log(ratio[1])));
      const [w, h] = [Math.min(width, Math.round(Math.sqrt(area * shapeRatio))), Math.min(height, Math.round(Math.sqrt(area / shapeRatio)))];
      const [left, top] = [random.integer(width - w + 1), random.integer(height - h + 1)];
      for (let row = top; row < top + h; row++) {
        for (let c = 0; c < channels; c++) image.fill(value, (c * height + row) * width + left, (c * height + row) * width + left + w);
      }
    },
  };
}
