import { FormatError } from '../core/errors.js';
import type { Dataset, Split } from './dataset.js';
import { concat, filesIn, grouped, readBounded } from './files.js';
import { holdOut, type SplitOptions } from './split.js';

const SHAPE = [3, 32, 32];
const PIXELS = 3072;
const RECORD = 1 + PIXELS;
const MAX_RECORDS = 1_000_000;
const CLASSES: readonly string[] = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Records of a CIFAR-10 file, checked: whole ones with labels 0 to 9. Throws FormatError naming `file`, offset and what was expected. */
export function checkCifar(bytes: Uint8Array, file: string): Uint8Array {
  const whole = Math.floor(bytes.length / RECORD);
  if (whole === 0 || whole * RECORD !== bytes.length) {
    throw new FormatError(`${file}: ends at byte ${grouped(bytes.length)}, expected whole records of ${grouped(RECORD)} bytes (a label and 32x32 pixels in 3 colours). Likely cut short: fetch it again.`);
  }
  for (let at = 0; at < bytes.length; at += RECORD) {
    if (bytes[at]! > 9) throw new FormatError(`${file}: offset ${grouped(at)}: label ${bytes[at]}, expected 0 to 9`);
  }
  return bytes;
}

/** Names of `names` that are CIFAR-10's binary files, gzip or not; a plain file counts before its packed twin. */
export function findCifar(names: readonly string[]): { train: string[]; test: string[] } {
  const plain = names.filter((name) => !(name.endsWith('.gz') && names.includes(name.slice(0, -3))));
  return { train: plain.filter((name) => /^data_batch_\d+\.bin(\.gz)?$/.test(name)), test: plain.filter((name) => /^test_batch\.bin(\.gz)?$/.test(name)) };
}

async function readHalf(dir: string, files: readonly string[], classes: readonly string[]): Promise<Dataset> {
  const parts: Uint8Array[] = [];
  for (const file of files) parts.push(checkCifar(await readBounded(dir, file, { head: 0, limit: () => MAX_RECORDS * RECORD }), file));
  const bytes = concat(parts, parts.reduce((sum, part) => sum + part.length, 0));
  const length = bytes.length / RECORD;
  return {
    name: dir, length, shape: SHAPE, classes, labels: Int32Array.from({ length }, (_, i) => bytes[i * RECORD]!),
    read(index, out, offset) {
      for (let i = 0; i < PIXELS; i++) out[offset + i] = bytes[index * RECORD + 1 + i]! / 255;
    },
  };
}

/** The ten names of batches.meta.txt where it is there and has them. */
async function classNames(dir: string, names: readonly string[]): Promise<readonly string[]> {
  if (!names.includes('batches.meta.txt')) return CLASSES;
  const text = new TextDecoder().decode(await readBounded(dir, 'batches.meta.txt', { head: 0, limit: () => 4096 }));
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  return lines.length === 10 ? lines : CLASSES;
}

/**
 * Reads CIFAR-10's binary files (Krizhevsky 2009), plain or gzip: `data_batch_*.bin` to train on, `test_batch.bin` as the test set. Images
 * [3, 32, 32] of bytes / 255. Where one half is missing the other is split by `holdout` and `seed`.
 * Throws FormatError naming file and offset, OptionError for `dir` or an option.
 */
export async function cifar10(dir: string, options: SplitOptions = {}): Promise<Split> {
  const names = await filesIn(dir);
  const { train, test } = findCifar(names);
  if (train.length + test.length === 0) throw new FormatError(`${dir}: no CIFAR-10 files, expected data_batch_1.bin and the like (the binary version)`);
  const classes = await classNames(dir, names);
  if (train.length === 0 || test.length === 0) return holdOut(await readHalf(dir, [...train, ...test], classes), options);
  return { train: await readHalf(dir, train, classes), test: await readHalf(dir, test, classes) };
}
