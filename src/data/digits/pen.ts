import { exp, sin } from '../../core/math.js';
import type { Random } from '../../core/random.js';
import { spread } from './hand.js';
import type { Trace } from './hand.js';

/** Side of a drawn image, and of the box its ink fits: MNIST's proportions (LeCun, Cortes and Burges, 1998). */
export const SIDE = 28;
export const BOX = 20;

/** Draws traces on a page of SIDE x SIDE pixels. */
export class Pen {
  readonly #radius = new Float64Array(256);
  readonly #page = new Float64Array(SIDE * SIDE);

  /** Draws `trace` with a random pen, scaled into the box and placed by its centre of mass, as grey bytes into `out`. */
  draw(trace: Trace, random: Random, out: Uint8Array): void {
    this.#press(trace, random);
    this.#fit(trace);
    this.#ink(trace, random.between(0.8, 1.5));
    this.#place(out, random.between(0.9, 1.1));
  }

  /** The line's half thickness at every point: pen, pressure along the stroke, direction of a broad nib, roughness. */
  #press(trace: Trace, random: Random): void {
    const { x, y, length } = trace;
    const radius = this.#radius;
    const pen = exp(0.15 * spread(random) + 0.28);
    const swing = 0.4 * random.uniform();
    const phase = random.between(0, 6.3);
    const pace = random.between(0.05, 0.3);
    const nib = 0.2 * spread(random);
    const rough = 0.08 * random.uniform();
    for (let i = 0; i < length; i++) {
      const k = i + 1 < length && trace.begins[i + 1] === 0 ? i : Math.max(0, i - 1);
      const dx = k + 1 < length ? x[k + 1]! - x[k]! : 0;
      const dy = k + 1 < length ? y[k + 1]! - y[k]! : 1;
      const across = (dx * dx - dy * dy) / (dx * dx + dy * dy + 1e-9);
      const r = pen * (1 + swing * sin(phase + pace * i) + nib * across + rough * random.between(-1, 1));
      radius[i] = Math.min(3, Math.max(0.55, r));
    }
  }

  /** Scales the trace so that its ink just fits the box, keeping proportions, and centres it on the page. */
  #fit(trace: Trace): void {
    const { x, y, length } = trace;
    let scale = BOX / 120;
    for (let pass = 0; pass < 3; pass++) {
      const width = this.#extent(x, length, scale);
      const height = this.#extent(y, length, scale);
      const [low, high] = width[1] - width[0] > height[1] - height[0] ? width : height;
      const ink = high - low;
      if (pass < 2) {
        const span = pass === 0 ? ink - 2 * this.#radius[0]! : ink - 2 * this.#radius[0]!;
        scale *= Math.max(0.1, (BOX - (ink - span)) / span);
      } else {
        for (let i = 0; i < length; i++) {
          x[i] = x[i]! * scale - (width[0] + width[1]) / 2 + SIDE / 2;
          y[i] = y[i]! * scale - (height[0] + height[1]) / 2 + SIDE / 2;
        }
      }
    }
  }

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
    const { x, y, begins, length } = trace;
    const radius = this.#radius;
    this.#page.fill(0);
    for (let i = 1; i < length; i++) {
      if (begins[i] === 0) this.#line(x[i - 1]!, y[i - 1]!, radius[i - 1]!, x[i]!, y[i]!, radius[i]!, softness);
    }
  }

  /** Inks a line from a to b whose half thickness goes from ra to rb: coverage falls from 1 to 0 over `softness` pixels at its edge. */
  #line(ax: number, ay: number, ra: number, bx: number, by: number, rb: number, softness: number): void {
    const page = this.#page;
    const reach = Math.max(ra, rb) + softness / 2;
    const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
    const right = Math.min(SIDE - 1, Math.floor(Math.max(ax, bx) + reach));
    const top = Math.max(0, Math.floor(Math.min(ay, by) - reach));
    const bottom = Math.min(SIDE - 1, Math.floor(Math.max(ay, by) + reach));
    const dx = bx - ax;
    const dy = by - ay;
    const square = dx * dx + dy * dy + 1e-9;
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const px = column + 0.5 - ax;
        const py = row + 0.5 - ay;
        const t = Math.min(1, Math.max(0, (px * dx + py * dy) / square));
        const ex = px - t * dx;
        const ey = py - t * dy;
        const cover = (ra + t * (rb - ra) - Math.sqrt(ex * ex + ey * ey)) / softness + 0.5;
        const at = row * SIDE + column;
        if (cover > page[at]!) page[at] = Math.min(1, cover);
      }
    }
  }

  /** Shifts the page by whole pixels so that the centre of mass is in the middle. */
  #place(out: Uint8Array, ink: number): void {
    const page = this.#page;
    let mass = 0;
    let mx = 0;
    let my = 0;
    for (let row = 0, at = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++, at++) {
        const v = page[at]!;
        mass += v;
        mx += v * column;
        my += v * row;
      }
    }
    const middle = (SIDE - 1) / 2;
    const most = (SIDE - BOX) / 2;
    const right = Math.max(-most, Math.min(most, Math.round(middle - mx / mass)));
    const down = Math.max(-most, Math.min(most, Math.round(middle - my / mass)));
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const r = row - down;
        const c = column - right;
        const v = r >= 0 && r < SIDE && c >= 0 && c < SIDE ? page[r * SIDE + c]! : 0;
        out[row * SIDE + column] = Math.min(255, Math.round(255 * ink * v));
      }
    }
  }
}
