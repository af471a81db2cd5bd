import { readFile } from 'node:fs/promises';
import { decodePng, type Pixels } from '../data/images/png.js';

/** A picture in grey: 0 black to 1 white, row-major. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/**
 * Grey = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). See-through pixels lie on white where what is drawn is dark,
 * on black where it is light, so that strokes on nothing stay visible.
 */
function toGrey({ data, channels, max, key, width, height }: Pixels): Float32Array {
  const size = width * height;
  const colours = channels < 3 ? 1 : 3;
  const values = new Float32Array(size);
  const alphas = new Float32Array(size).fill(1);
  let drawn = 0;
  let covered = 0;
  for (let i = 0; i < size; i++) {
    const at = i * channels;
    const grey = colours === 1 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    values[i] = grey / max;
    if (channels > colours) alphas[i] = data[at + colours]! / max;
    else if (key !== null && key.every((value, c) => value === data[at + c])) alphas[i] = 0;
    drawn += values[i]! * alphas[i]!;
    covered += alphas[i]!;
  }
  const backdrop = drawn < 0.5 * covered ? 1 : 0;
  return values.map((value, i) => value * alphas[i]! + backdrop * (1 - alphas[i]!));
}

/** Decodes a PNG image to grey. Throws FormatError naming `file`, offset and what was expected. */
export async function decodeGrey(bytes: Uint8Array, file: string): Promise<Grey> {
  const pixels = await decodePng(bytes, file);
  return { width: pixels.width, height: pixels.height, values: toGrey(pixels) };
}

/** Reads a PNG file as grey. */
export async function readGrey(file: string): Promise<Grey> {
  return decodeGrey(await readFile(file), file);
}
