import { cos, exp, sin } from '../../core/math.js';
import type { Random } from '../../core/random.js';
import type { Form, Knot, Pose } from './strokes.js';

/** The line a pen draws: points in writing order. */
export class Trace {
  readonly x = new Float64Array(CAPACITY);
  readonly y = new Float64Array(CAPACITY);
  /** 1 where a stroke begins: no line leads there. */
  readonly begins = new Uint8Array(CAPACITY);
  length = 0;

  add(x: number, y: number, begins: boolean): void {
    if (this.length === CAPACITY) return;
    this.x[this.length] = x;
    this.y[this.length] = y;
    this.begins[this.length++] = begins ? 1 : 0;
  }
}

/** More points than any form needs: the longest is 400 units, one point each SPACING. */
const CAPACITY = 256;
const SPACING = 6;

/** How a hand bends its lines: how little it rounds corners, 0..1, and how full its bows are; 1.15 draws circles. */
interface Style {
  readonly sharpness: number;
  readonly roundness: number;
}

/** How far hands differ; lengths in hundredths of the digit's height. */
const KNOT_JITTER = 2;
const REACH = 5;
const ROTATION = 0.12;
const SLANT = 0.25;
const ASPECT = 0.2;
const WAIST = 0.25;
const TAPER = 0.15;
const WAVES = 3;
const WAVE_HEIGHT = 2;

/** Writes `form` in a hand of its own: knots moved, joined by curves, bent, then turned, slanted and stretched. */
export function write(form: Form, random: Random, trace: Trace): void {
  trace.length = 0;
  const style = { sharpness: random.between(0.7, 1), roundness: random.between(0.95, 1.3) };
  for (const stroke of blend(form.poses, random)) curve(overshoot(stroke.map((knot) => shake(knot, random)), random), style, trace);
  bend(trace, random);
  pose(trace, random);
}

/** A pose between two of the form's, or a little beyond. */
function blend(poses: readonly Pose[], random: Random): Pose {
  const a = poses[random.integer(poses.length)]!;
  const b = poses[random.integer(poses.length)]!;
  const t = random.between(-0.2, 1);
  return a.map((stroke, s) => stroke.map((knot, k) => mix(knot, b[s]![k]!, t)));
}

function mix(a: Knot, b: Knot, t: number): Knot {
  return { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y), corner: a.corner };
}

function shake(knot: Knot, random: Random): Knot {
  return { x: knot.x + KNOT_JITTER * spread(random), y: knot.y + KNOT_JITTER * spread(random), corner: knot.corner };
}

/** Pen down or up a little early or late: both ends move along the line. */
function overshoot(knots: Knot[], random: Random): Knot[] {
  const last = knots.length - 1;
  const first = reach(knots[1]!, knots[0]!, REACH * spread(random));
  knots[last] = reach(knots[last - 1]!, knots[last]!, REACH * spread(random));
  knots[0] = first;
  return knots;
}

/** The end of the line moved on by `by`. */
function reach(from: Knot, end: Knot, by: number): Knot {
  const scale = by / (distance(from, end) + 1e-9);
  return { x: end.x + scale * (end.x - from.x), y: end.y + scale * (end.y - from.y), corner: end.corner };
}

/** Points of a cubic Hermite spline through the knots. */
function curve(knots: readonly Knot[], style: Style, trace: Trace): void {
  trace.add(knots[0]!.x, knots[0]!.y, true);
  for (let i = 1; i < knots.length; i++) {
    const from = knots[i - 1]!;
    const to = knots[i]!;
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const length = distance(from, to);
    const a = slope(knots, i - 1, i, style);
    const b = slope(knots, i, i - 1, style);
    // An end without a neighbour bends as little as it can: the natural spline's end condition.
    const [ax, ay] = a ?? (b === null ? [dx, dy] : [(3 * dx - b[0]) / 2, (3 * dy - b[1]) / 2]);
    const [bx, by] = b ?? [(3 * dx - ax) / 2, (3 * dy - ay) / 2];
    const pieces = Math.ceil(length / SPACING);
    for (let k = 1; k <= pieces; k++) {
      const t = k / pieces;
      const u = 1 - t;
      const ease = t * t * (3 - 2 * t);
      trace.add(from.x + ease * dx + t * u * (u * ax - t * bx), from.y + ease * dy + t * u * (u * ay - t * by), false);
    }
  }
}

/**
 * The spline's derivative at knot `i` over its segment to knot `j`; null at an end.
 * Bends follow the circle through three knots, p/|p|² + q/|q|² for the chords p and q on both sides; corners keep to the segment.
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

function distance(a: Knot, b: Knot): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  return Math.sqrt(dx * dx + dy * dy);
}

/** Smooth elastic distortion: every point moves by the sum of a few random plane waves. */
function bend(trace: Trace, random: Random): void {
  const { x, y, length } = trace;
  for (let wave = 0; wave < WAVES; wave++) {
    const fx = random.between(-0.08, 0.08);
    const fy = random.between(-0.08, 0.08);
    const phase = random.between(0, 2 * Math.PI);
    const hx = WAVE_HEIGHT * spread(random);
    const hy = WAVE_HEIGHT * spread(random);
    for (let i = 0; i < length; i++) {
      const s = sin(phase + fx * x[i]! + fy * y[i]!);
      x[i] = x[i]! + hx * s;
      y[i] = y[i]! + hy * s;
    }
  }
}

/** A bell-shaped deviation: mean 0, deviation 1, never beyond 2.45, so that no digit is spoilt by one wild draw. */
export function spread(random: Random): number {
  return (random.uniform() + random.uniform() - 1) * Math.sqrt(6);
}

/** Width against height, slant and rotation of the whole digit. */
function pose(trace: Trace, random: Random): void {
  const { x, y, length } = trace;
  const width = exp(ASPECT * spread(random) - 0.25);
  const slant = SLANT * spread(random) - 0.2;
  const angle = ROTATION * spread(random);
  const waist = WAIST * spread(random);
  const taper = TAPER * spread(random);
  const c = cos(angle);
  const s = sin(angle);
  for (let i = 0; i < length; i++) {
    const py = y[i]! + waist * y[i]! * (1 - y[i]! / 100);
    const px = width * (1 + taper * (y[i]! / 50 - 1)) * (x[i]! - 50) + slant * y[i]!;
    x[i] = c * px - s * py;
    y[i] = s * px + c * py;
  }
}
