import { atLeastZero, epsilon, optimizerOf, type Grouped, type Optimizer, type Rule } from './optimizer.js';

interface Options {
  /** Default 0.01. */
  readonly lr: number;
  /** How much of the running mean of g² an update keeps; default 0.99. */
  readonly alpha: number;
  /** Added to the denominator; default 1e-8. */
  readonly eps: number;
  readonly momentum: number;
  /** Divides by the deviation of g instead of its root mean square. */
  readonly centered: boolean;
  /** L2 penalty, added to the gradient. */
  readonly weightDecay: number;
  /** Climbs instead of descending. */
  readonly maximize: boolean;
}

export type RmspropOptions = Grouped<Options>;

const rule: Rule<Options> = {
  type: 'RMSprop',
  countsSteps: true,
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0, centered: false, weightDecay: 0, maximize: false },

  check(who, options) {
    atLeastZero(who, options, 'lr', 'alpha', 'eps', 'momentum', 'weightDecay');
  },

  plan(p, w, { alpha, eps, momentum, centered, weightDecay, maximize }, fields) {
    const squareAvg = p.store.stateOf(w, 'square_avg');
    const velocity = momentum === 0 ? null : p.store.stateOf(w, 'momentum_buffer');
    const gradAvg = centered ? p.store.stateOf(w, 'grad_avg') : null;
    p.step('rmsprop', { ...fields, squareAvg, gradAvg, velocity, alpha, fresh: 1 - alpha, eps: epsilon(eps), momentum, weightDecay, maximize });
  },
};

/**
 * RMSprop (torch.optim.RMSprop; Hinton 2012, Graves 2013): g += weightDecay·w; q = alpha·q + (1 − alpha)·g²;
 * w −= lr·g / (√q + eps), through a momentum buffer where there is momentum. `centered` takes q less the square of g's running mean.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  return optimizerOf(rule, options);
}
