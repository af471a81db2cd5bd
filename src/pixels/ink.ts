import { FormatError } from '../core/errors.js';
import type { Grey } from './pixels.js';

/** A picture as a network takes it, and what was done to get there. */
export interface Input {
  readonly pixels: Float32Array;
  readonly steps: string;
}

/** MNIST's form: ink within 20x20, its centre of mass in the middle of 28x28. */
const FIELD = 28;
const BOX = 20;
/** Ink this faint, as a part of the strongest, does not count when cropping. */
const FAINT = 0.2;
const LEAST_CONTRAST = 0.1;

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Turns a picture of one character into the network's input, [side, side] with 0 paper and 1 ink; throws FormatError where it shows no ink. */
export function toInk(grey: Grey, side: number, file: string): Input {
  const border = borderOf(grey);
  const bright = mean(border) > 0.5;
  const values = bright ? grey.values.map((value) => 1 - value) : grey.values;
  const plane = { width: grey.width, height: grey.height, values };
  const steps = [`${grey.width}x${grey.height}`, bright ? 'dark on light, inverted' : 'light on dark'];
  if (grey.width === side && grey.height === side) return { pixels: values, steps: steps.join(', ') };
  if (grey.width === FIELD && grey.height === FIELD && side >= FIELD) {
    return { pixels: padded(plane, side), steps: [...steps, `padded to ${side}x${side}`].join(', ') };
  }
  const ink = cropped(stretched(plane, file));
  const scale = BOX / Math.max(ink.width, ink.height);
  const small = averaged(ink, Math.max(1, Math.round(ink.width * scale)), Math.max(1, Math.round(ink.height * scale)));
  steps.push(`ink of ${ink.width}x${ink.height} scaled to ${small.width}x${small.height}`, 'centred by mass');
  return { pixels: padded(centred(small), side), steps: steps.join(', ') };
}

function borderOf({ width, height, values }: Plane): Float32Array {
  return values.filter((_, i) => i < width || i >= width * (height - 1) || i % width === 0 || i % width === width - 1);
}

function mean(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Paper, taken as the border's median, becomes 0, and the strongest ink 1. */
function stretched(plane: Plane, file: string): Plane {
  const border = borderOf(plane).sort();
  const paper = border[border.length >> 1]!;
  const span = plane.values.reduce((a, b) => Math.max(a, b), 0) - paper;
  if (span < LEAST_CONTRAST) throw new FormatError(`${file}: no ink found, expected a character that differs from the picture's border`);
  return { ...plane, values: plane.values.map((value) => Math.max(0, (value - paper) / span)) };
}

/** The smallest rectangle that holds all ink. */
function cropped({ width, height, values }: Plane): Plane {
  let [left, top, right, bottom] = [width, height, 0, 0];
  values.forEach((value, i) => {
    if (value < FAINT) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  });
  const [w, h] = [right - left, bottom - top];
  const part = Float32Array.from({ length: w * h }, (_, i) => values[(top + Math.floor(i / w)) * width + left + (i % w)]!);
  return { width: w, height: h, values: part };
}

/** Mean over the part of the picture that each new pixel covers, along one axis at a time: [h, w] → [h, width] → [height, width]. */
function averaged(plane: Plane, width: number, height: number): Plane {
  const rows = shrink(plane.values, plane.height, plane.width, width, plane.width, 1);
  const both = shrink(rows, width, plane.height, height, 1, width);
  return { width, height, values: transposed(both, width, height) };
}

/** `lines` lines of `from` values become `to` values each, stored line after line; value i of line j lies at j·lineStep + i·step. */
function shrink(values: Float32Array, lines: number, from: number, to: number, lineStep: number, step: number): Float32Array {
  const out = new Float32Array(lines * to);
  const span = from / to;
  for (let j = 0; j < lines; j++) {
    for (let o = 0; o < to; o++) {
      let sum = 0;
      for (let i = Math.floor(o * span); i < Math.min(from, (o + 1) * span); i++) {
        sum += values[j * lineStep + i * step]! * (Math.min(i + 1, (o + 1) * span) - Math.max(i, o * span));
      }
      out[j * to + o] = sum / span;
    }
  }
  return out;
}

/** [width, height] → [height, width] */
function transposed(values: Float32Array, width: number, height: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % width) * height + Math.floor(i / width)]!);
}

/** Lays ink on a 28x28 field so that its centre of mass is nearest to the middle, all of it inside. */
function centred({ width, height, values }: Plane): Plane {
  let [mass, x, y] = [0, 0, 0];
  values.forEach((value, i) => {
    mass += value;
    x += value * ((i % width) + 0.5);
    y += value * (Math.floor(i / width) + 0.5);
  });
  const place = (moment: number, size: number) => Math.min(FIELD - size, Math.max(0, Math.round(FIELD / 2 - moment / mass)));
  const [left, top] = [place(x, width), place(y, height)];
  const field = new Float32Array(FIELD * FIELD);
  values.forEach((value, i) => (field[(top + Math.floor(i / width)) * FIELD + left + (i % width)] = value));
  return { width: FIELD, height: FIELD, values: field };
}

function padded({ width, height, values }: Plane, side: number): Float32Array {
  const left = (side - width) >> 1;
  const top = (side - height) >> 1;
  const out = new Float32Array(side * side);
  for (let y = 0; y < height; y++) out.set(values.subarray(y * width, (y + 1) * width), (top + y) * side + left);
  return out;
}
