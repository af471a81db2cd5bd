import { ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { known, whole } from '../core/options.js';
import { number } from './options.js';

export interface PReLUOptions {
  /** The slope that training starts with; default 0.25. */
  readonly init?: number;
}

/**
 * x, or weight · x below 0 (torch.nn.PReLU; He et al. 2015): [c, ...] → [c, ...], one weight for all or one per channel.
 * Parameter: weight [numParameters].
 */
export class PReLU implements Layer {
  readonly type = 'PReLU';
  readonly numParameters: number;
  readonly init: number;

  constructor(numParameters = 1, options: PReLUOptions = {}) {
    known('PReLU', options, ['init']);
    this.numParameters = whole('PReLU', 'numParameters', numParameters, 1);
    this.init = number('PReLU', 'init', options.init ?? 0.25);
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const one = this.numParameters === 1;
    const c = one ? 1 : this.numParameters;
    if (!one && input.shape[0] !== c) throw new ShapeError(`${p.path}: input has ${input.shape[0]} channels, expected ${c}, one per weight (input ${show(input.shape)})`);
    const x = one ? input : p.channelsLast(input);
    const w = p.parameter('weight', [c], { kind: 'constant', value: this.init });
    const y = p.activation(x.shape, x, { replaces: x });
    const shared = { rows: elements(x.shape) / c, c, shared: one };
    p.step('preluForward', { x, w, y, ...shared });
    p.onBackward(y, (dy) => {
      if (p.needsGradient(w)) p.step('preluBackwardWeight', { x, dy, ...shared, ...p.gradOfParameter(w) });
      if (p.needsGradient(x)) p.step('preluBackwardInput', { x, w, dy, ...shared, ...p.gradInto(x, dy) });
    });
    return y;
  }
}
