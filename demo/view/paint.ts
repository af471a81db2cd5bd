import { DIVERGING, INK, MAGNITUDE, palette, type Theme } from '../colour.js';
import { theme } from './theme.js';

// Matrices as pictures. A negative value carries a stroke as well as a colour, so its sign does not hang on hue.

export type Kind = 'signed' | 'ink' | 'magnitude';

const palettes = new Map<string, Uint32Array>();
const STOPS = { signed: DIVERGING, ink: INK, magnitude: MAGNITUDE };

function paletteOf(kind: Kind, name: Theme): Uint32Array {
  const key = kind + name;
  const colours = palettes.get(key) ?? palette(STOPS[kind][name]);
  palettes.set(key, colours);
  return colours;
}

export interface Picture {
  readonly values: ArrayLike<number>;
  readonly columns: number;
  readonly kind: Kind;
  /** The value of the strongest colour. */
  readonly range: number;
  /** Canvas pixels per value: 1 for ink; 3 or more leave room for the stroke. */
  readonly scale: number;
  /** Where the picture begins on the canvas, in values, and whether the canvas keeps what else is on it. */
  readonly left?: number;
  readonly top?: number;
}

/** Below this part of the range a negative value is as good as zero, and has no stroke. */
const FAINT = 0.04;

/** Paints onto a canvas that is large enough. */
export function paint(canvas: HTMLCanvasElement, { values, columns, kind, range, scale, left = 0, top = 0 }: Picture): void {
  const rows = values.length / columns;
  const colours = paletteOf(kind, theme());
  const stroke = theme() === 'dark' ? 0xffffffff : 0xff000000;
  const width = columns * scale;
  const { image, pixels } = bitmapOf(canvas, width, rows * scale);
  for (let at = 0; at < values.length; at++) {
    const part = values[at]! / range;
    const place = kind === 'signed' ? 0.5 + part / 2 : part;
    const colour = colours[Math.max(0, Math.min(255, Math.round(place * 255)))]!;
    const from = Math.floor(at / columns) * scale * width + (at % columns) * scale;
    for (let row = 0; row < scale; row++) pixels.fill(colour, from + row * width, from + row * width + scale);
    if (kind === 'signed' && part < -FAINT && scale > 2) for (let i = 0; i < scale; i++) pixels[from + i * width + scale - 1 - i] = blend(colour, stroke);
  }
  canvas.getContext('2d')!.putImageData(image, left * scale, top * scale);
}

interface Bitmap {
  readonly image: ImageData;
  readonly pixels: Uint32Array;
}

const bitmaps = new WeakMap<HTMLCanvasElement, Bitmap>();

/** The pixels that a canvas was last painted from: painted again and again, they are made once. */
function bitmapOf(canvas: HTMLCanvasElement, width: number, height: number): Bitmap {
  const before = bitmaps.get(canvas);
  if (before?.image.width === width && before.image.height === height) return before;
  const image = new ImageData(width, height);
  const bitmap = { image, pixels: new Uint32Array(image.data.buffer) };
  bitmaps.set(canvas, bitmap);
  return bitmap;
}

/** A quarter of the stroke over the colour. */
function blend(colour: number, stroke: number): number {
  const mix = (shift: number): number => (((colour >>> shift) & 255) * 3 + ((stroke >>> shift) & 255)) >> 2;
  return ((255 << 24) | (mix(16) << 16) | (mix(8) << 8) | mix(0)) >>> 0;
}

/** A canvas for `columns` by `rows` values. */
export function canvasFor(columns: number, rows: number, scale: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = columns * scale;
  canvas.height = rows * scale;
  return canvas;
}
