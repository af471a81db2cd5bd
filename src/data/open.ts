import { FormatError } from '../core/errors.js';
import type { Split } from './dataset.js';
import { filesIn } from './files.js';
import { findPairs, idx } from './idx.js';
import { findOptdigits, optdigits } from './optdigits.js';
import type { SplitOptions } from './split.js';

/** How a folder's images became numbers; a network trained on them wants the same of what it is shown later. */
export interface Preprocessing {
  /** What a pixel's value means. */
  readonly scale: string;
  /** Zeros around each image. */
  readonly padding: number;
}

/** A folder's images in two halves. */
export interface OpenedData extends Split {
  readonly preprocessing: Preprocessing;
}

const ACCEPTED = 'IDX files (train-images-idx3-ubyte.gz and its labels) or digits CSV files (*_tra.csv, *_tes.csv; .gz or not)';

/**
 * Opens a folder of labelled images in whichever known format it holds.
 * Throws OptionError for a missing folder, FormatError for one that holds no known format, or two.
 */
export async function openData(dir: string, options: SplitOptions = {}): Promise<OpenedData> {
  const names = await filesIn(dir);
  const { train, test } = findOptdigits(names);
  const csv = train ?? test;
  const [pair] = findPairs(names);
  if (csv !== undefined && pair !== undefined) throw new FormatError(`${dir}: both IDX (${pair.images}) and CSV (${csv}) files, expected one format`);
  if (csv !== undefined) return { ...(await optdigits(dir, options)), preprocessing: { scale: 'ink / 16, each pixel repeated 4x4', padding: 0 } };
  if (pair !== undefined) {
    const { padding, ...halves } = await idx(dir, options);
    return { ...halves, preprocessing: { scale: 'bytes / 255, ink 1 on paper 0', padding } };
  }
  const found = names.length === 0 ? 'no files' : names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  throw new FormatError(`${dir}: ${found}, expected ${ACCEPTED}`);
}
