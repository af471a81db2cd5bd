import { elements } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';

/** [c, h, w] → [c·h·w] (torch.nn.Flatten): the same memory, so no step. A Linear that follows lays out its weights to suit. */
export class Flatten implements Layer {
  readonly type = 'Flatten';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return p.view(x, [elements(x.shape)]);
  }
}
