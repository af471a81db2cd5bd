import { ELU as ELU_KIND, GELU as GELU_KIND, GELU_TANH, MISH, SILU, SOFTPLUS } from '../../assembly/abi.js';
import { OptionError } from '../core/errors.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import { planActivation } from './activation.js';
import type { Layer } from './layer.js';
import { number } from './options.js';

// Activations with exponentials. Their slope is computed from x, which stays in memory for backward.

/** x, or alpha (e^x − 1) below 0 (torch.nn.ELU; Clevert et al. 2016). */
export class ELU implements Layer {
  readonly type = 'ELU';
  readonly alpha: number;

  constructor(alpha = 1) {
    this.alpha = number('ELU', 'alpha', alpha);
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, ELU_KIND, { alpha: this.alpha, beta: 1, fromInput: true });
  }
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** scale · (x, or alpha (e^x − 1) below 0), the two numbers of Klambauer et al. 2017 (torch.nn.SELU). */
export class SELU implements Layer {
  readonly type = 'SELU';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, ELU_KIND, { alpha: SELU_ALPHA * SELU_SCALE, beta: SELU_SCALE, fromInput: true });
  }
}

/** x · σ(x), also called swish (torch.nn.SiLU). */
export class SiLU implements Layer {
  readonly type = 'SiLU';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, SILU, { fromInput: true });
  }
}

/** x · tanh(log(1 + e^x)) (torch.nn.Mish; Misra 2020). */
export class Mish implements Layer {
  readonly type = 'Mish';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, MISH, { fromInput: true });
  }
}

/** How GELU is computed: 'none' with the normal distribution's Φ(x) = (1 + erf(x/√2)) / 2, 'tanh' with its approximation. */
export type GeluForm = 'none' | 'tanh';

/** x · Φ(x), or x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 (torch.nn.GELU). */
export class GELU implements Layer {
  readonly type = 'GELU';
  readonly approximate: GeluForm;

  constructor(approximate: GeluForm = 'none') {
    if (approximate !== 'none' && approximate !== 'tanh') throw new OptionError(`GELU: approximate is '${String(approximate)}', expected 'none' or 'tanh'`);
    this.approximate = approximate;
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, this.approximate === 'tanh' ? GELU_TANH : GELU_KIND, { fromInput: true });
  }
}

/** log(1 + e^(beta·x)) / beta, or x where beta·x is above `threshold` (torch.nn.Softplus). */
export class Softplus implements Layer {
  readonly type = 'Softplus';
  readonly beta: number;
  readonly threshold: number;

  constructor(beta = 1, threshold = 20) {
    this.beta = number('Softplus', 'beta', beta);
    if (beta === 0) throw new OptionError('Softplus: beta is 0, expected another number');
    this.threshold = number('Softplus', 'threshold', threshold);
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, SOFTPLUS, { alpha: this.beta, beta: this.threshold, fromInput: true });
  }
}
