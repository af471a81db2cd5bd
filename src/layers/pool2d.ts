import { OptionError } from '../core/errors.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer, Pair } from './layer.js';
import { known, whole } from '../core/options.js';
import { times } from './options.js';
import { asImage, imageWindows, planAvgPool, planMaxPool, poolGeometry, type Pooled, type Windows } from './pooling.js';

export interface Pool2dOptions {
  /** Default: the kernel's size. */
  readonly stride?: Pair;
  /** At most half the kernel. */
  readonly padding?: Pair;
  /** Rounds the number of windows up instead of down. */
  readonly ceilMode?: boolean;
}

export interface MaxPool2dOptions extends Pool2dOptions {
  readonly dilation?: Pair;
  /** Keeps the places of the maxima for a MaxUnpool2d, when predicting too; default false. */
  readonly returnIndices?: boolean;
}

export interface AvgPool2dOptions extends Pool2dOptions {
  /** Padding counts as pixels of value 0; default true, as PyTorch. */
  readonly countIncludePad?: boolean;
  /** Divides every window's sum instead of its number of pixels; an integer other than 0. */
  readonly divisorOverride?: number;
}

/**
 * Maximum of each window (torch.nn.MaxPool2d): [c, h, w] → [c, ho, wo]. The first maximum wins ties, NaN wins over all,
 * padding never wins. The residual goes to the window's maximum; overlapping windows add up.
 */
export class MaxPool2d implements Layer {
  readonly windows: Windows;
  readonly returnIndices: boolean;
  /** What it did to each plan, for MaxUnpool2d. */
  readonly pooled = new WeakMap<Plan, Pooled>();

  constructor(kernelSize: Pair, options: MaxPool2dOptions = {}) {
    known('MaxPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.windows = imageWindows('MaxPool2d', kernelSize, options);
    this.returnIndices = options.returnIndices ?? false;
  }

  get type(): string {
    return `MaxPool2d ${times(this.windows.kernel)}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const pooled = this.planWithIndices(p, input, this.returnIndices);
    this.pooled.set(p, pooled);
    return pooled.y;
  }

  /** The output and, with `indices`, where each maximum was. */
  planWithIndices(p: Plan, input: PlanTensor, indices: boolean): Pooled {
    const image = asImage(p, input, 2);
    return planMaxPool(p, image, poolGeometry(p.path, image.shape, this.windows), 2, indices);
  }
}

/**
 * Mean of each window (torch.nn.AvgPool2d): [c, h, w] → [c, ho, wo]. Each pixel of a window gets an equal part of its residual.
 */
export class AvgPool2d implements Layer {
  readonly windows: Windows;
  readonly countIncludePad: boolean;
  readonly divisor: number;

  constructor(kernelSize: Pair, options: AvgPool2dOptions = {}) {
    known('AvgPool2d', options, ['stride', 'padding', 'ceilMode', 'countIncludePad', 'divisorOverride']);
    const { countIncludePad, divisorOverride, ...rest } = options;
    this.windows = imageWindows('AvgPool2d', kernelSize, rest);
    this.countIncludePad = countIncludePad ?? true;
    this.divisor = divisorOverride === undefined ? 0 : whole('AvgPool2d', 'divisorOverride', divisorOverride, 1 - 2 ** 31);
    if (divisorOverride === 0) throw new OptionError('AvgPool2d: divisorOverride is 0, expected another integer');
  }

  get type(): string {
    return `AvgPool2d ${times(this.windows.kernel)}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const image = asImage(p, input, 2);
    return planAvgPool(p, image, poolGeometry(p.path, image.shape, this.windows), 2, this.countIncludePad, this.divisor);
  }
}
