import { FormatError } from '../core/errors.js';
import type { Dataset, Split } from './dataset.js';
import { filesIn, grouped, readBounded } from './files.js';
import { holdOut, type SplitOptions } from './split.js';

const SIDE = 8;
const REPEAT = 4;
const PIXELS = SIDE * SIDE;
const COLUMNS = PIXELS + 1;
const MAX_BYTES = 64e6;

/** Rows of a digits CSV file. */
export interface DigitRows {
  /** Ink of 8x8 pixels a row, 0..16. */
  readonly pixels: Uint8Array;
  readonly labels: Int32Array;
}

/** Parses rows of 64 pixels 0..16 and a class 0..9, separated by commas. Throws FormatError naming `file`, line and column. */
export function parseOptdigits(text: string, file: string): DigitRows {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new FormatError(`${file}: empty, expected rows of ${COLUMNS} integers`);
  const pixels = new Uint8Array(lines.length * PIXELS);
  const labels = new Int32Array(lines.length);
  lines.forEach((line, row) => {
    const cells = line.split(',');
    if (cells.length !== COLUMNS) {
      throw new FormatError(`${file}: line ${row + 1} has ${grouped(cells.length)} columns, expected ${COLUMNS} (64 pixels and a class)`);
    }
    for (let i = 0; i < PIXELS; i++) pixels[row * PIXELS + i] = cell(cells[i]!, 16, file, row, i);
    labels[row] = cell(cells[PIXELS]!, 9, file, row, PIXELS);
  });
  return { pixels, labels };
}

function cell(text: string, max: number, file: string, row: number, column: number): number {
  const value = Number(text);
  if (/^\s*\d{1,2}\s*$/.test(text) && value <= max) return value;
  const shown = JSON.stringify(text.slice(0, 20));
  throw new FormatError(`${file}: line ${row + 1}, column ${column + 1} is ${shown}, expected an integer from 0 to ${max}`);
}

/** out[y, x] = ink / 16, each pixel repeated 4x4: 8x8 → [1, 32, 32]. */
function readImage(pixels: Uint8Array, index: number, out: Float32Array, offset: number): void {
  const side = SIDE * REPEAT;
  for (let y = 0; y < side; y++) {
    const from = index * PIXELS + Math.floor(y / REPEAT) * SIDE;
    for (let x = 0; x < side; x++) out[offset + y * side + x] = pixels[from + Math.floor(x / REPEAT)]! / 16;
  }
}

async function readHalf(dir: string, file: string): Promise<Dataset> {
  const bytes = await readBounded(dir, file, { head: 0, limit: () => MAX_BYTES });
  if (bytes.length > MAX_BYTES) throw new FormatError(`${file}: more than ${grouped(MAX_BYTES)} bytes, expected a digits CSV file`);
  const { pixels, labels } = parseOptdigits(new TextDecoder('latin1').decode(bytes), file);
  return {
    name: dir,
    length: labels.length,
    shape: [1, SIDE * REPEAT, SIDE * REPEAT],
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
    labels,
    read: (index, out, offset) => readImage(pixels, index, out, offset),
  };
}

/** Files of `names` that are halves of the digits data; a plain file counts before its packed twin. */
export function findOptdigits(names: readonly string[]): { train: string | undefined; test: string | undefined } {
  const find = (half: string) => names.find((name) => name.endsWith(`_${half}.csv`)) ?? names.find((name) => name.endsWith(`_${half}.csv.gz`));
  return { train: find('tra'), test: find('tes') };
}

/**
 * Reads UCI's optical digits (Alpaydin and Kaynak, 1998): `*_tra.csv` and, if it is there, `*_tes.csv` as the test set, plain or gzip.
 * Images [1, 32, 32]: 8x8 counts of ink / 16, each repeated 4x4. A single file is split by `holdout` and `seed`.
 * Throws FormatError with line and column of what is wrong, OptionError for `dir` or an option.
 */
export async function optdigits(dir: string, options: SplitOptions = {}): Promise<Split> {
  const found = findOptdigits(await filesIn(dir));
  const file = found.train ?? found.test;
  if (file === undefined) throw new FormatError(`${dir}: no digits CSV files, expected *_tra.csv or *_tra.csv.gz and the same with _tes`);
  const train = await readHalf(dir, file);
  if (found.train === undefined || found.test === undefined) return holdOut(train, options);
  return { train, test: await readHalf(dir, found.test) };
}
