import { toInk } from '../src/pixels/ink.js';

// From strokes and pictures to what the network sees: ink 1 on paper 0, [32, 32], in the form of MNIST.

export interface Grey {
  readonly width: number;
  readonly height: number;
  /** 0 black to 1 white, or ink on paper; the border says which. */
  readonly values: Float32Array;
}

export const SIDE = 32;
const FIELD = 28;
const PADDING = (SIDE - FIELD) / 2;

/** Cropped, scaled into 20x20 and centred by mass, as the training images are; null where there is no ink. */
export function centred(grey: Grey): Float32Array | null {
  try {
    return toInk(grey, SIDE, 'drawing').pixels;
  } catch {
    return null;
  }
}

/** The whole field as it is, each pixel the mean of those it covers; null where there is no ink. */
export function asDrawn({ width, height, values }: Grey): Float32Array | null {
  const out = new Float32Array(SIDE * SIDE);
  let most = 0;
  for (let at = 0; at < FIELD * FIELD; at++) {
    const [row, column] = [Math.floor(at / FIELD), at % FIELD];
    const [top, bottom] = [Math.floor((row * height) / FIELD), Math.max(Math.floor((row * height) / FIELD) + 1, Math.floor(((row + 1) * height) / FIELD))];
    const [left, right] = [Math.floor((column * width) / FIELD), Math.max(Math.floor((column * width) / FIELD) + 1, Math.floor(((column + 1) * width) / FIELD))];
    let sum = 0;
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += values[y * width + x]!;
    const mean = sum / ((bottom - top) * (right - left));
    out[(row + PADDING) * SIDE + column + PADDING] = mean;
    most = Math.max(most, mean);
  }
  return most > 0.05 ? out : null;
}

export const inverted = ({ width, height, values }: Grey): Grey => ({ width, height, values: values.map((value) => 1 - value) });
