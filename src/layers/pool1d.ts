import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { known } from '../core/options.js';
import { asImage, planAvgPool, planMaxPool, poolGeometry, sequenceWindows, type Pooled, type Windows } from './pooling.js';

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
  /** Keeps the places of the maxima for a MaxUnpool1d, when predicting too; default false. */
  readonly returnIndices?: boolean;
}

export interface AvgPool1dOptions extends Pool1dOptions {
  /** Padding counts as elements of value 0; default true, as PyTorch. */
  readonly countIncludePad?: boolean;
}

/** Maximum of each window of a sequence (torch.nn.MaxPool1d): [c, l] → [c, lo], with MaxPool2d's rules. */
export class MaxPool1d implements Layer {
  readonly windows: Windows;
  readonly returnIndices: boolean;
  /** What it did to each plan, for MaxUnpool1d. */
  readonly pooled = new WeakMap<Plan, Pooled>();

  constructor(kernelSize: number, options: MaxPool1dOptions = {}) {
    known('MaxPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.windows = sequenceWindows('MaxPool1d', kernelSize, options);
    this.returnIndices = options.returnIndices ?? false;
  }

  get type(): string {
    return `MaxPool1d ${this.windows.kernel[1]}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const pooled = this.planWithIndices(p, input, this.returnIndices);
    this.pooled.set(p, pooled);
    return pooled.y;
  }

  /** The output and, with `indices`, where each maximum was. */
  planWithIndices(p: Plan, input: PlanTensor, indices: boolean): Pooled {
    const image = asImage(p, input, 1);
    return planMaxPool(p, image, poolGeometry(p.path, image.shape, this.windows), 1, indices);
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
