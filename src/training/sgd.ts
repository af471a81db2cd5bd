import { OptionError } from '../core/errors.js';
import { atLeastZero, optimizerOf, type Grouped, type Optimizer, type Rule } from './optimizer.js';

interface Options {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  /** L2 penalty, added to the gradient. */
  readonly weightDecay: number;
  /** Climbs instead of descending. */
  readonly maximize: boolean;
}

export type SgdOptions = Grouped<Options, 'lr'>;

const rule: Rule<Options> = {
  type: 'SGD',
  countsSteps: false,
  defaults: { lr: NaN, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, maximize: false },

  check(who, options) {
    atLeastZero(who, options, 'lr', 'momentum', 'weightDecay');
    const { momentum, dampening, nesterov } = options;
    if (!Number.isFinite(dampening)) throw new OptionError(`${who}: dampening is ${dampening}, expected a number`);
    if (nesterov && (momentum === 0 || dampening !== 0)) throw new OptionError(`${who}: nesterov with momentum ${momentum} and dampening ${dampening}, expected momentum above 0 and dampening 0`);
  },

  plan(p, w, { momentum, dampening, weightDecay, nesterov, maximize }, fields) {
    const velocity = momentum === 0 ? null : p.store.stateOf(w, 'momentum_buffer');
    p.step('sgd', { ...fields, velocity, momentum, fresh: 1 - dampening, weightDecay, nesterov, maximize });
  },
};

/**
 * Gradient descent (torch.optim.SGD): g += weightDecay·w; v = momentum·v + (1 − dampening)·g, v = g at the first update;
 * w −= lr·v, with Nesterov lr·(g + momentum·v).
 */
export function sgd(options: SgdOptions): Optimizer {
  return optimizerOf(rule, options);
}
