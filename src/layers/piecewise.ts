import { HARDSIGMOID, HARDSWISH, HARDTANH, LEAKY_RELU, SOFTSIGN } from '../../assembly/abi.js';
import { OptionError } from '../core/errors.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import { planActivation } from './activation.js';
import type { Layer } from './layer.js';
import { number } from './options.js';

// Activations made of straight lines, of one parabola and of one hyperbola: no exponentials. A slope at a corner is that of the flat side, as in PyTorch.

/** min(max(x, 0), 6) (torch.nn.ReLU6). */
export class ReLU6 implements Layer {
  readonly type = 'ReLU6';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, HARDTANH, { alpha: 0, beta: 6 });
  }
}

/** x kept between minVal and maxVal (torch.nn.Hardtanh). */
export class Hardtanh implements Layer {
  readonly type = 'Hardtanh';
  readonly minVal: number;
  readonly maxVal: number;

  constructor(minVal = -1, maxVal = 1) {
    if (!(typeof minVal === 'number' && typeof maxVal === 'number' && minVal < maxVal)) {
      throw new OptionError(`Hardtanh: minVal is ${String(minVal)} and maxVal ${String(maxVal)}, expected numbers, the first below the second`);
    }
    this.minVal = minVal;
    this.maxVal = maxVal;
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, HARDTANH, { alpha: this.minVal, beta: this.maxVal });
  }
}

/** x, or negativeSlope · x below 0 (torch.nn.LeakyReLU). */
export class LeakyReLU implements Layer {
  readonly type = 'LeakyReLU';
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01) {
    this.negativeSlope = number('LeakyReLU', 'negativeSlope', negativeSlope);
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    // With a slope below 0, y > 0 on both sides.
    return planActivation(p, x, LEAKY_RELU, { alpha: this.negativeSlope, fromInput: this.negativeSlope < 0 });
  }
}

/** min(max(x + 3, 0), 6) / 6 (torch.nn.Hardsigmoid). */
export class Hardsigmoid implements Layer {
  readonly type = 'Hardsigmoid';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    // y rounds to 1 for x just below 3: only x tells where the slope ends.
    return planActivation(p, x, HARDSIGMOID, { fromInput: true });
  }
}

/** x · min(max(x + 3, 0), 6) / 6 (torch.nn.Hardswish). */
export class Hardswish implements Layer {
  readonly type = 'Hardswish';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, HARDSWISH, { fromInput: true });
  }
}

/** x / (1 + |x|) (torch.nn.Softsign; Turian et al. 2009). */
export class Softsign implements Layer {
  readonly type = 'Softsign';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    // 1 − |y| has lost its digits where y is close to 1.
    return planActivation(p, x, SOFTSIGN, { fromInput: true });
  }
}
