import { cos, sin } from '../../core/math.js';
import type { Random } from '../../core/random.js';
import type { Form, Knot, Pose } from './strokes.js';
import type { Trace } from './trace.js';

/** How far hands differ: deviations of lengths in hundredths of the digit's height, of ratios and of radians. */
const KNOT = 3.8;
const REACH = 7;
const STRAIN = 0.11;
const DRIFT = 0.5;
const WAIST = 0.18;
const TAPER = 0.15;
const SLANT = 0.3;
const ROTATION = 0.1;
const NARROWEST = 0.42;
const WIDEST = 1.12;

/** Who writes: the numbers drawn, and by how much everything deviates, 1 for a hasty hand and less for a calm one. */
export interface Hand {
  readonly random: Random;
  readonly haste: number;
}

/** Writes `form` in a hand of its own: a pose, its ends and knots moved, joined by curves that are bent and shaken, then posed on the page. */
export function write(form: Form, hand: Hand, trace: Trace): void {
  const { random } = hand;
  const style = { sharpness: random.between(0.7, 1), roundness: random.between(0.85, 1.35) };
  trace.length = 0;
  for (const stroke of blend(form.poses, random)) trace.stroke(overshoot(shake(stroke, hand), hand), style);
  bend(trace, hand);
  drift(trace, hand);
  place(trace, hand);
}

/** A bell-shaped deviation: mean 0, deviation 1, never beyond 2.45, so that no digit is spoilt by one wild draw. */
export function spread(random: Random): number {
  return (random.uniform() + random.uniform() - 1) * Math.sqrt(6);
}

function deviation({ random, haste }: Hand): number {
  return haste * spread(random);
}

/** A pose between two of the form's, or a little beyond. */
function blend(poses: readonly Pose[], random: Random): Pose {
  const a = poses[random.integer(poses.length)]!;
  const b = poses[random.integer(poses.length)]!;
  const t = random.between(-0.3, 1.1);
  return a.map((stroke, s) => stroke.map((knot, k) => toward(knot, b[s]![k]!, t)));
}

/** The knot a part `t` of the way to another; below 0 away from it. */
function toward(knot: Knot, other: Knot, t: number): Knot {
  return { x: knot.x + t * (other.x - knot.x), y: knot.y + t * (other.y - knot.y), corner: knot.corner };
}

function shake(stroke: readonly Knot[], hand: Hand): Knot[] {
  return stroke.map(({ x, y, corner }) => ({ x: x + KNOT * deviation(hand), y: y + KNOT * deviation(hand), corner }));
}

/** Puts the pen down and lifts it a little early or late: loops stay open, lines cross. */
function overshoot(knots: Knot[], hand: Hand): Knot[] {
  const last = knots.length - 1;
  const start = extend(knots[1]!, knots[0]!, REACH * deviation(hand));
  knots[last] = extend(knots[last - 1]!, knots[last]!, REACH * deviation(hand));
  knots[0] = start;
  return knots;
}

/** The end of a line moved on by `length`. */
function extend(from: Knot, end: Knot, length: number): Knot {
  const dx = end.x - from.x;
  const dy = end.y - from.y;
  return toward(end, from, -length / Math.sqrt(dx * dx + dy * dy + 1));
}

/**
 * Smooth elastic distortion: every point moves by the sum of a few random plane waves. Short waves are low and long ones
 * high, so that lines are stretched and turned by the same part whatever the wavelength.
 */
function bend(trace: Trace, hand: Hand): void {
  const { x, y, length } = trace;
  const { random } = hand;
  for (let wave = 0; wave < 3; wave++) {
    const pace = random.between(0.025, 0.11);
    const direction = random.between(0, 2 * Math.PI);
    const alongX = pace * cos(direction);
    const alongY = pace * sin(direction);
    const phase = random.between(0, 2 * Math.PI);
    const moveX = (STRAIN * deviation(hand)) / pace;
    const moveY = (STRAIN * deviation(hand)) / pace;
    for (let i = 0; i < length; i++) {
      const height = sin(phase + alongX * x[i]! + alongY * y[i]!);
      x[i] = x[i]! + moveX * height;
      y[i] = y[i]! + moveY * height;
    }
  }
}

/** An unsteady hand: each point is off by most of what the last one was, and a little more. */
function drift(trace: Trace, hand: Hand): void {
  const { x, y, length } = trace;
  let dx = 0;
  let dy = 0;
  for (let i = 0; i < length; i++) {
    dx = 0.8 * dx + DRIFT * deviation(hand);
    dy = 0.8 * dy + DRIFT * deviation(hand);
    x[i] = x[i]! + dx;
    y[i] = y[i]! + dy;
  }
}

/** The whole digit's proportions: where its waist is, which half is wider, width to height; then slant and rotation. */
function place(trace: Trace, hand: Hand): void {
  const { x, y, length } = trace;
  const { random } = hand;
  const waist = WAIST * deviation(hand);
  const taper = TAPER * deviation(hand);
  const width = random.between(NARROWEST, WIDEST);
  const slant = SLANT * spread(random) - 0.2;
  const angle = ROTATION * spread(random);
  const c = cos(angle);
  const s = sin(angle);
  for (let i = 0; i < length; i++) {
    const down = y[i]! + waist * y[i]! * (1 - y[i]! / 100);
    const right = width * (1 + taper * (y[i]! / 50 - 1)) * (x[i]! - 50) + slant * y[i]!;
    x[i] = c * right - s * down;
    y[i] = s * right + c * down;
  }
}
