import { OptionError, ShapeError } from '../core/errors.js';
import { show } from '../core/shape.js';
import { windows, windowsCeil } from '../core/window.js';
import type { Plan } from '../plan/plan.js';
import { Buffer, channelsLastOrder, type PlanTensor, type ReceptiveField } from '../plan/tensor.js';
import type { Layer, Pair } from './layer.js';
import { known, pair, times, whole } from './options.js';

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
}

export interface AvgPool2dOptions extends Pool2dOptions {
  /** Padding counts as pixels of value 0; default true, as PyTorch. */
  readonly countIncludePad?: boolean;
  /** Divides every window's sum instead of its number of pixels. */
  readonly divisorOverride?: number;
}

interface Windows {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly ceilMode: boolean;
}

function windowOptions(layer: string, kernelSize: Pair, options: MaxPool2dOptions): Windows {
  const kernel = pair(layer, 'kernelSize', kernelSize, 1);
  const padding = pair(layer, 'padding', options.padding ?? 0, 0);
  for (const axis of [0, 1] as const) {
    if (padding[axis] * 2 > kernel[axis]) {
      throw new OptionError(`${layer}: padding is ${times(padding)}, expected at most half the kernel of ${times(kernel)}`);
    }
  }
  return {
    kernel, padding, stride: pair(layer, 'stride', options.stride ?? kernelSize, 1),
    dilation: pair(layer, 'dilation', options.dilation ?? 1, 1), ceilMode: options.ceilMode ?? false,
  };
}

/** The fields that every pooling record starts with. */
function geometry(path: string, x: PlanTensor, w: Windows) {
  if (x.shape.length !== 3) throw new ShapeError(`${path}: input is ${show(x.shape)}, expected [channels, height, width]`);
  const [c, hi, wi] = x.shape as [number, number, number];
  const count = (axis: 0 | 1, size: number): number =>
    w.ceilMode
      ? windowsCeil(size, w.kernel[axis], w.stride[axis], w.padding[axis], w.dilation[axis])
      : windows(size, w.kernel[axis], w.stride[axis], w.padding[axis], w.padding[axis], w.dilation[axis]);
  const [ho, wo] = [count(0, hi), count(1, wi)];
  if (ho < 1 || wo < 1) throw new OptionError(`${path}: the window ${times(w.kernel)} does not fit into the padded input (input ${show(x.shape)})`);
  return {
    c, hi, wi, ho, wo, kh: w.kernel[0], kw: w.kernel[1], strideH: w.stride[0], strideW: w.stride[1],
    padTop: w.padding[0], padLeft: w.padding[1], dilationH: w.dilation[0], dilationW: w.dilation[1],
  };
}

function fieldOf(x: ReceptiveField | null, w: Windows): ReceptiveField | null {
  return x && {
    height: x.height + w.dilation[0] * (w.kernel[0] - 1) * x.stepHeight,
    width: x.width + w.dilation[1] * (w.kernel[1] - 1) * x.stepWidth,
    stepHeight: x.stepHeight * w.stride[0],
    stepWidth: x.stepWidth * w.stride[1],
  };
}

/**
 * Maximum of each window (torch.nn.MaxPool2d): [c, h, w] → [c, ho, wo]. The first maximum wins ties, NaN wins over all,
 * padding never wins. The residual goes to the window's maximum; overlapping windows add up.
 */
export class MaxPool2d implements Layer {
  readonly windows: Windows;

  constructor(kernelSize: Pair, options: MaxPool2dOptions = {}) {
    known('MaxPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.windows = windowOptions('MaxPool2d', kernelSize, options);
  }

  get type(): string {
    return `MaxPool2d ${times(this.windows.kernel)}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    return this.planWithIndices(p, input).y;
  }

  /** The output and where each maximum was: h·wi + w as i32, in the memory order of `y`. */
  planWithIndices(p: Plan, input: PlanTensor): { y: PlanTensor; argmax: Buffer } {
    const g = geometry(p.path, input, this.windows);
    const x = p.channelsLast(input);
    const shape = [g.c, g.ho, g.wo];
    const y = p.activation(shape, x, { order: channelsLastOrder(shape), field: fieldOf(x.field, this.windows) });
    const argmax = p.activation(shape, y, { name: 'argmax' }).buffer;
    p.step('maxPool2dForward', { ...g, x, y, argmax });
    p.onBackward(y, (dy) => {
      if (p.needsGradient(x)) p.step('maxPool2dBackward', { ...g, dy, argmax, ...p.gradInto(x) });
    });
    return { y, argmax };
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
    this.windows = windowOptions('AvgPool2d', kernelSize, rest);
    this.countIncludePad = countIncludePad ?? true;
    this.divisor = divisorOverride === undefined ? 0 : whole('AvgPool2d', 'divisorOverride', divisorOverride, 1);
  }

  get type(): string {
    return `AvgPool2d ${times(this.windows.kernel)}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const g = geometry(p.path, input, this.windows);
    const x = p.channelsLast(input);
    const shape = [g.c, g.ho, g.wo];
    const y = p.activation(shape, x, { order: channelsLastOrder(shape), field: fieldOf(x.field, this.windows) });
    const fields = { ...g, padBottom: g.padTop, padRight: g.padLeft, countIncludePad: this.countIncludePad, divisor: this.divisor };
    p.step('avgPool2dForward', { ...fields, x, y });
    p.onBackward(y, (dy) => {
      if (p.needsGradient(x)) p.step('avgPool2dBackward', { ...fields, dy, ...p.gradInto(x) });
    });
    return y;
  }
}
