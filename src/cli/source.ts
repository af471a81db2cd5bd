import type { Dataset, Split } from '../data/dataset.js';
import type { Preprocessing } from '../data/open.js';
import { normalize, transformed } from '../data/transforms.js';
import { DEFAULT_PREPROCESSING } from './metadata.js';
import { UsageError } from './failure.js';
import type { Model } from './models.js';
import { count } from './numbers.js';

/** Images to train and test on, and what people are told about them. */
export interface Source extends Split {
  /** `--data` as given; null for drawn images. */
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

/** Opens `--data`, or draws digits or shapes; throws UsageError where the images do not fit the network. */
export async function openSource(model: Model, options: SourceOptions): Promise<Source> {
  const source = options.dir === null ? await draw(model, options.seed) : await openFolder(options.dir, model, options);
  const { shape } = source.train;
  if (shape.join() !== model.input.join()) {
    throw new UsageError(`--data ${options.dir}: images of ${shape.join('x')}, expected ${model.input.join('x')} for ${model.name}`);
  }
  const unused = options.holdout > 0 && source.test !== null && (options.dir === null || source.test.length !== options.holdout);
  return { ...source, notes: unused ? ['--holdout is not used: the data has a test half of its own'] : [] };
}

type Opened = Omit<Source, 'notes'>;

/** Images for a network that takes 32x32 pixels: digits in grey, shapes in colour. */
async function draw(model: Model, seed: number): Promise<Opened> {
  const [channels, height] = model.input;
  if (height !== 32) throw new UsageError(`--data is missing: ${model.name} takes images of ${model.input.join('x')}, and only such of 32x32 are drawn`);
  if (channels === 1) {
    const { digits } = await import('../data/digits.js');
    return { ...digits({ seed }), dir: null, preprocessing: DEFAULT_PREPROCESSING };
  }
  const { shapes } = await import('../data/shapes.js');
  return prepared(model, { ...shapes({ seed }), dir: null, preprocessing: { scale: 'bytes / 255', padding: 0, side: 32 } });
}

async function openFolder(dir: string, model: Model, { holdout, seed }: SourceOptions): Promise<Opened> {
  const { openData } = await import('../data/open.js');
  const side = model.preprocessing?.side ?? Math.max(...model.input.slice(1));
  return prepared(model, { ...(await openData(dir, { holdout, seed, shape: model.input, side })), dir });
}

/** Colours as the network's photographs have them: (x − mean) / deviation. */
function prepared(model: Model, opened: Opened): Opened {
  if (model.preprocessing === null || opened.train.shape[0] !== model.input[0]) return opened;
  const { mean, deviation } = model.preprocessing;
  const normalized = (data: Dataset): Dataset => transformed(data, [normalize({ mean, std: deviation })]);
  const { train, test, preprocessing } = opened;
  return { ...opened, train: normalized(train), test: test && normalized(test), preprocessing: { ...preprocessing, mean, deviation } };
}

/** `12,000 drawn digits to train, 2,000 to test` */
export function describe({ dir, train, test }: Source): string {
  const images = dir === null ? train.name : `images of ${dir}`;
  return `${count(train.length)} ${images} to train, ${test === null ? 'none' : count(test.length)} to test`;
}
