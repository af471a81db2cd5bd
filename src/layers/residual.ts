import type { Plan } from '../plan/plan.js';
import { planAdd } from '../plan/join.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';

/** y = body(x) + shortcut(x), the shortcut x itself unless a layer is given (He et al. 2016). state_dict: body, shortcut. */
export class Residual implements Layer {
  readonly type = 'Residual';
  readonly body: Layer;
  readonly shortcut: Layer | null;

  constructor(body: Layer, shortcut: Layer | null = null) {
    this.body = body;
    this.shortcut = shortcut;
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    const y = p.layer('body', this.body, x);
    return planAdd(p, [y, this.shortcut ? p.layer('shortcut', this.shortcut, x) : x]);
  }
}
