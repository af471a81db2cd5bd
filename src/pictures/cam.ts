import { OptionError, ShapeError } from '../core/errors.js';
import { show, type Tensor } from '../core/shape.js';
import { largest, type Picture } from './picture.js';

/**
 * Where in the image a class is seen (Grad-CAM, Selvaraju et al. 2017, equations 1 and 2): relu(Σ_k α_k A_k), α_k the mean of the score's
 * gradient over map k. Features and gradients [c, h, w] of one image and one layer → [h, w], at least 0.
 * Throws ShapeError where the two differ.
 */
export function classActivation(features: Tensor, gradients: Tensor): Tensor {
  const [c, h, w] = features.shape as [number, number, number];
  if (features.shape.length !== 3 || show(features.shape) !== show(gradients.shape)) {
    throw new ShapeError(`classActivation: features are ${show(features.shape)} and gradients ${show(gradients.shape)}, expected [channels, height, width] both`);
  }
  const map = new Float64Array(h * w);
  for (let k = 0; k < c; k++) {
    const from = k * h * w;
    let alpha = 0;
    for (let i = 0; i < h * w; i++) alpha += gradients.data[from + i]!;
    for (let i = 0; i < h * w; i++) map[i]! += (alpha / (h * w)) * features.data[from + i]!;
  }
  return { data: Float32Array.from(map, (value) => Math.max(0, value)), shape: [h, w] };
}

/** The value at (y, x) of a map, between its pixels: bilinear, pixel centres aligned, edges held. */
function sampled({ data, shape }: Tensor, y: number, x: number): number {
  const [h, w] = shape as [number, number];
  const [row, column] = [Math.min(h - 1, Math.max(0, y)), Math.min(w - 1, Math.max(0, x))];
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [bottom, right] = [Math.min(h - 1, top + 1), Math.min(w - 1, left + 1)];
  const along = (line: number): number => data[line * w + left]! + (data[line * w + right]! - data[line * w + left]!) * (column - left);
  return along(top) + (along(bottom) - along(top)) * (row - top);
}

/**
 * A class activation map laid over its image in red: `map` [h, w] of `classActivation`, `image` [1 or 3, height, width] from 0 to 1.
 * Throws ShapeError where the image is none, OptionError for an opacity outside [0, 1].
 */
export function heatPicture(map: Tensor, image: Tensor, { opacity = 0.6, scale = 1 }: { readonly opacity?: number; readonly scale?: number } = {}): Picture {
  const [c, h, w] = image.shape as [number, number, number];
  if (image.shape.length !== 3 || (c !== 1 && c !== 3)) throw new ShapeError(`heatPicture: image is ${show(image.shape)}, expected [1 or 3, height, width]`);
  if (!(opacity >= 0 && opacity <= 1)) throw new OptionError(`heatPicture: opacity is ${opacity}, expected 0 to 1`);
  if (!Number.isInteger(scale) || scale < 1) throw new OptionError(`heatPicture: scale is ${scale}, expected an integer of at least 1`);
  const most = largest(map.data);
  const [width, height] = [w * scale, h * scale];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [y, x] = [(Math.floor(pixel / width) + 0.5) / scale, ((pixel % width) + 0.5) / scale];
    const heat = (opacity * sampled(map, (y * map.shape[0]!) / h - 0.5, (x * map.shape[1]!) / w - 0.5)) / most;
    const at = Math.floor(y) * w + Math.floor(x);
    const grey = (channel: number): number => 255 * image.data[(c === 3 ? channel * h * w : 0) + at]!;
    data.set([grey(0) + (220 - grey(0)) * heat, grey(1) * (1 - heat), grey(2) * (1 - heat), 255], pixel * 4);
  }
  return { width, height, data };
}
