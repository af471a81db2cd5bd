import { REDUCE_MEAN, REDUCE_NONE, REDUCE_SUM } from '../../assembly/abi.js';
import { OptionError } from '../core/errors.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer, PlanTensor } from '../plan/tensor.js';
import type { Targets } from './targets.js';

/** What a loss leaves in the plan. */
export interface LossTensors {
  /** Written before a step, as `readTargets` returns it: class indices (i32) or numbers. */
  readonly target: Buffer;
  /** The reduced loss, f32 [0]. */
  readonly loss: Buffer;
  /** Without reduction, the loss of every row: [images, rows]. */
  readonly rowLoss: Buffer;
  /** The gradient of the reduced loss: while training 1, or the weight of an auxiliary output; one per row without reduction. */
  readonly gradient: Buffer;
  /** Losses of one image. */
  readonly rowsPerImage: number;
  /** Checks the targets of `images` images and returns them as they lie in `target`: Int32Array for classes, else Float32Array.
   *  Throws ShapeError or OptionError where they do not fit. */
  readTargets(targets: Targets, images: number): Int32Array | Float32Array;
}

/** A loss states its steps, like a layer. */
export interface Loss {
  readonly type: string;
  plan(p: Plan, x: PlanTensor): LossTensors;
}

/** 'mean' over what counts, 'sum', or 'none': one loss per row. Training without reduction follows the sum. */
export type Reduction = 'mean' | 'sum' | 'none';

const REDUCTIONS: Readonly<Record<Reduction, number>> = { none: REDUCE_NONE, mean: REDUCE_MEAN, sum: REDUCE_SUM };

/** The number that stands for `reduction` in a step. */
export function reductionOf(loss: string, reduction: Reduction): number {
  if (!Object.hasOwn(REDUCTIONS, reduction)) throw new OptionError(`${loss}: reduction is '${String(reduction)}', expected 'mean', 'sum' or 'none'`);
  return REDUCTIONS[reduction];
}

/** One factor per class, or null. */
export function classWeights(weight: ArrayLike<number> | undefined): Float32Array | null {
  return weight === undefined ? null : Float32Array.from(weight);
}
