import type { Plan } from '../plan/plan.js';
import { planConcat } from '../plan/join.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { named } from './sequential.js';

/** Every branch's output for the same x, their channels one after another (Szegedy et al. 2015): [c, ...] → [Σ c, ...]. */
export class Concat implements Layer {
  readonly type: string;
  readonly branches: ReadonlyMap<string, Layer>;

  /** @param branches by name, in order; an array numbers them from 0  @param type what a summary calls it */
  constructor(branches: Readonly<Record<string, Layer>> | readonly Layer[], type = 'Concat') {
    this.type = type;
    this.branches = named(type, branches);
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planConcat(p, [...this.branches].map(([name, layer]) => p.layer(name, layer, x)));
  }
}
