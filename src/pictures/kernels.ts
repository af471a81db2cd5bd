import { OptionError, ShapeError } from '../core/errors.js';
import { show, type Tensor } from '../core/shape.js';
import { Grid, largest, magnitude, signed, type Picture } from './picture.js';

export interface PictureOptions {
  /** Pixels per value; default: as many as make a tile about 48 pixels wide. */
  readonly scale?: number;
  /** Tiles in a row; default: about as many as rows. */
  readonly columns?: number;
  /** Pixels between tiles; default 2. */
  readonly gap?: number;
}

function checked(what: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least) throw new OptionError(`picture: ${what} is ${value}, expected an integer of at least ${least}`);
  return value;
}

function gridOf(tiles: number, [height, width]: readonly [number, number], columns: number, options: PictureOptions): Grid {
  const scale = checked('scale', options.scale ?? Math.max(1, Math.round(48 / Math.max(height, width))), 1);
  return new Grid(tiles, checked('columns', options.columns ?? columns, 1), [height, width], scale, checked('gap', options.gap ?? 2, 0));
}

/**
 * The kernels of a convolution as a picture: weight [out, in, kh, kw] (or [out, in, k]). Kernels of colour images (in = 3) are shown in
 * colour, a tile each, grey where the weight is zero; others have a row for each output and a tile for each input, negative blue, zero
 * white, positive brown. All tiles share one range.
 * Throws ShapeError for a tensor of another rank.
 */
export function kernelPicture(weight: Tensor, options: PictureOptions = {}): Picture {
  const [out, inputs, kh, kw] = weight.shape.length === 3 ? [weight.shape[0]!, weight.shape[1]!, 1, weight.shape[2]!] : (weight.shape as [number, number, number, number]);
  if (kw === undefined || weight.shape.length > 4) throw new ShapeError(`kernelPicture: weight is ${show(weight.shape)}, expected [out, in, height, width]`);
  const most = largest(weight.data);
  const coloured = inputs === 3;
  const grid = gridOf(coloured ? out : out * inputs, [kh, kw], coloured ? Math.ceil(Math.sqrt(out)) : inputs, options);
  const value = (tile: number, at: number): number => weight.data[tile * kh * kw + at]! / most;
  for (let tile = 0; tile < (coloured ? out : out * inputs); tile++) {
    for (let at = 0; at < kh * kw; at++) {
      const grey = (channel: number): number => 127.5 + 127.5 * value(3 * tile + channel, at);
      grid.set(tile, Math.floor(at / kw), at % kw, coloured ? [grey(0), grey(1), grey(2)] : signed(value(tile, at)));
    }
  }
  return grid.picture;
}

/**
 * The feature maps of one image, [c, h, w], a tile each, in one range: violet over white where no value is negative (after relu), else
 * negative blue, zero white, positive brown. Throws ShapeError for a tensor of another rank.
 */
export function featureMapPicture(maps: Tensor, options: PictureOptions = {}): Picture {
  const [c, h, w] = maps.shape as [number, number, number];
  if (maps.shape.length !== 3) throw new ShapeError(`featureMapPicture: maps are ${show(maps.shape)}, expected [channels, height, width] of one image`);
  const most = largest(maps.data);
  const palette = maps.data.some((value) => value < 0) ? signed : magnitude;
  const grid = gridOf(c, [h, w], Math.ceil(Math.sqrt(c)), options);
  for (let i = 0; i < maps.data.length; i++) {
    const at = i % (h * w);
    grid.set(Math.floor(i / (h * w)), Math.floor(at / w), at % w, palette(maps.data[i]! / most));
  }
  return grid.picture;
}
