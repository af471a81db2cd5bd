import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';

/** A layer describes itself to a plan; it never computes. `x` and the result are one image's tensors (torch.nn's shapes without n). */
export interface Layer {
  /** As torch.nn calls it, with what distinguishes it: `Conv2d 5x5`. */
  readonly type: string;
  /** Asks `p` for tensors, states the steps, and returns the output. Throws ShapeError where x does not fit. */
  plan(p: Plan, x: PlanTensor): PlanTensor;
}

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];
