import { OptionError } from '../core/errors.js';
import { CONVOLUTION_OPTIONS, Convolution, type ConvolutionOptions, type Sides } from './convolution.js';
import { known, whole } from '../core/options.js';

/** Zeros around the sequence: a number, [before, after], 'valid' (none) or 'same' (output as long as the input; stride 1 only). */
export type Padding1d = number | readonly [number, number] | 'same' | 'valid';

export interface Conv1dOptions extends ConvolutionOptions {
  readonly stride?: number;
  readonly padding?: Padding1d;
  readonly dilation?: number;
}

/**
 * One-dimensional convolution (cross-correlation, as torch.nn.Conv1d): [ci, l] → [co, lo].
 * y[co, o] = b[co] + Σ w[co, c, k] · x[c, o·stride + k·dilation − padding]; with `rotate` the kernel is read from its end.
 * Parameters: weight [co, ci/groups, k], bias [co].
 * Throws OptionError for options out of range, ShapeError for an input that does not fit.
 */
export class Conv1d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: Conv1dOptions = {}) {
    known('Conv1d', options, ['stride', 'padding', 'dilation', ...CONVOLUTION_OPTIONS]);
    const sizes = {
      kernel: [1, whole('Conv1d', 'kernelSize', kernelSize, 1)] as const,
      stride: [1, whole('Conv1d', 'stride', options.stride ?? 1, 1)] as const,
      dilation: [1, whole('Conv1d', 'dilation', options.dilation ?? 1, 1)] as const,
      padding: paddingOf(options.padding ?? 0),
    };
    super('Conv1d', 1, inChannels, outChannels, sizes, options);
  }
}

function paddingOf(padding: Padding1d): Sides | 'same' | 'valid' {
  if (padding === 'valid' || padding === 'same') return padding;
  if (typeof padding === 'string') throw new OptionError(`Conv1d: padding is '${String(padding)}', expected numbers, 'same' or 'valid'`);
  const sides = typeof padding === 'number' ? [padding, padding] : [...padding];
  if (sides.length !== 2) throw new OptionError(`Conv1d: padding is [${sides.join(', ')}], expected one number or [before, after]`);
  for (const side of sides) whole('Conv1d', 'padding', side, 0);
  return [0, 0, sides[0]!, sides[1]!];
}
