import { convertIndexedToRgb, decode } from 'fast-png';
import { Unzlib } from 'fflate';
import { FormatError } from '../core/errors.js';
import { MOST_PIXELS, type Pixels } from './pixels.js';

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly channels: number;
  readonly interlaced: boolean;
}

const SIGNATURE = '89504e470d0a1a0a';
/** Bytes handed to the inflater at once: they come to at most 4 MiB. */
const SLICE = 4096;
const MAX_SIDE = 16384;
/** Chunks that pixels need; the others are not handed on, so that nothing in them is unpacked. */
const NEEDED = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];
/** Channels per pixel of the colour types of the PNG specification, 11.2.1. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Start and step of the passes of Adam7, [x, y, dx, dy]. */
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const;

const count = (value: number): string => value.toLocaleString('en');
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Whether these bytes start as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return hex(bytes.subarray(0, 8)) === SIGNATURE;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function headerOf(view: DataView, file: string, most: number): Header {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, type, interlace] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || width * height > most) {
    throw new FormatError(`${file}: header at byte 16 says ${width}x${height} pixels, expected sides up to ${count(MAX_SIDE)} and ${count(most)} pixels`);
  }
  const channels = CHANNELS[type];
  if (channels === undefined || ![1, 2, 4, 8, 16].includes(depth)) {
    throw new FormatError(`${file}: header at byte 24 says colour type ${type} of ${depth} bits, expected a PNG image`);
  }
  if (interlace === 1 && depth < 8) throw new FormatError(`${file}: interlaced with ${depth} bits, which is not read. Save it without interlacing.`);
  return { width, height, depth, channels, interlaced: interlace === 1 };
}

/** Bytes that the pixels take once inflated: one filter byte per line, then its pixels in whole bytes. */
function inflatedBytes({ width, height, depth, channels, interlaced }: Header): number {
  const block = (w: number, h: number) => (w < 1 || h < 1 ? 0 : h * (1 + Math.ceil((w * channels * depth) / 8)));
  if (!interlaced) return block(width, height);
  return PASSES.reduce((sum, [x, y, dx, dy]) => sum + block(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)), 0);
}

/**
 * Checks signature, header, every chunk's range and the size of the inflated pixels before anything is sized by them.
 * Returns the file with the chunks that pixels need.
 */
function checked(bytes: Uint8Array, file: string, most: number): Uint8Array {
  if (!isPng(bytes)) throw new FormatError(`${file}: starts with 0x${hex(bytes.subarray(0, 8))}, expected a PNG image (0x${SIGNATURE})`);
  if (bytes.length < 33) throw new FormatError(`${file}: ends at byte ${bytes.length}, expected a PNG header of 33 bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const pixels: Uint8Array[] = [];
  let type = '';
  for (let at = 8; type !== 'IEND';) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : Infinity;
    if (at + 12 + length > bytes.length) throw new FormatError(`${file}: ends at byte ${count(bytes.length)} inside the chunk at byte ${count(at)}. Likely cut short.`);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at === 8 && (type !== 'IHDR' || length !== 13)) throw new FormatError(`${file}: first chunk at byte 8 is ${JSON.stringify(type)}, expected IHDR of 13 bytes`);
    if (NEEDED.includes(type)) kept.push(bytes.subarray(at, at + 12 + length));
    if (type === 'IDAT') pixels.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  checkPixels(joined(pixels), inflatedBytes(headerOf(view, file, most)), file);
  return joined(kept);
}

/** Counts what the pixels come to, and stops where that is more than the header promises. */
function checkPixels(packed: Uint8Array, promised: number, file: string): void {
  let inflated = 0;
  const inflater = new Unzlib((part) => (inflated += part.length));
  try {
    for (let at = 0; at < packed.length && inflated <= promised; at += SLICE) inflater.push(packed.subarray(at, at + SLICE), at + SLICE >= packed.length);
  } catch (error) {
    throw new FormatError(`${file}: pixels are corrupt (${error instanceof Error ? error.message : String(error)})`, { cause: error });
  }
  if (inflated === promised) return;
  const found = inflated > promised ? 'more' : count(inflated);
  throw new FormatError(`${file}: header promises ${count(promised)} bytes of pixels, ${found} are there`);
}

/** Splits bytes that hold several pixels; lines begin on whole bytes. */
function unpackBits(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const line = Math.ceil((width * depth) / 8);
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      values[y * width + x] = (data[y * line + (bit >> 3)]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return values;
}

function decodePixels(bytes: Uint8Array): Pixels {
  const png = decode(bytes, { checkCrc: true });
  const { width, height, depth, channels, palette, transparency } = png;
  if (bytes[25] === 3) {
    if (palette === undefined) throw new Error('a palette is missing');
    return { width, height, data: convertIndexedToRgb(png), channels: palette[0]?.length ?? 3, max: 255, key: null };
  }
  const data = depth < 8 ? unpackBits(png.data, width, height, depth) : png.data;
  return { width, height, data, channels, max: (1 << depth) - 1, key: transparency === undefined ? null : Array.from(transparency) };
}

/** Decodes a PNG image. Throws FormatError naming `file`, offset and what was expected; so it does for more than `most` pixels. */
export function decodePng(bytes: Uint8Array, file: string, most = MOST_PIXELS): Pixels {
  const whole = checked(bytes, file, most);
  try {
    return decodePixels(whole);
  } catch (error) {
    throw new FormatError(`${file}: not a PNG image that can be read (${error instanceof Error ? error.message : String(error)})`, { cause: error });
  }
}
