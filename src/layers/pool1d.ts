import type { Plan } from '../plan/plan.js';
import type { Buffer, PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { known } from '../core/options.js';
import { asImage, planAvgPool, planMaxPool, poolGeometry, sequenceWindows, type Windows } from './pooling.js';

export interface Pool1dOptions {
  /** Default: the kernel's size. */
  readonly stride?: number;
  /** At most half the kernel. */
  readonly padding?: number;
  /** Rounds the number of windows up instead of down. */
  readonly ceilMode?: boolean;
}

export interface MaxPool1dOptions extends Pool1dOptions {
  readonly dilation?: number;
}

export interface AvgPool1dOptions extends Pool1dOptions {
  /** Padding counts as elements of value 0; default true, as PyTorch. */
  readonly countIncludePad?: boolean;
}

/** Maximum of each window of a sequence (torch.nn.MaxPool1d): [c, l] → [c, lo], with MaxPool2d's rules. */
export class MaxPool1d implements Layer {
  readonly windows: Windows;

  constructor(kernelSize: number, options: MaxPool1dOptions = {}) {
    known('MaxPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.windows = sequenceWindows('MaxPool1d', kernelSize, options);
  }

  get type(): string {
    return `MaxPool1d ${this.windows.kernel[1]}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    return this.planWithIndices(p, input).y;
  }

  /** The output and where each maximum was, as i32, in the memory order of `y`. */
  planWithIndices(p: Plan, input: PlanTensor): { y: PlanTensor; argmax: Buffer } {
    const image = asImage(p, input, 1);
    return planMaxPool(p, image, poolGeometry(p.path, image.shape, this.windows), 1);
  }
}

/** Mean of each window of a sequence (torch.nn.AvgPool1d): [c, l] → [c, lo]. */
export class AvgPool1d implements Layer {
  readonly windows: Windows;
  readonly countIncludePad: boolean;

  constructor(kernelSize: number, options: AvgPool1dOptions = {}) {
    known('AvgPool1d', options, ['stride', 'padding', 'ceilMode', 'countIncludePad']);
    const { countIncludePad, ...rest } = options;
    this.windows = sequenceWindows('AvgPool1d', kernelSize, rest);
    this.countIncludePad = countIncludePad ?? true;
  }

  get type(): string {
    return `AvgPool1d ${this.windows.kernel[1]}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const image = asImage(p, input, 1);
    return planAvgPool(p, image, poolGeometry(p.path, image.shape, this.windows), 1, this.countIncludePad, 0);
  }
}
