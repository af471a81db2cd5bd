import { exp, sin } from '../../core/math.js';
import type { Random } from '../../core/random.js';
import { spread } from './hand.js';
import type { Trace } from './trace.js';

/** Side of a drawn image, and of the box its ink fits: MNIST's proportions (LeCun, Cortes and Burges, 1998). */
export const SIDE = 28;
const BOX = 20;

/** Thinnest and thickest line, half its width in pixels. */
const FINEST = 0.55;
const BROADEST = 3;

/** Draws traces on a page of SIDE x SIDE pixels. */
export class Pen {
  readonly #radius: Float64Array;
  readonly #page = new Float64Array(SIDE * SIDE);

  /** @param points the longest trace it can draw */
  constructor(points: number) {
    this.#radius = new Float64Array(points);
  }

  /** Draws `trace` with a random pen, scaled into the box and placed by its centre of mass, as SIDE * SIDE grey bytes. */
  draw(trace: Trace, random: Random, out: Uint8Array): void {
    this.#press(trace, random);
    this.#fit(trace);
    this.#ink(trace, random.between(0.8, 1.5));
    this.#centre(out, 255 * random.between(0.9, 1.1));
  }

  /** The line's half width at every point: the pen's, times pressure, direction (a broad nib) and roughness. */
  #press(trace: Trace, random: Random): void {
    const { x, y, begins, length } = trace;
    const pen = exp(0.2 * spread(random) + 0.28);
    const pressure = 0.4 * random.uniform();
    const phase = random.between(0, 2 * Math.PI);
    const pace = random.between(0.05, 0.3);
    const nib = 0.2 * spread(random);
    const roughness = 0.08 * random.uniform();
    for (let i = 0; i < length; i++) {
      const from = i + 1 < length && begins[i + 1] === 0 ? i : i - 1;
      const dx = x[from + 1]! - x[from]!;
      const dy = y[from + 1]! - y[from]!;
      const across = (dx * dx - dy * dy) / (dx * dx + dy * dy + 1e-9);
      const radius = pen * (1 + pressure * sin(phase + pace * i) + nib * across + roughness * random.between(-1, 1));
      this.#radius[i] = Math.min(BROADEST, Math.max(FINEST, radius));
    }
  }

  /** Scales the trace until its ink fits the box, keeping proportions, and puts the box in the middle of the page. */
  #fit(trace: Trace): void {
    const { x, y, length } = trace;
    const line = 2 * this.#radius[0]!;
    let scale = 0.16;
    for (let pass = 0; pass < 2; pass++) {
      const [left, right] = this.#extent(x, length, scale);
      const [top, bottom] = this.#extent(y, length, scale);
      scale *= (BOX - line) / (Math.max(right - left, bottom - top) - line);
    }
    const [left, right] = this.#extent(x, length, scale);
    const [top, bottom] = this.#extent(y, length, scale);
    for (let i = 0; i < length; i++) {
      x[i] = x[i]! * scale + (SIDE - left - right) / 2;
      y[i] = y[i]! * scale + (SIDE - top - bottom) / 2;
    }
  }

  /** From where to where the ink goes along one axis. */
  #extent(at: Float64Array, length: number, scale: number): [number, number] {
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < length; i++) {
      low = Math.min(low, at[i]! * scale - this.#radius[i]!);
      high = Math.max(high, at[i]! * scale + this.#radius[i]!);
    }
    return [low, high];
  }

  #ink(trace: Trace, softness: number): void {
    this.#page.fill(0);
    for (let i = 1; i < trace.length; i++) if (trace.begins[i] === 0) this.#line(trace, i, softness);
  }

  /** Inks the line from point i - 1 to point i: coverage falls from 1 to 0 over `softness` pixels across its edge. */
  #line(trace: Trace, i: number, softness: number): void {
    const page = this.#page;
    const ax = trace.x[i - 1]!;
    const ay = trace.y[i - 1]!;
    const dx = trace.x[i]! - ax;
    const dy = trace.y[i]! - ay;
    const radius = this.#radius[i - 1]!;
    const growth = this.#radius[i]! - radius;
    const reach = Math.max(radius, radius + growth) + softness / 2;
    const left = Math.max(0, Math.floor(ax + Math.min(0, dx) - reach));
    const right = Math.min(SIDE - 1, Math.floor(ax + Math.max(0, dx) + reach));
    const top = Math.max(0, Math.floor(ay + Math.min(0, dy) - reach));
    const bottom = Math.min(SIDE - 1, Math.floor(ay + Math.max(0, dy) + reach));
    const square = dx * dx + dy * dy + 1e-9;
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const px = column + 0.5 - ax;
        const py = row + 0.5 - ay;
        const t = Math.min(1, Math.max(0, (px * dx + py * dy) / square));
        const ex = px - t * dx;
        const ey = py - t * dy;
        const cover = (radius + t * growth - Math.sqrt(ex * ex + ey * ey)) / softness + 0.5;
        const at = row * SIDE + column;
        if (cover > page[at]!) page[at] = Math.min(1, cover);
      }
    }
  }

  /** Writes the page, moved by whole pixels so that its centre of mass is in the middle; `black` is full ink's grey level. */
  #centre(out: Uint8Array, black: number): void {
    let mass = 0;
    let massX = 0;
    let massY = 0;
    for (let at = 0; at < SIDE * SIDE; at++) {
      const ink = this.#page[at]!;
      mass += ink;
      massX += ink * (at % SIDE);
      massY += ink * Math.floor(at / SIDE);
    }
    const right = shift(massX / mass);
    const down = shift(massY / mass);
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const r = row - down;
        const c = column - right;
        const inside = r >= 0 && r < SIDE && c >= 0 && c < SIDE;
        out[row * SIDE + column] = inside ? Math.min(255, Math.round(black * this.#page[r * SIDE + c]!)) : 0;
      }
    }
  }
}

/** Whole pixels from the centre of mass to the page's middle, as far as the margin around the box allows. */
function shift(centre: number): number {
  const margin = (SIDE - BOX) / 2;
  return Math.max(-margin, Math.min(margin, Math.round((SIDE - 1) / 2 - centre)));
}
