import { STORE } from '../../assembly/abi.js';
import { OptionError, ShapeError } from '../core/errors.js';
import { show } from '../core/shape.js';
import { windows } from '../core/window.js';
import { planDepthwise, planDepthwiseBackwardInput } from '../plan/convolution.js';
import type { Plan } from '../plan/plan.js';
import { channelsLastOrder, type PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { known, whole } from '../core/options.js';
import { times } from './options.js';

export interface FixedFilter2dOptions {
  /** Zeros around the image; default: half the kernel, so that an odd kernel keeps the size. */
  readonly padding?: number;
}

/**
 * One kernel that does not learn, correlated with every channel by itself: [c, h, w] → [c, ho, wo]. It has no parameters and
 * appears in no state_dict; gradients pass through it.
 */
export class FixedFilter2d implements Layer {
  readonly type: string;
  readonly kernel: readonly (readonly number[])[];
  readonly padding: number;

  /** @param kernel rows of numbers, all of one length */
  constructor(kernel: readonly (readonly number[])[], options: FixedFilter2dOptions = {}) {
    known('FixedFilter2d', options, ['padding']);
    const width = kernel[0]?.length ?? 0;
    if (width === 0 || kernel.some((row) => row.length !== width)) throw new OptionError(`FixedFilter2d: kernel has rows of ${kernel.map((row) => row.length).join(', ')} numbers, expected rows of one length`);
    this.kernel = kernel;
    this.padding = whole('FixedFilter2d', 'padding', options.padding ?? kernel.length >> 1, 0);
    this.type = `FixedFilter2d ${times([kernel.length, width])}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    if (input.shape.length !== 3) throw new ShapeError(`${p.path}: input is ${show(input.shape)}, expected [channels, height, width]`);
    const [c, hi, wi] = input.shape as [number, number, number];
    const [kh, kw, pad] = [this.kernel.length, this.kernel[0]!.length, this.padding];
    const [ho, wo] = [windows(hi, kh, 1, pad, pad, 1), windows(wi, kw, 1, pad, pad, 1)];
    if (ho < 1 || wo < 1) throw new OptionError(`${p.path}: the kernel ${times([kh, kw])} does not fit into the padded input (input ${show(input.shape)})`);
    const x = p.channelsLast(input);
    const taps = Float32Array.from({ length: kh * kw * c }, (_, i) => this.kernel.flat()[Math.floor(i / c)]!);
    const w = p.constant('kernel', taps);
    const shape = [c, ho, wo];
    const field = x.field && { ...x.field, height: x.field.height + (kh - 1) * x.field.stepHeight, width: x.field.width + (kw - 1) * x.field.stepWidth };
    const y = p.activation(shape, x, { order: channelsLastOrder(shape), field });
    const g = {
      ci: c, hi, wi, co: c, ho, wo, kh, kw, strideH: 1, strideW: 1, padTop: pad, padLeft: pad, padBottom: pad, padRight: pad,
      dilationH: 1, dilationW: 1, groups: c,
    };
    p.macs(ho * wo * c * kh * kw);
    planDepthwise(p, g, x, { buffer: w }, null, y.buffer, STORE);
    p.onBackward(y, (dy) => {
      if (p.needsGradient(x)) planDepthwiseBackwardInput(p, g, dy, { buffer: w }, null, p.gradInto(x));
    });
    return y;
  }
}
