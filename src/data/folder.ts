import { FormatError, OptionError } from '../core/errors.js';
import type { Shape } from '../core/shape.js';
import { filesIn, foldersIn, grouped, join, readBounded } from './files.js';
import type { Dataset, Split } from './dataset.js';
import { holdOut, type SplitOptions } from './split.js';

export interface FolderOptions extends SplitOptions {
  /** One image as the data set gives it, [1 or 3, height, width]; default [3, 224, 224]. */
  readonly shape?: Shape;
  /** The shorter side before the centre is cut out; default: 256 for 224, in proportion. */
  readonly side?: number;
  /** false: an image is read and decoded each time it is needed, so that memory holds one batch. Default true: once, all of them, to bytes. */
  readonly inMemory?: boolean;
}

const IMAGE = /\.(png|jpe?g)$/i;
/** Of a data set whose images lie in memory. */
const MAX_BYTES = 4e9;
const MAX_FILE_BYTES = 256e6;

/** Folders that may hold the halves, one folder per class in each. */
const TRAIN = ['train', 'training'];
const TEST = ['test', 'val', 'valid', 'validation'];

/** Whether a folder of `dir` holds images. */
async function holdsClasses(dir: string): Promise<boolean> {
  for (const name of await foldersIn(dir)) if ((await filesIn(join(dir, name))).some((file) => IMAGE.test(file))) return true;
  return false;
}

/** Where the folders of classes are; null where there are none with images. */
export async function findClasses(dir: string): Promise<{ train: string; test: string | null } | null> {
  const names = await foldersIn(dir);
  const [train, test] = [TRAIN, TEST].map((all) => all.find((name) => names.includes(name)));
  if (train !== undefined && (await holdsClasses(join(dir, train)))) return { train: join(dir, train), test: test === undefined ? null : join(dir, test) };
  return (await holdsClasses(dir)) ? { train: dir, test: null } : null;
}

interface File {
  readonly dir: string;
  readonly name: string;
  readonly label: number;
}

async function listed(dir: string, classes: readonly string[]): Promise<File[]> {
  const files: File[] = [];
  for (const [label, name] of classes.entries()) {
    const inside = (await filesIn(join(dir, name))).filter((file) => IMAGE.test(file));
    if (inside.length === 0) throw new FormatError(`${join(dir, name)}: no PNG or JPEG images, expected the images of class ${name}`);
    for (const file of inside) files.push({ dir: join(dir, name), name: file, label });
  }
  return files;
}

/** A half; its images are bytes of the asked shape, all in memory or those that were prepared last. */
async function readHalf(dir: string, classes: readonly string[], shape: Shape, { side, inMemory = true }: FolderOptions & { readonly side: number }): Promise<Dataset> {
  const { prepareBytes } = await import('./images/prepare.js');
  const files = await listed(dir, classes);
  const size = shape[0]! * shape[1]! * shape[2]!;
  if (inMemory && files.length * size > MAX_BYTES) throw new OptionError(`${dir}: ${grouped(files.length)} images take ${grouped(files.length * size)} bytes at ${shape.join('x')}, expected at most ${grouped(MAX_BYTES)}: train on a part, or smaller, or with inMemory: false`);
  const held = new Map<number, Uint8Array>();
  const prepare = async (indices: ArrayLike<number>): Promise<void> => {
    held.clear();
    for (const i of Array.from(indices)) {
      const { dir: folder, name } = files[i]!;
      const file = await readBounded(folder, name, { head: 0, limit: () => MAX_FILE_BYTES });
      held.set(i, await prepareBytes(file, join(folder, name), shape, side));
    }
  };
  if (inMemory) await prepare([...files.keys()]);
  return {
    name: dir, length: files.length, shape, classes, labels: Int32Array.from(files, ({ label }) => label), ...(!inMemory && { prepare }),
    read(index, out, offset) {
      const bytes = held.get(index);
      if (!bytes) throw new OptionError(`${dir}: image ${index} is not in memory, expected prepare([${index}]) to be awaited first (inMemory: false)`);
      for (let i = 0; i < size; i++) out[offset + i] = bytes[i]! / 255;
    },
  };
}

/**
 * Reads PNG and JPEG images from one folder per class, whose names in order of their letters are the classes: `DIR/CLASS/*.png`, or the halves
 * as `DIR/train/CLASS` and `DIR/test/CLASS` (or val). The shorter side is scaled to `side` as Pillow does it, bilinear with antialiasing, the
 * centre cut out; values are bytes / 255, for one channel those of ITU-R 601 luma. Without a test half `holdout` images drawn by `seed` are.
 * Throws FormatError naming the file that cannot be read, OptionError for `dir` or an option.
 */
export async function folder(dir: string, options: FolderOptions = {}): Promise<Split> {
  const { shape = [3, 224, 224] } = options;
  const [channels, height, width] = shape;
  if (shape.length !== 3 || (channels !== 1 && channels !== 3) || !shape.every((size) => Number.isInteger(size) && size >= 1 && size <= 4096)) {
    throw new OptionError(`folder: shape is ${shape.join('x')}, expected [1 or 3, height, width] with sides from 1 to 4096`);
  }
  const least = Math.max(height!, width!);
  const side = options.side ?? Math.round((least * 256) / 224);
  if (!Number.isInteger(side) || side < least || side > 8192) throw new OptionError(`folder: side is ${side}, expected an integer from ${least} to 8192`);
  const found = await findClasses(dir);
  if (found === null) throw new FormatError(`${dir}: no folders of PNG or JPEG images, expected one per class`);
  const classes = await foldersIn(found.train);
  if (classes.length < 2) throw new FormatError(`${found.train}: ${classes.length} folders, expected one per class, at least two`);
  const train = await readHalf(found.train, classes, shape, { ...options, side });
  if (found.test === null) return holdOut(train, options);
  const others = await foldersIn(found.test);
  if (others.join('/') !== classes.join('/')) throw new FormatError(`${found.test}: classes ${others.join(', ')}, expected those of ${found.train}: ${classes.join(', ')}`);
  return { train, test: await readHalf(found.test, classes, shape, { ...options, side }) };
}
