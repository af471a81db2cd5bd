import type { Shape } from '../core/shape.js';
import type { Raster } from './raster.js';

/** Weights as integers of 22 bits, as Pillow has them: sums of bytes times weights are exact, so every engine gives the same pixels. */
const BITS = 22;

interface Weights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `reach` weights per output. */
  readonly weights: Int32Array;
  readonly reach: number;
}

/**
 * The triangle filter, widened by the scale where the image shrinks, so that every input pixel counts (Pillow's BILINEAR, Resample.c;
 * torchvision's antialias): output o covers inputs about (o + 1/2) · in / out.
 */
function weightsOf(from: number, to: number): Weights {
  const scale = from / to;
  const support = Math.max(1, scale);
  const reach = Math.ceil(support) * 2 + 1;
  const [first, count, weights] = [new Int32Array(to), new Int32Array(to), new Int32Array(to * reach)];
  for (let o = 0; o < to; o++) {
    const centre = (o + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const high = Math.min(from, Math.trunc(centre + support + 0.5));
    const parts = Array.from({ length: high - low }, (_, i) => Math.max(0, 1 - Math.abs((i + low - centre + 0.5) * (1 / support))));
    const sum = parts.reduce((a, b) => a + b, 0);
    first[o] = low;
    count[o] = high - low;
    parts.forEach((part, i) => (weights[o * reach + i] = Math.trunc(0.5 + (part / sum) * (1 << BITS))));
  }
  return { first, count, weights, reach };
}

/** One axis: output (line, o) = Σ weight · input (line, first + i); positions and lines lie `step` and `lineStep` bytes apart. */
function along(data: Uint8Array, out: Uint8Array, lines: number, { first, count, weights, reach }: Weights, step: number, lineStep: number, outLineStep: number): void {
  for (let line = 0; line < lines; line++) {
    for (let o = 0; o < first.length; o++) {
      const from = line * lineStep + first[o]! * step;
      let sum = 1 << (BITS - 1);
      for (let i = 0; i < count[o]!; i++) sum += data[from + i * step]! * weights[o * reach + i]!;
      out[line * outLineStep + o * step] = Math.min(255, Math.max(0, sum >> BITS));
    }
  }
}

/** The image at another size, bilinear with antialiasing, bit for bit as Pillow resizes RGB images. */
export function resize({ width, height, data }: Raster, [toHeight, toWidth]: readonly [number, number]): Raster {
  let pixels = data;
  if (toWidth !== width) {
    const out = new Uint8Array(height * toWidth * 3);
    const weights = weightsOf(width, toWidth);
    for (let c = 0; c < 3; c++) along(pixels.subarray(c), out.subarray(c), height, weights, 3, width * 3, toWidth * 3);
    pixels = out;
  }
  if (toHeight === height) return { width: toWidth, height, data: pixels };
  const out = new Uint8Array(toHeight * toWidth * 3);
  along(pixels, out, toWidth * 3, weightsOf(height, toHeight), toWidth * 3, 1, 1);
  return { width: toWidth, height: toHeight, data: out };
}

/** Python's round(): halves to the even neighbour. */
function roundEven(value: number): number {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}

/** The shorter side to `side`, then the centre of [height, width] cut out: torchvision's Resize(side) and CenterCrop. */
export function resizeAndCrop(raster: Raster, side: number, [height, width]: readonly [number, number]): Raster {
  const [w, h] = [raster.width, raster.height];
  const long = Math.max(1, Math.trunc((side * Math.max(w, h)) / Math.min(w, h)));
  const small = resize(raster, w <= h ? [long, side] : [side, long]);
  const [top, left] = [roundEven((small.height - height) / 2), roundEven((small.width - width) / 2)];
  const data = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * small.width + left) * 3;
    data.set(small.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/**
 * A photograph as a network sees it but for its numbers' scale: the centre of the picture scaled to `side`, bytes [1 or 3, height, width]. One channel
 * is Pillow's `convert('L')`, (19595 R + 38470 G + 7471 B + 2^15) / 2^16.
 */
export function toPlanes(raster: Raster, [channels, height, width]: Shape, side: number): Uint8Array {
  const { data } = resizeAndCrop(raster, side, [height!, width!]);
  const plane = height! * width!;
  const out = new Uint8Array(channels! * plane);
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    if (channels === 1) out[i] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
    else [out[i], out[plane + i], out[2 * plane + i]] = [r, g, b];
  }
  return out;
}
