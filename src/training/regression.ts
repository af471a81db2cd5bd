import { ABSOLUTE_ERROR, HUBER, SMOOTH_L1, SQUARED_ERROR } from '../../assembly/abi.js';
import { OptionError } from '../core/errors.js';
import { reductionOf, type Loss, type Reduction } from './loss.js';
import { PairLoss } from './pairloss.js';

export interface PairLossOptions {
  /** Default 'mean': over all outputs of all images. */
  readonly reduction?: Reduction;
}

export interface SmoothL1Options extends PairLossOptions {
  /** Where the parabola meets the lines; at least 0, default 1. 0 is plain L1. */
  readonly beta?: number;
}

export interface HuberOptions extends PairLossOptions {
  /** Where the parabola meets the lines; above 0, default 1. */
  readonly delta?: number;
}

/** (x − target)² (torch.nn.MSELoss). */
export function mse(options: PairLossOptions = {}): Loss {
  return new PairLoss({ type: 'MSE', kind: SQUARED_ERROR, reduction: reductionOf('mse', options.reduction ?? 'mean') });
}

/** |x − target|, with slope 0 where they are equal (torch.nn.L1Loss). */
export function l1(options: PairLossOptions = {}): Loss {
  return new PairLoss({ type: 'L1', kind: ABSOLUTE_ERROR, reduction: reductionOf('l1', options.reduction ?? 'mean') });
}

/** d² / 2beta where d = |x − target| is below beta, else d − beta/2 (torch.nn.SmoothL1Loss). */
export function smoothL1(options: SmoothL1Options = {}): Loss {
  const { beta = 1, reduction = 'mean' } = options;
  if (!(beta >= 0 && beta < Infinity)) throw new OptionError(`smoothL1: beta is ${beta}, expected a finite number of at least 0`);
  const kind = Math.fround(beta) === 0 ? ABSOLUTE_ERROR : SMOOTH_L1;
  return new PairLoss({ type: 'SmoothL1', kind, parameter: beta, reduction: reductionOf('smoothL1', reduction) });
}

/** d² / 2 where d = |x − target| is below delta, else delta (d − delta/2) (torch.nn.HuberLoss). */
export function huber(options: HuberOptions = {}): Loss {
  const { delta = 1, reduction = 'mean' } = options;
  if (!(delta > 0 && delta < Infinity)) throw new OptionError(`huber: delta is ${delta}, expected a finite number above 0`);
  return new PairLoss({ type: 'Huber', kind: HUBER, parameter: delta, reduction: reductionOf('huber', reduction) });
}
