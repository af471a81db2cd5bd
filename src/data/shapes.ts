import { OptionError } from '../core/errors.js';
import { cos, sin } from '../core/math.js';
import { Random } from '../core/random.js';
import type { Dataset } from './dataset.js';

/** What `shapes` draws. */
export interface ShapesOptions {
  /** Images to train on; default 5000. */
  readonly train?: number;
  /** Images to test on; default 1000. */
  readonly test?: number;
  /** Another seed draws other images; default 1. */
  readonly seed?: number;
}

type Colour = readonly [number, number, number];

const SIDE = 32;
const PLANE = SIDE * SIDE;
const MOST = 1_000_000;
/** Points per pixel along each axis whose colours are averaged. */
const SAMPLES = 3;

/** Whether the point lies inside; the origin is the centre, 1 the size. */
const OUTLINES: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  disc: (x, y) => x * x + y * y < 1,
  ring: (x, y) => x * x + y * y < 1.1 && x * x + y * y > 0.36,
  square: (x, y) => Math.abs(x) < 0.88 && Math.abs(y) < 0.88,
  triangle: (x, y) => y < 0.62 && y > 1.9 * Math.abs(x) - 1.24,
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.34 && Math.max(Math.abs(x), Math.abs(y)) < 1.08,
};

/** Which of two colours a point has; u and v are angles, a period is 2π. */
const TEXTURES: Readonly<Record<string, (u: number, v: number) => boolean>> = {
  striped: (u) => sin(u) > 0,
  checked: (u, v) => sin(u) > 0 === sin(v) > 0,
};

const CLASSES: readonly string[] = Object.keys(OUTLINES).flatMap((outline) => Object.keys(TEXTURES).map((texture) => `${texture} ${outline}`));
const OUTLINE_OF = Object.values(OUTLINES).flatMap((inside) => Object.values(TEXTURES).map((first) => ({ inside, first })));

/**
 * Colour images drawn on the spot, [3, 32, 32] in 0 to 1: ten classes, five outlines in two textures. Colours, background, place, size and
 * turn are random and say nothing about the class, so that a linear classifier stays near chance. Image i of a half depends only on the
 * seed, the half and i, and shows the class i % 10.
 * @throws OptionError for a count that is not an integer from 0 to 1,000,000, or a bad seed
 */
export function shapes(options: ShapesOptions = {}): { train: Dataset; test: Dataset } {
  const { train = 5000, test = 1000, seed = 1 } = options;
  new Random(seed); // refuses a bad seed even where nothing is drawn
  return { train: drawHalf(train, 'train', seed), test: drawHalf(test, 'test', seed) };
}

function drawHalf(count: number, half: 'train' | 'test', seed: number): Dataset {
  if (!Number.isInteger(count) || count < 0 || count > MOST) throw new OptionError(`${half} is ${count}, expected an integer from 0 to ${MOST}`);
  const bytes = new Uint8Array(count * 3 * PLANE);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES.length);
  for (let i = 0; i < count; i++) draw(labels[i]!, new Random(seed, 2 * i + (half === 'train' ? 0 : 1)), bytes.subarray(i * 3 * PLANE, (i + 1) * 3 * PLANE));
  return {
    name: 'drawn shapes', length: count, shape: [3, SIDE, SIDE], classes: CLASSES, labels,
    read: (index, out, offset) => {
      for (let i = 0, from = index * 3 * PLANE; i < 3 * PLANE; i++) out[offset + i] = Math.fround(bytes[from + i]! / 255);
    },
  };
}

const colour = (random: Random): Colour => [random.uniform(), random.uniform(), random.uniform()];
const distance = (a: Colour, b: Colour): number => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]);

/** Colours of the two parts of the texture and of two corners of the background: the first three are told apart. */
function palette(random: Random): [Colour, Colour, Colour, Colour] {
  for (;;) {
    const [a, b, near] = [colour(random), colour(random), colour(random)];
    if (Math.min(distance(a, b), distance(a, near), distance(b, near)) < 0.7) continue;
    return [a, b, near, near.map((value) => Math.min(1, Math.max(0, value + random.between(-0.25, 0.25)))) as unknown as Colour];
  }
}

/** A turn about a point, with a scale: (x, y) → scale · R(angle) · (x − cx, y − cy). */
function turned(angle: number, scale: number, cx: number, cy: number): (x: number, y: number) => [number, number] {
  const [c, s] = [cos(angle) * scale, sin(angle) * scale];
  return (x, y) => [c * (x - cx) - s * (y - cy), s * (x - cx) + c * (y - cy)];
}

function draw(label: number, random: Random, bytes: Uint8Array): void {
  const { inside, first } = OUTLINE_OF[label]!;
  const [a, b, near, far] = palette(random);
  const centre = [SIDE / 2 + random.between(-3, 3), SIDE / 2 + random.between(-3, 3)] as const;
  const toOutline = turned(random.between(0, 2 * Math.PI), 1 / random.between(9, 12), ...centre);
  const toTexture = turned(random.between(0, 2 * Math.PI), (2 * Math.PI) / random.between(4, 6), random.between(0, SIDE), random.between(0, SIDE));
  for (let pixel = 0; pixel < PLANE; pixel++) {
    const [column, row] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    const sum = [0, 0, 0];
    for (let i = 0; i < SAMPLES * SAMPLES; i++) {
      const [x, y] = [column + ((i % SAMPLES) + 0.5) / SAMPLES, row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES];
      const part = inside(...toOutline(x, y)) ? (first(...toTexture(x, y)) ? a : b) : null;
      for (let c = 0; c < 3; c++) sum[c]! += part ? part[c]! : near[c]! + ((far[c]! - near[c]!) * (x + y)) / (2 * SIDE);
    }
    for (let c = 0; c < 3; c++) {
      const value = sum[c]! / (SAMPLES * SAMPLES) + random.between(-0.04, 0.04);
      bytes[c * PLANE + pixel] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
}
