import { FormatError } from '../core/errors.js';
import { cifar10, findCifar } from './cifar.js';
import type { Split } from './dataset.js';
import { filesIn } from './files.js';
import { findClasses, folder, type FolderOptions } from './folder.js';
import { findPairs, idx } from './idx.js';
import { findOptdigits, optdigits } from './optdigits.js';

/** How a folder's images became numbers; a network trained on them wants the same of what it is shown later. */
export interface Preprocessing {
  /** What a pixel's value means. */
  readonly scale: string;
  /** Zeros around each image. */
  readonly padding: number;
  /** Of photographs: the shorter side before the centre is cut out. */
  readonly side?: number;
  /** By colour, what is taken off values from 0 to 1 and what they are divided by then. */
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
}

/** A folder's images in two halves. */
export interface OpenedData extends Split {
  readonly preprocessing: Preprocessing;
}

/** `shape` and `side` are those of photographs. */
export type OpenOptions = FolderOptions;

const ACCEPTED = 'IDX files (train-images-idx3-ubyte.gz and its labels), digits CSV files (*_tra.csv, *_tes.csv), CIFAR-10 files (data_batch_1.bin; all .gz or not) or a folder of PNG or JPEG images per class';

/** Every known format and how it is opened; `found` names a file of it, or is undefined. */
async function kindsIn(dir: string, names: readonly string[], options: OpenOptions): Promise<{ kind: string; found: string | undefined; open(): Promise<OpenedData> }[]> {
  const { train, test } = findOptdigits(names);
  const cifar = findCifar(names);
  const classes = await findClasses(dir);
  return [
    { kind: 'IDX', found: findPairs(names)[0]?.images, open: async () => {
      const { padding, ...halves } = await idx(dir, options);
      return { ...halves, preprocessing: { scale: 'bytes / 255, ink 1 on paper 0', padding } };
    } },
    { kind: 'CSV', found: train ?? test, open: async () => ({ ...(await optdigits(dir, options)), preprocessing: { scale: 'ink / 16, each pixel repeated 4x4', padding: 0 } }) },
    { kind: 'CIFAR-10', found: cifar.train[0] ?? cifar.test[0], open: async () => ({ ...(await cifar10(dir, options)), preprocessing: { scale: 'bytes / 255', padding: 0, side: 32 } }) },
    { kind: 'image', found: classes?.train, open: async () => {
      const halves = await folder(dir, options);
      const side = options.side ?? Math.round((Math.max(...halves.train.shape.slice(1)) * 256) / 224);
      return { ...halves, preprocessing: { scale: 'bytes / 255', padding: 0, side } };
    } },
  ];
}

/**
 * Opens a folder of labelled images in whichever known format it holds.
 * Throws OptionError for a missing folder, FormatError for one that holds no known format, or two.
 */
export async function openData(dir: string, options: OpenOptions = {}): Promise<OpenedData> {
  const names = await filesIn(dir);
  const [first, second] = (await kindsIn(dir, names, options)).filter(({ found }) => found !== undefined);
  if (first && second) throw new FormatError(`${dir}: both ${first.kind} (${first.found}) and ${second.kind} (${second.found}) files, expected one format`);
  if (first) return first.open();
  const found = names.length === 0 ? 'no files' : names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  throw new FormatError(`${dir}: ${found}, expected ${ACCEPTED}`);
}
