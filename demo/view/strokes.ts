import type { Grey } from '../ink.js';

// Strokes in a field of 1 by 1, and how they become pixels.

export interface Stroke {
  /** Width of the pen, as a part of the field. */
  readonly pen: number;
  /** x, y, x, y, … */
  readonly points: number[];
}

/** Pixels of the field that the network's picture is made from: five for each of its 28. */
const RASTER = 140;
let context: CanvasRenderingContext2D | undefined;

/** The canvas that strokes become pixels on; made once, and not in the worker, which runs this script too. */
function rasterContext(): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = RASTER;
  return canvas.getContext('2d', { willReadFrequently: true })!;
}

/** Two digits to the base of 36 for a coordinate. */
const MOST = 36 * 36 - 1;
/** A link stays short: a drawing takes at most so many characters. */
const MOST_INK = 1500;
const INK = /^[5-9a-e]([0-9a-z]{4})+(-[5-9a-e]([0-9a-z]{4})+)*$/;

/** A drawing as part of an address: strokes joined by `-`, each the pen in hundredths (one digit) and its points (four digits), to the base of 36. */
export function writeInk(strokes: readonly Stroke[], gap = 0.004): string {
  const digits = (part: number): string => Math.round(Math.min(1, Math.max(0, part)) * MOST).toString(36).padStart(2, '0');
  const text = strokes.map(({ pen, points }) => Math.round(pen * 100).toString(36) + thinned(points, gap).map(digits).join('')).join('-');
  return text.length <= MOST_INK || gap > 1 ? text : writeInk(strokes, gap * 1.5);
}

/** The points that are at least `gap` from the one before, and the last. */
function thinned(points: readonly number[], gap: number): number[] {
  const kept = points.slice(0, 2);
  for (let i = 2; i < points.length; i += 2) {
    if (i === points.length - 2 || Math.hypot(points[i]! - kept.at(-2)!, points[i + 1]! - kept.at(-1)!) >= gap) kept.push(points[i]!, points[i + 1]!);
  }
  return kept;
}

/** Reads what writeInk wrote; undefined where it is not of that form. */
export function readInk(text: string): Stroke[] | undefined {
  if (!INK.test(text) || text.length > 2 * MOST_INK) return undefined;
  return text.split('-').map((stroke) => ({
    pen: parseInt(stroke[0]!, 36) / 100, points: stroke.slice(1).match(/../g)!.map((pair) => parseInt(pair, 36) / MOST),
  }));
}

/** Draws strokes, rounded and smoothed through the middles of their segments, on a field of `side` pixels. */
export function drawStrokes(on: CanvasRenderingContext2D, strokes: readonly Stroke[], side: number): void {
  on.lineCap = on.lineJoin = 'round';
  for (const { pen, points } of strokes) {
    on.lineWidth = pen * side;
    on.beginPath();
    on.moveTo(points[0]! * side, points[1]! * side);
    for (let i = 2; i < points.length - 2; i += 2) {
      on.quadraticCurveTo(points[i]! * side, points[i + 1]! * side, ((points[i]! + points[i + 2]!) / 2) * side, ((points[i + 1]! + points[i + 3]!) / 2) * side);
    }
    on.lineTo(points.at(-2)! * side, points.at(-1)! * side + (points.length === 2 ? 0.01 : 0));
    on.stroke();
  }
}

/** Ink 0..1 of the strokes, [140, 140]. */
export function rasterOf(strokes: readonly Stroke[]): Grey {
  context ??= rasterContext();
  context.fillStyle = '#000';
  context.fillRect(0, 0, RASTER, RASTER);
  context.strokeStyle = '#fff';
  drawStrokes(context, strokes, RASTER);
  return red(context.getImageData(0, 0, RASTER, RASTER));
}

function red({ data }: ImageData): Grey {
  return { width: RASTER, height: RASTER, values: Float32Array.from({ length: RASTER * RASTER }, (_, i) => data[4 * i]! / 255) };
}
