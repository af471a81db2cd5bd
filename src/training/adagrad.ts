import { atLeastZero, epsilon, optimizerOf, type Grouped, type Optimizer, type Rule } from './optimizer.js';

interface Options {
  /** Default 0.01. */
  readonly lr: number;
  /** Divides the rate by 1 + t·lrDecay after t updates. */
  readonly lrDecay: number;
  /** L2 penalty, added to the gradient. */
  readonly weightDecay: number;
  /** What the sum of squares starts from; default 0. */
  readonly initialAccumulatorValue: number;
  /** Added to the denominator; default 1e-10. */
  readonly eps: number;
  /** Climbs instead of descending. */
  readonly maximize: boolean;
}

export type AdagradOptions = Grouped<Options>;

const rule: Rule<Options> = {
  type: 'Adagrad',
  countsSteps: true,
  defaults: { lr: 0.01, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false },

  check(who, options) {
    atLeastZero(who, options, 'lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps');
  },

  plan(p, w, { lrDecay, weightDecay, initialAccumulatorValue: initial, eps, maximize }, fields) {
    p.step('adagrad', { ...fields, sum: p.store.stateOf(w, 'sum'), lrDecay, initial, eps: epsilon(eps), weightDecay, maximize });
  },
};

/**
 * Adagrad (torch.optim.Adagrad; Duchi et al. 2011): g += weightDecay·w; sum += g²;
 * after t updates, w −= lr / (1 + t·lrDecay)·g / (√sum + eps).
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  return optimizerOf(rule, options);
}
