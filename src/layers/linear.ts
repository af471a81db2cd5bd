import { STORE } from '../../assembly/abi.js';
import { torchDefault, type Init } from '../core/init.js';
import { ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import { densePasses, planBiasGradient } from '../plan/convolution.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { known, whole } from '../core/options.js';

export interface LinearOptions {
  readonly bias?: boolean;
  /** How the weights start; default U(−1/√inFeatures, 1/√inFeatures), as PyTorch. */
  readonly init?: Init;
  /** How the bias starts; default as the weights do by default. */
  readonly biasInit?: Init;
}

/**
 * Dense layer (torch.nn.Linear): [..., in] → [..., out], y = x · weightᵀ + bias.
 * Parameters: weight [out, in], bias [out].
 */
export class Linear implements Layer {
  readonly type = 'Linear';
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
  readonly init: Init | null;
  readonly biasInit: Init | null;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    known('Linear', options, ['bias', 'init', 'biasInit']);
    this.inFeatures = whole('Linear', 'inFeatures', inFeatures, 1);
    this.outFeatures = whole('Linear', 'outFeatures', outFeatures, 1);
    this.bias = options.bias ?? true;
    this.init = options.init ?? null;
    this.biasInit = options.biasInit ?? null;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const features = input.shape.at(-1);
    if (features !== this.inFeatures) {
      throw new ShapeError(`${p.path}: input has ${features} features, expected ${this.inFeatures} (input ${show(input.shape)})`);
    }
    const x = input.shape.length === 1 ? input : p.plain(input);
    const [ci, co] = [this.inFeatures, this.outFeatures];
    const rows = elements(x.shape) / ci;
    p.macs(rows * ci * co);
    // A flattened image lies channels last: its weights are laid out as those of a kernel that covers it.
    const order = x.order ?? { channels: ci, pixels: 1 };
    const layout = { kind: 'panels', groups: 1, co, ci: order.channels, kh: 1, kw: order.pixels } as const;
    const w = p.parameter('weight', [co, ci], this.init ?? torchDefault(ci), { layout });
    const b = this.bias ? p.parameter('bias', [co], this.biasInit ?? torchDefault(ci)) : null;
    const y = p.activation([...x.shape.slice(0, -1), co], x, { order: null, field: null });
    const passes = densePasses(p, w, rows, ci, co);
    passes.forward(x, b, y.buffer, STORE);
    p.onBackward(y, (dy) => {
      if (b && p.needsGradient(b)) planBiasGradient(p, b, dy, rows, co);
      if (p.needsGradient(w)) passes.backwardWeight(x, dy, p.gradOfParameter(w));
      if (p.needsGradient(x)) passes.backwardInput(dy, null, p.gradInto(x));
    });
    return y;
  }
}
