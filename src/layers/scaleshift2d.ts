import { ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import { planBiasGradient } from '../plan/convolution.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { whole } from '../core/options.js';

/**
 * A coefficient and a bias per channel, y = weight[c] · x + bias[c]: with AvgPool2d before it, the trainable sub-sampling of
 * LeNet-5 (LeCun et al. 1998, section II.B). Parameters: weight [c] (starts at 1), bias [c] (starts at 0).
 */
export class ScaleShift2d implements Layer {
  readonly type = 'ScaleShift2d';
  readonly channels: number;

  constructor(channels: number) {
    this.channels = whole('ScaleShift2d', 'channels', channels, 1);
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const c = this.channels;
    if (input.shape[0] !== c) throw new ShapeError(`${p.path}: input has ${input.shape[0]} channels, expected ${c} (input ${show(input.shape)})`);
    const x = p.channelsLast(input);
    const rows = elements(x.shape) / c;
    const w = p.parameter('weight', [c], { kind: 'constant', value: 1 });
    const b = p.parameter('bias', [c], { kind: 'constant', value: 0 });
    const y = p.activation(x.shape, x);
    p.macs(rows * c);
    p.step('channelAffineForward', { x, w, b, y, rows, c });
    p.onBackward(y, (dy) => {
      if (p.needsGradient(b)) planBiasGradient(p, b, dy, rows, c);
      if (p.needsGradient(w)) p.step('channelAffineBackwardWeight', { x, dy, rows, c, ...p.gradOfParameter(w) });
      if (p.needsGradient(x)) p.step('channelAffineBackwardInput', { dy, w, rows, c, ...p.gradInto(x) });
    });
    return y;
  }
}
