import { OptionError } from '../core/errors.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer, Parameter } from '../plan/tensor.js';

/** An optimiser states one step per parameter. */
export interface Optimizer {
  readonly type: string;
  /** Learning rate that training starts with. */
  readonly lr: number;
  /** Names of what it keeps per parameter, as PyTorch's state_dict has them. */
  readonly stateNames: readonly string[];
  plan(p: Plan, parameter: Parameter, gradient: Buffer): void;
}

export interface SgdOptions {
  readonly lr: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  /** Climbs instead of descending. */
  readonly maximize?: boolean;
}

/** A finite number >= 0. */
export function atLeastZero(name: string, option: string, value: number): number {
  if (!(Number.isFinite(value) && value >= 0)) throw new OptionError(`${name}: ${option} is ${value}, expected a number of at least 0`);
  return value;
}

class Sgd implements Optimizer {
  readonly type = 'SGD';
  readonly lr: number;
  readonly #options: Required<SgdOptions>;

  constructor(options: SgdOptions) {
    const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0, maximize = false } = options;
    this.lr = atLeastZero('sgd', 'lr', lr);
    atLeastZero('sgd', 'momentum', momentum);
    atLeastZero('sgd', 'weightDecay', weightDecay);
    if (!Number.isFinite(dampening)) throw new OptionError(`sgd: dampening is ${dampening}, expected a number`);
    if (nesterov && (momentum === 0 || dampening !== 0)) throw new OptionError('sgd: nesterov needs momentum above 0 and dampening 0');
    this.#options = { lr, momentum, dampening, nesterov, weightDecay, maximize };
  }

  get stateNames(): readonly string[] {
    return this.#options.momentum === 0 ? [] : ['momentum_buffer'];
  }

  plan(p: Plan, w: Parameter, dw: Buffer): void {
    const { momentum, dampening, nesterov, weightDecay, maximize } = this.#options;
    const velocity = momentum === 0 ? null : p.store.stateOf(w, 'momentum_buffer');
    p.step('sgd', { w, dw, velocity, length: w.buffer.words, momentum, dampening, weightDecay, nesterov, maximize });
  }
}

/**
 * Gradient descent (torch.optim.SGD): g += weightDecay·w; v = momentum·v + (1 − dampening)·g, v = g at the first update;
 * w −= lr·v, with Nesterov lr·(g + momentum·v).
 */
export function sgd(options: SgdOptions): Optimizer {
  return new Sgd(options);
}
