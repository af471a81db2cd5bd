import { FormatError, OptionError } from '../core/errors.js';
import type { Dataset, Split } from './dataset.js';
import { filesIn, grouped, hex, readBounded } from './files.js';
import { holdOut, type SplitOptions } from './split.js';

/** An IDX file of bytes: sizes outermost first and the values in row-major order. */
export interface IdxArray {
  readonly sizes: readonly number[];
  readonly values: Uint8Array;
}

export interface IdxOptions extends SplitOptions {
  /** Zeros around each image; default 2 for 28x28 images (LeNet-5 takes 32x32), else 0. */
  readonly padding?: number;
}

/** A folder's images, with the zeros that were put around each. */
export interface IdxSplit extends Split {
  readonly padding: number;
}

type Content = 'images' | 'labels';

const DIMENSIONS = { images: 3, labels: 1 } as const;
const MAX_SIDE = 4096;
const MAX_BYTES = 2e9;

/**
 * Sizes that an IDX header promises: magic 0x000008dd (unsigned bytes, dd dimensions), then dd big-endian 32-bit sizes.
 * Throws FormatError where it is short or does not describe images ([count, height, width]) or labels ([count]).
 */
function parseHeader(head: Uint8Array, file: string, content: Content): number[] {
  const dimensions = DIMENSIONS[content];
  const magic = `0x0000080${dimensions}`;
  if (head.length >= 4 && hex(head.subarray(0, 4)) !== magic) {
    throw new FormatError(`${file}: starts with ${hex(head.subarray(0, 4))}, expected ${magic} (IDX ${content} of unsigned bytes)`);
  }
  const size = headerBytes(content);
  if (head.length < size) {
    throw new FormatError(`${file}: ends at byte ${head.length}, expected an IDX header of ${size} bytes. Likely cut short: fetch it again.`);
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const sizes = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  if (sizes[0] === 0) throw new FormatError(`${file}: header at byte 4 promises 0 ${content}, expected at least 1`);
  const side = sizes.slice(1).find((length) => length < 1 || length > MAX_SIDE);
  if (side !== undefined) {
    throw new FormatError(`${file}: header at byte 8 promises images of ${sizes.slice(1).join('x')}, expected sides from 1 to ${MAX_SIDE}`);
  }
  if (product(sizes) > MAX_BYTES) {
    throw new FormatError(`${file}: header promises ${grouped(product(sizes))} bytes, expected at most ${grouped(MAX_BYTES)}`);
  }
  return sizes;
}

function headerBytes(content: Content): number {
  return 4 + 4 * DIMENSIONS[content];
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** Parses an unpacked IDX file of images (3 dimensions) or labels (1). Throws FormatError naming `file`, offset and what was expected. */
export function parseIdx(bytes: Uint8Array, file: string, content: Content): IdxArray {
  const sizes = parseHeader(bytes, file, content);
  const start = headerBytes(content);
  const promised = product(sizes);
  const present = bytes.length - start;
  const what = content === 'images' ? `${grouped(sizes[0]!)} images of ${sizes[1]}x${sizes[2]} (${grouped(promised)} bytes)` : `${grouped(promised)} labels`;
  if (present < promised) {
    throw new FormatError(`${file}: header promises ${what}, ${grouped(present)} follow byte ${start}. Likely cut short: fetch it again.`);
  }
  if (present > promised) {
    throw new FormatError(`${file}: header promises ${what}, more follow at byte ${grouped(start + promised)}. Header and data do not belong together.`);
  }
  return { sizes, values: bytes.subarray(start) };
}

async function readIdx(dir: string, file: string, content: Content): Promise<IdxArray> {
  const head = headerBytes(content);
  const limit = (bytes: Uint8Array) => head + product(parseHeader(bytes, file, content));
  return parseIdx(await readBounded(dir, file, { head, limit }), file, content);
}

interface Pair {
  readonly images: string;
  readonly labels: string;
}

function contentOf(name: string): Content | null {
  if (/\.(png|jpe?g|csv|txt|md|zip|tar)$/i.test(name)) return null;
  if (/images|idx3/i.test(name)) return 'images';
  return /labels|idx1/i.test(name) ? 'labels' : null;
}

/** What is left of a name when content and packing are taken away: the same for both files of a pair. */
function stem(name: string): string {
  return name.toLowerCase().replace(/\.gz$/, '').replace(/images?|labels?/g, '').replace(/idx[13]/g, '');
}

/** Pairs of image and label files among `names`; of a file and its packed twin the plain one counts. */
export function findPairs(names: readonly string[]): Pair[] {
  const plain = names.filter((name) => !(name.endsWith('.gz') && names.includes(name.slice(0, -3))));
  const images = plain.filter((name) => contentOf(name) === 'images');
  const labels = plain.filter((name) => contentOf(name) === 'labels');
  if (images.length === 0 && labels.length > 0) throw new FormatError(`${labels[0]}: no image file beside it`);
  if (images.length === 1 && labels.length === 1) return [{ images: images[0]!, labels: labels[0]! }];
  return images.map((image) => {
    const label = labels.find((name) => stem(name) === stem(image));
    if (label === undefined) throw new FormatError(`${image}: no label file beside it, found ${labels.join(', ') || 'none'}`);
    return { images: image, labels: label };
  });
}

/** The training pair and, if there is one, the test pair. */
function halves(pairs: readonly Pair[], dir: string): [Pair, Pair | null] {
  if (pairs.length === 0) throw new FormatError(`${dir}: no IDX files, expected one named like train-images-idx3-ubyte.gz and its labels`);
  if (pairs.length === 1) return [pairs[0]!, null];
  const tests = pairs.filter((pair) => /t10k|test/i.test(pair.images));
  const trains = pairs.filter((pair) => !tests.includes(pair) && /train/i.test(pair.images));
  if (pairs.length === 2 && tests.length === 1 && trains.length === 1) return [trains[0]!, tests[0]!];
  const found = pairs.map((pair) => pair.images).join(', ');
  throw new FormatError(`${dir}: ${pairs.length} sets of images (${found}), expected one, or one named train and one named t10k or test`);
}

async function readPair(dir: string, pair: Pair, padding: number | undefined): Promise<{ dataset: Dataset; padding: number }> {
  const images = await readIdx(dir, pair.images, 'images');
  const labels = await readIdx(dir, pair.labels, 'labels');
  const [count, height, width] = images.sizes as [number, number, number];
  if (labels.sizes[0] !== count) {
    throw new FormatError(`${pair.labels}: ${grouped(labels.sizes[0]!)} labels, expected ${grouped(count)} as there are images in ${pair.images}`);
  }
  const border = padding ?? (height === 28 && width === 28 ? 2 : 0);
  const classes = Math.max(10, 1 + labels.values.reduce((a, b) => Math.max(a, b), 0));
  const dataset: Dataset = {
    name: dir,
    length: count,
    shape: [1, height + 2 * border, width + 2 * border],
    classes: Array.from({ length: classes }, (_, i) => String(i)),
    labels: Int32Array.from(labels.values),
    read: (index, out, offset) => readImage(images.values, index, height, width, border, out, offset),
  };
  return { dataset, padding: border };
}

/** out[y + border, x + border] = byte / 255, zero on the border. */
function readImage(bytes: Uint8Array, index: number, height: number, width: number, border: number, out: Float32Array, offset: number): void {
  const row = width + 2 * border;
  if (border > 0) out.fill(0, offset, offset + row * (height + 2 * border));
  let from = index * height * width;
  for (let y = 0; y < height; y++) {
    const to = offset + (y + border) * row + border;
    for (let x = 0; x < width; x++) out[to + x] = bytes[from++]! / 255;
  }
}

/**
 * Reads a folder of IDX files, plain or gzip (MNIST, Fashion-MNIST, EMNIST): images [1, h, w] of bytes / 255, labels as class numbers.
 * A pair named t10k or test beside one named train is the test set; of a single pair, whatever its name, `holdout` images
 * drawn by `seed` are; else `test` is null.
 * Throws FormatError for files that are missing, cut short, corrupt or do not fit together, OptionError for `dir` or an option.
 * Format: yann.lecun.com/exdb/mnist.
 */
export async function idx(dir: string, options: IdxOptions = {}): Promise<IdxSplit> {
  const { padding: asked } = options;
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 0 && asked <= MAX_SIDE)) {
    throw new OptionError(`padding is ${asked}, expected an integer from 0 to ${MAX_SIDE}`);
  }
  const [first, second] = halves(findPairs(await filesIn(dir)), dir);
  const { dataset: train, padding } = await readPair(dir, first, asked);
  if (second === null) return { ...holdOut(train, options), padding };
  const { dataset: test } = await readPair(dir, second, asked);
  if (train.shape.join() !== test.shape.join()) {
    throw new FormatError(`${second.images}: images of ${test.shape.slice(1).join('x')}, expected ${train.shape.slice(1).join('x')} as in ${first.images} (padding included)`);
  }
  const classes = train.classes.length > test.classes.length ? train.classes : test.classes;
  return { train: { ...train, classes }, test: { ...test, classes }, padding };
}
