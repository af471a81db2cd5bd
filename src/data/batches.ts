import { OptionError } from '../core/errors.js';
import { hashName, Random } from '../core/random.js';
import type { Dataset } from './dataset.js';
import { elements } from '../core/shape.js';

/**
 * The order in which epoch `epoch` (0, 1, ...) visits `length` images: a permutation of 0..length-1.
 * It depends on its arguments alone, so a resumed run needs no generator state to go on where it stopped.
 */
export function order(length: number, seed: number, epoch: number): Uint32Array {
  const indices = new Uint32Array(length);
  for (let i = 0; i < length; i++) indices[i] = i;
  return new Random(seed, hashName(`order ${epoch}`)).shuffle(indices);
}

/**
 * Reads images `indices[from..to)` to the start of `images`, [to - from, c, h, w], and their labels to the start of `labels`.
 * Throws OptionError where either is too small.
 */
export function gather(
  dataset: Dataset,
  indices: ArrayLike<number>,
  from: number,
  to: number,
  images: Float32Array,
  labels: Int32Array,
): void {
  const size = elements(dataset.shape);
  const n = to - from;
  if (images.length < n * size || labels.length < n) {
    throw new OptionError(`gather: room for ${Math.floor(images.length / size)} images and ${labels.length} labels, expected ${n}`);
  }
  for (let i = 0; i < n; i++) {
    const index = indices[from + i]!;
    dataset.read(index, images, i * size);
    labels[i] = dataset.labels[index]!;
  }
}
