import { OptionError } from '../core/errors.js';
import type { Buffer } from '../plan/tensor.js';
import { atLeastZero, belowOne, epsilon, optimizerOf, type Grouped, type Optimizer, type Rule } from './optimizer.js';

interface Options {
  /** Default 0.001. */
  readonly lr: number;
  /** How much of the running means of g and g² an update keeps; default [0.9, 0.999]. */
  readonly betas: readonly [number, number];
  /** Added to the denominator; default 1e-8. */
  readonly eps: number;
  /** Default 0 for `adam`, 0.01 for `adamw`. */
  readonly weightDecay: number;
  /** Divides by the largest running mean of g² so far. */
  readonly amsgrad: boolean;
  /** Climbs instead of descending. */
  readonly maximize: boolean;
}

export type AdamOptions = Grouped<Options>;

function check(who: string, options: Options): void {
  atLeastZero(who, options, 'lr', 'eps', 'weightDecay');
  const { betas } = options;
  if (!Array.isArray(betas) || betas.length !== 2) throw new OptionError(`${who}: betas is ${String(betas)}, expected two numbers`);
  betas.forEach((beta, i) => belowOne(who, `betas[${i}]`, beta as number));
}

/** `decoupled`: weight decay acts on the weights alone. */
const ruleOf = (type: string, weightDecay: number, decoupled: boolean): Rule<Options> => ({
  type, countsSteps: true, check,
  defaults: { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay, amsgrad: false, maximize: false },
  plan(p, w, { betas: [beta1, beta2], eps, weightDecay, amsgrad, maximize }, fields) {
    const state = (name: string): Buffer => p.store.stateOf(w, name);
    const moments = { expAvg: state('exp_avg'), expAvgSq: state('exp_avg_sq'), maxExpAvgSq: amsgrad ? state('max_exp_avg_sq') : null };
    p.step('adam', { ...fields, ...moments, beta1, fresh1: 1 - beta1, beta2, fresh2: 1 - beta2, eps: epsilon(eps), weightDecay, decoupled, maximize });
  },
});

/**
 * Adam (torch.optim.Adam; Kingma and Ba 2015): g += weightDecay·w; m = β₁·m + (1 − β₁)·g; v = β₂·v + (1 − β₂)·g²;
 * at update t, w −= lr·(m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps).
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return optimizerOf(ruleOf('Adam', 0, false), options);
}

/** Adam whose weight decay acts on the weights alone (torch.optim.AdamW; Loshchilov and Hutter 2019): w −= lr·weightDecay·w before the step. */
export function adamw(options: AdamOptions = {}): Optimizer {
  return optimizerOf(ruleOf('AdamW', 0.01, true), options);
}
