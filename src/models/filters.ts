import { OptionError } from '../core/errors.js';
import { exp } from '../core/math.js';
import { FixedFilter2d, type FixedFilter2dOptions } from '../layers/index.js';

// The fixed kernels of image processing courses, as ready layers. Each is correlated, not convolved: the kernel is laid on as printed.

type Kernel = readonly (readonly number[])[];

function odd(name: string, size: number): number {
  if (!Number.isInteger(size) || size < 1 || size % 2 === 0) throw new OptionError(`${name}: size is ${size}, expected an odd number`);
  return size;
}

/** Mean of size x size pixels. */
export function mean(size = 3, options?: FixedFilter2dOptions): FixedFilter2d {
  const value = 1 / (odd('mean', size) * size);
  return new FixedFilter2d(Array.from({ length: size }, () => Array<number>(size).fill(value)), options);
}

/** Gaussian smoothing: e^(−(x² + y²) / 2σ²), scaled to sum 1. */
export function gaussian(size = 5, sigma = 1, options?: FixedFilter2dOptions): FixedFilter2d {
  if (!(sigma > 0)) throw new OptionError(`gaussian: sigma is ${sigma}, expected a number above 0`);
  const half = odd('gaussian', size) >> 1;
  const row = Array.from({ length: size }, (_, i) => exp(-((i - half) * (i - half)) / (2 * sigma * sigma)));
  const sum = row.reduce((total, value) => total + value, 0);
  return new FixedFilter2d(row.map((a) => row.map((b) => (a * b) / (sum * sum))), options);
}

const KERNELS = {
  /** Sobel: derivative along x (edges that stand upright), smoothed along y. */
  sobelX: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
  sobelY: [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
  /** Prewitt: the same without weights. */
  prewittX: [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
  prewittY: [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
  /** Laplace: second derivatives along both axes. */
  laplace: [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
  /** Laplace with the diagonals. */
  laplace8: [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
  /** The image minus its Laplacian. */
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  /** Lines in four directions. */
  lineHorizontal: [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]],
  lineVertical: [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]],
  lineRising: [[-1, -1, 2], [-1, 2, -1], [2, -1, -1]],
  lineFalling: [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]],
} as const satisfies Record<string, Kernel>;

export type FilterName = keyof typeof KERNELS;

export const filterNames = /* @__PURE__ */ Object.keys(KERNELS) as FilterName[];

/** The fixed kernel of that name: sobelX, sobelY, prewittX, prewittY, laplace, laplace8, sharpen, lineHorizontal, lineVertical, lineRising, lineFalling. */
export function filter(name: FilterName, options?: FixedFilter2dOptions): FixedFilter2d {
  if (!Object.hasOwn(KERNELS, name)) throw new OptionError(`filter: unknown name ${name}, expected one of ${filterNames.join(', ')}`);
  return new FixedFilter2d(KERNELS[name], options);
}
