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
