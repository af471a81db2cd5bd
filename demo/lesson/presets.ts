import type { Setting } from './convolution.js';

// Settings to begin with. Their numbers were worked out by definition, by the turned kernel and by finite differences.

const x = [1, 2, 0, 1, 0, 1, 3, 2, 2, 0, 1, 1, 1, 3, 2, 0];
const two = [1, -1, 2, 0];
const three = [1, 0, -1, 2, 1, 0, 0, -1, 1];
const plain = { n: 4, k: 2, s: 1, p: 0, d: 1, x, w: two, b: 1 };

/** A bright square on dark ground, 6x6. */
const SQUARE = [0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 0, 0, 3, 3, 3, 3, 0, 0, 3, 3, 3, 3, 0, 0, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0];
const picture = (w: readonly number[]): Setting => ({ n: 6, k: 3, s: 1, p: 1, d: 1, x: SQUARE, w, b: 0, t: [] });

export const PRESETS = {
  start: { ...plain, t: [0, 3, -1, 5, 1, 4, 3, 6, 5] },
  kernel3: { ...plain, k: 3, w: three, t: [1, 5, 3, 4] },
  stride2: { ...plain, s: 2, t: [1, 5, 6, 5] },
  dilation2: { ...plain, d: 2, t: [5, 2, 0, 8] },
  padding1: { ...plain, k: 3, p: 1, w: three, t: [1, 7, 4, 0, -3, 3, 7, 8, 4, 1, -1, 9, 2, 7, 8, 6] },
  leftover: { ...plain, k: 3, s: 2, w: three, t: [1] },
  sobel: picture([-1, 0, 1, -2, 0, 2, -1, 0, 1]),
  blur: picture([1, 1, 1, 1, 1, 1, 1, 1, 1].map((one) => one / 9)),
  laplace: picture([0, 1, 0, 1, -4, 1, 0, 1, 0]),
} as const satisfies Record<string, Setting>;

export type PresetName = keyof typeof PRESETS;
