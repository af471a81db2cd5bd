import { OptionError } from '../core/errors.js';
import { CONVOLUTION_OPTIONS, Convolution, type ConvolutionOptions, type Sides } from './convolution.js';
import type { Pair } from './layer.js';
import { known, whole } from '../core/options.js';
import { pair } from './options.js';

/**
 * Zeros around the image: a number, [height, width], [top, bottom, left, right], or by name.
 * - 'valid', none: the narrow convolution, whose output is kernel − 1 smaller.
 * - 'same': the equal-width convolution, as large as the input; stride 1 only.
 * - dilation · (kernel − 1) on each side gives the wide (full) convolution, kernel − 1 larger.
 */
export type Padding = Pair | Sides | 'same' | 'valid';

export interface Conv2dOptions extends ConvolutionOptions {
  readonly stride?: Pair;
  readonly padding?: Padding;
  readonly dilation?: Pair;
}

/**
 * Two-dimensional convolution (cross-correlation, as torch.nn.Conv2d): [ci, h, w] → [co, ho, wo].
 * y[co, oy, ox] = b[co] + Σ w[co, c, ky, kx] · x[c, oy·stride + ky·dilation − padding, …]; with `rotate` the kernel is
 * w[co, c, kh − 1 − ky, kw − 1 − kx], a true convolution.
 * Parameters: weight [co, ci/groups, kh, kw], bias [co].
 * Throws OptionError for options out of range, ShapeError for an input that does not fit.
 */
export class Conv2d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    known('Conv2d', options, ['stride', 'padding', 'dilation', ...CONVOLUTION_OPTIONS]);
    const sizes = {
      kernel: pair('Conv2d', 'kernelSize', kernelSize, 1),
      stride: pair('Conv2d', 'stride', options.stride ?? 1, 1),
      dilation: pair('Conv2d', 'dilation', options.dilation ?? 1, 1),
      padding: paddingOf(options.padding ?? 0),
    };
    super('Conv2d', 2, inChannels, outChannels, sizes, options);
  }
}

function paddingOf(padding: Padding): Sides | 'same' | 'valid' {
  if (padding === 'valid' || padding === 'same') return padding;
  if (typeof padding === 'string') throw new OptionError(`Conv2d: padding is '${String(padding)}', expected numbers, 'same' or 'valid'`);
  if (Array.isArray(padding) && padding.length === 4) {
    for (const side of padding) whole('Conv2d', 'padding', side, 0);
    return [...padding] as unknown as Sides;
  }
  const [high, wide] = pair('Conv2d', 'padding', padding as Pair, 0);
  return [high, high, wide, wide];
}
