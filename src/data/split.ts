import { OptionError } from '../core/errors.js';
import { hashName, Random } from '../core/random.js';
import type { Dataset, Split } from './dataset.js';
import { grouped } from './files.js';

/** Which images become the test set where the data has none. */
export interface SplitOptions {
  /** Images to hold out; 0 (the default): none, `test` is null. */
  readonly holdout?: number;
  /** Seed of the drawing; default 1. */
  readonly seed?: number;
}

/** Images `indices` of `dataset`, in that order. */
export function subset(dataset: Dataset, indices: Uint32Array, name: string): Dataset {
  return {
    name,
    length: indices.length,
    shape: dataset.shape,
    classes: dataset.classes,
    labels: Int32Array.from(indices, (index) => dataset.labels[index]!),
    ...(dataset.prepare && { prepare: (asked) => dataset.prepare!(Array.from(asked, (index) => indices[index]!)) }),
    read: (index, out, offset) => dataset.read(indices[index]!, out, offset),
  };
}

/**
 * Draws `holdout` images as the test set, the rest is the training set; both keep the order of the data.
 * Throws OptionError unless 0 <= holdout < images.
 */
export function holdOut(dataset: Dataset, { holdout = 0, seed = 1 }: SplitOptions): Split {
  if (!Number.isInteger(holdout) || holdout < 0) throw new OptionError(`holdout is ${holdout}, expected an integer from 0 on`);
  if (holdout >= dataset.length) {
    throw new OptionError(`holdout is ${grouped(holdout)}, expected less than the ${grouped(dataset.length)} images of ${dataset.name}`);
  }
  if (holdout === 0) return { train: dataset, test: null };
  const indices = new Uint32Array(dataset.length);
  for (let i = 0; i < indices.length; i++) indices[i] = i;
  new Random(seed, hashName('holdout')).shuffle(indices);
  const test = indices.slice(0, holdout).sort();
  const train = indices.slice(holdout).sort();
  return { train: subset(dataset, train, dataset.name), test: subset(dataset, test, `${grouped(holdout)} held out of ${dataset.name}`) };
}
