import { readFile } from 'node:fs/promises';
import { elements, type Shape } from '../core/shape.js';
import type { Preprocessing } from '../data/open.js';
import { prepareBytes } from '../data/images/prepare.js';
import { toInk } from '../pixels/ink.js';
import { toGrey } from '../pixels/pixels.js';
import { decodePng } from '../pixels/png.js';

/** A picture as a network takes it, and what was done to get there. */
export interface Input {
  readonly pixels: Float32Array;
  readonly steps: string;
}

/** Reads a picture of ink as MNIST has it, or a photograph: PNG or JPEG. Throws FormatError naming the file. */
export async function readInput(file: string, shape: Shape, { side, mean, deviation }: Preprocessing): Promise<Input> {
  const bytes = await readFile(file);
  if (side === undefined) return toInk(toGrey(decodePng(bytes, file)), shape[1]!, file);
  const values = await prepareBytes(bytes, file, shape, side);
  const plane = elements(shape.slice(1));
  const pixels = Float32Array.from(values, (value) => value / 255);
  if (mean && deviation) pixels.forEach((value, i) => (pixels[i] = (value - mean[Math.floor(i / plane)]!) / deviation[Math.floor(i / plane)]!));
  return { pixels, steps: `shorter side to ${side}, ${shape[2]}x${shape[1]} from the centre` };
}
