import type { Knot } from './strokes.js';

/** Room for more points than any form needs: about 400 units of line, a point each SPACING, and the knots. */
const CAPACITY = 256;
const SPACING = 6;

/** How a hand bends its lines. */
export interface Style {
  /** How little it rounds corners, 0..1. */
  readonly sharpness: number;
  /** How full its bows are; 1.17 makes a quarter circle of two knots. */
  readonly roundness: number;
}

/** The line a pen draws: points in writing order. */
export class Trace {
  readonly x = new Float64Array(CAPACITY);
  readonly y = new Float64Array(CAPACITY);
  /** 1 where a stroke begins: no line leads there. */
  readonly begins = new Uint8Array(CAPACITY);
  length = 0;

  /** Adds a stroke: points of a cubic Hermite spline through its knots. */
  stroke(knots: readonly Knot[], style: Style): void {
    this.#add(knots[0]!.x, knots[0]!.y, 1);
    for (let i = 1; i < knots.length; i++) {
      const from = knots[i - 1]!;
      const to = knots[i]!;
      const dx = to.x - from.x;
      const dy = to.y - from.y;
      const a = slope(knots, i - 1, i, style);
      const b = slope(knots, i, i - 1, style);
      // An end has no slope of its own and bends as little as it can: the natural spline's end condition.
      const [ax, ay] = a ?? (b === null ? [dx, dy] : [(3 * dx - b[0]) / 2, (3 * dy - b[1]) / 2]);
      const [bx, by] = b ?? [(3 * dx - ax) / 2, (3 * dy - ay) / 2];
      const pieces = Math.ceil(Math.sqrt(square(from, to)) / SPACING);
      for (let k = 1; k <= pieces; k++) {
        const t = k / pieces;
        const u = 1 - t;
        const ease = t * t * (3 - 2 * t);
        this.#add(from.x + ease * dx + t * u * (u * ax - t * bx), from.y + ease * dy + t * u * (u * ay - t * by), 0);
      }
    }
  }

  #add(x: number, y: number, begins: number): void {
    this.x[this.length] = x;
    this.y[this.length] = y;
    this.begins[this.length++] = begins;
  }
}

/**
 * The spline's derivative at knot `i` over its segment to the neighbouring knot `j`; null at an end of the stroke.
 * Bends follow the circle through three knots, p / |p|² + q / |q|² for the chords p and q on both sides; corners keep to the segment.
 */
function slope(knots: readonly Knot[], i: number, j: number, style: Style): [number, number] | null {
  const before = knots[i - 1];
  const here = knots[i]!;
  const after = knots[i + 1];
  if (before === undefined || after === undefined) return null;
  const p = 1 / (square(before, here) + 1e-9);
  const q = 1 / (square(here, after) + 1e-9);
  const x = p * (here.x - before.x) + q * (after.x - here.x);
  const y = p * (here.y - before.y) + q * (after.y - here.y);
  const keep = here.corner ? style.sharpness : 0;
  const bend = (1 - keep) * style.roundness * Math.sqrt(square(here, knots[j]!) / (x * x + y * y + 1e-18));
  return [keep * (knots[j]!.x - here.x) * (j - i) + bend * x, keep * (knots[j]!.y - here.y) * (j - i) + bend * y];
}

function square(a: Knot, b: Knot): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  return dx * dx + dy * dy;
}
