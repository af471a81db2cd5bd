import type { Split } from '../data/dataset.js';
import type { Preprocessing } from '../data/open.js';
import { DEFAULT_PREPROCESSING } from './metadata.js';
import { UsageError } from './failure.js';
import type { Model } from './models.js';
import { count } from './numbers.js';

/** Images to train and test on, and what people are told about them. */
export interface Source extends Split {
  /** `--data` as given; null for drawn digits. */
  readonly dir: string | null;
  readonly preprocessing: Preprocessing;
  /** Lines for people: what was asked and is not used. */
  readonly notes: readonly string[];
}

export interface SourceOptions {
  readonly dir: string | null;
  readonly holdout: number;
  readonly seed: number;
}

/** Opens `--data`, or draws digits; throws UsageError where the images do not fit the network. */
export async function openSource(model: Model, options: SourceOptions): Promise<Source> {
  const source = options.dir === null ? await drawDigits(options.seed) : await openFolder(options.dir, options);
  const { shape, classes } = source.train;
  if (shape.join() !== model.input.join()) {
    throw new UsageError(`--data ${options.dir}: images of ${shape.join('x')}, expected ${model.input.join('x')} for ${model.name}`);
  }
  if (classes.length > model.classes) {
    throw new UsageError(`--data ${options.dir}: ${classes.length} classes, expected at most ${model.classes} for ${model.name}`);
  }
  const unused = options.holdout > 0 && source.test !== null && (options.dir === null || source.test.length !== options.holdout);
  return { ...source, notes: unused ? ['--holdout is not used: the data has a test half of its own'] : [] };
}

type Opened = Omit<Source, 'notes'>;

async function drawDigits(seed: number): Promise<Opened> {
  const { digits } = await import('../data/digits.js');
  return { ...digits({ seed }), dir: null, preprocessing: DEFAULT_PREPROCESSING };
}

async function openFolder(dir: string, { holdout, seed }: SourceOptions): Promise<Opened> {
  const { openData } = await import('../data/open.js');
  const { train, test, preprocessing } = await openData(dir, { holdout, seed });
  return { train, test, dir, preprocessing };
}

/** `12,000 drawn digits to train, 2,000 to test` */
export function describe({ dir, train, test }: Source): string {
  const images = dir === null ? 'drawn digits' : `images of ${dir}`;
  return `${count(train.length)} ${images} to train, ${test === null ? 'none' : count(test.length)} to test`;
}
