import { fanIn, torchDefault, type Init } from '../core/init.js';
import { OptionError } from '../core/errors.js';
import { show, type Shape } from '../core/shape.js';
import { convLayout, planTransposedConvolution, type ConvGeometry } from '../plan/convolution.js';
import type { Plan } from '../plan/plan.js';
import { channelsLastOrder, type PlanTensor, type ReceptiveField } from '../plan/tensor.js';
import { checkChannels, checkGroups, print, weightShape, type Sizes } from './convolution.js';
import type { Layer, Pair } from './layer.js';
import { known, whole } from '../core/options.js';
import { pair } from './options.js';
import { asImage, imageShape } from './pooling.js';

interface TransposedOptions<Size> {
  readonly stride?: Size;
  /** Takes this much away from each side of the output. */
  readonly padding?: Size;
  /** Adds this much to the end of the output; smaller than stride or dilation. */
  readonly outputPadding?: Size;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly dilation?: Size;
  /** How the weights start; default U(−1/√fanIn, 1/√fanIn) with fanIn = out/groups · kernel, as PyTorch. */
  readonly init?: Init;
}

export type ConvTranspose2dOptions = TransposedOptions<Pair>;
export type ConvTranspose1dOptions = TransposedOptions<number>;

const OPTIONS = ['stride', 'padding', 'outputPadding', 'groups', 'bias', 'dilation', 'init'] as const;

interface TransposedSizes {
  readonly kernel: Sizes;
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly outputPadding: Sizes;
  readonly dilation: Sizes;
}

/** Transposed convolution over images (rank 2) or sequences (rank 1). */
class TransposedConvolution implements Layer, TransposedSizes {
  readonly layer: string;
  readonly rank: 1 | 2;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: Sizes;
  readonly stride: Sizes;
  readonly padding: Sizes;
  readonly outputPadding: Sizes;
  readonly dilation: Sizes;
  readonly groups: number;
  readonly bias: boolean;
  readonly init: Init | null;

  constructor(layer: string, rank: 1 | 2, inChannels: number, outChannels: number, sizes: TransposedSizes, options: TransposedOptions<unknown>) {
    this.layer = layer;
    this.rank = rank;
    this.inChannels = whole(layer, 'inChannels', inChannels, 1);
    this.outChannels = whole(layer, 'outChannels', outChannels, 1);
    this.kernel = sizes.kernel;
    this.stride = sizes.stride;
    this.padding = sizes.padding;
    this.outputPadding = sizes.outputPadding;
    this.dilation = sizes.dilation;
    this.groups = whole(layer, 'groups', options.groups ?? 1, 1);
    this.bias = options.bias ?? true;
    this.init = options.init ?? null;
    checkGroups(layer, this.groups, inChannels, outChannels);
    for (const axis of [0, 1] as const) {
      if (this.outputPadding[axis] < Math.max(this.stride[axis], this.dilation[axis])) continue;
      throw new OptionError(`${layer}: outputPadding is ${print(rank, this.outputPadding)}, expected less than stride ${print(rank, this.stride)} or dilation ${print(rank, this.dilation)}`);
    }
  }

  get type(): string {
    const [high, wide] = this.stride;
    const stride = high === 1 && wide === 1 ? '' : `/${high === wide ? high : print(this.rank, this.stride)}`;
    return `${this.layer} ${print(this.rank, this.kernel)}${stride}`;
  }

  /** The convolution from the output's shape to the input's. */
  #geometry(path: string, shape: Shape): ConvGeometry {
    const [co, ho, wo] = shape as [number, number, number];
    const size = (axis: 0 | 1, input: number): number =>
      (input - 1) * this.stride[axis] - 2 * this.padding[axis] + this.dilation[axis] * (this.kernel[axis] - 1) + this.outputPadding[axis] + 1;
    const [hi, wi] = [size(0, ho), size(1, wo)];
    if (hi < 1 || wi < 1) {
      throw new OptionError(`${path}: the output would be ${print(this.rank, [hi, wi])}, expected at least 1: padding ${print(this.rank, this.padding)} takes all of it (input ${show(imageShape(this.rank, co, ho, wo))})`);
    }
    const [padTop, padLeft] = this.padding;
    return {
      ci: this.outChannels, hi, wi, co, ho, wo, kh: this.kernel[0], kw: this.kernel[1], strideH: this.stride[0], strideW: this.stride[1],
      padTop, padLeft, padBottom: padTop, padRight: padLeft, dilationH: this.dilation[0], dilationW: this.dilation[1], groups: this.groups,
    };
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const image = asImage(p, input, this.rank);
    checkChannels(p.path, input, this.inChannels);
    const g = this.#geometry(p.path, image.shape);
    const x = p.channelsLast(image);
    const shape = weightShape(this.rank, this.inChannels, this.outChannels / this.groups, this.kernel);
    const w = p.parameter('weight', shape, this.init ?? torchDefault(fanIn(shape)), { layout: convLayout(g) });
    const b = this.bias ? p.parameter('bias', [this.outChannels], torchDefault(fanIn(shape))) : null;
    const outShape = imageShape(this.rank, g.ci, g.hi, g.wi);
    const y = p.activation(outShape, x, { order: channelsLastOrder(outShape), field: this.#field(x.field) });
    planTransposedConvolution(p, g, { x, w, b, y });
    return y;
  }

  /** An output pixel meets at most every stride-th kernel position; neighbours lie a fraction of the input's step apart. */
  #field(x: ReceptiveField | null): ReceptiveField | null {
    const reach = (axis: 0 | 1): number => Math.ceil((this.dilation[axis] * (this.kernel[axis] - 1) + 1) / this.stride[axis]) - 1;
    return x && {
      height: x.height + reach(0) * x.stepHeight, width: x.width + reach(1) * x.stepWidth,
      stepHeight: x.stepHeight / this.stride[0], stepWidth: x.stepWidth / this.stride[1],
    };
  }
}

/**
 * Transposed convolution, also called fractionally strided convolution (torch.nn.ConvTranspose2d): [ci, h, w] → [co, ho, wo],
 * ho = (h − 1)·stride − 2·padding + dilation·(kh − 1) + outputPadding + 1.
 * y[co, iy·stride + ky·dilation − padding, …] += x[ci, iy, ix] · w[ci, co, ky, kx]: the input gradient of the Conv2d that maps
 * y's shape to x's. It equals the wide convolution with the rotated kernel of x with stride − 1 zeros put between its pixels; the
 * zeros are never multiplied. Parameters: weight [ci, co/groups, kh, kw], bias [co].
 * Throws OptionError for options out of range, ShapeError for an input that does not fit.
 */
export class ConvTranspose2d extends TransposedConvolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: ConvTranspose2dOptions = {}) {
    const layer = 'ConvTranspose2d';
    known(layer, options, OPTIONS);
    const sizes = {
      kernel: pair(layer, 'kernelSize', kernelSize, 1),
      stride: pair(layer, 'stride', options.stride ?? 1, 1),
      padding: pair(layer, 'padding', options.padding ?? 0, 0),
      outputPadding: pair(layer, 'outputPadding', options.outputPadding ?? 0, 0),
      dilation: pair(layer, 'dilation', options.dilation ?? 1, 1),
    };
    super(layer, 2, inChannels, outChannels, sizes, options);
  }
}

/** ConvTranspose2d for sequences (torch.nn.ConvTranspose1d): [ci, l] → [co, lo]. Parameters: weight [ci, co/groups, k], bias [co]. */
export class ConvTranspose1d extends TransposedConvolution {
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: ConvTranspose1dOptions = {}) {
    const layer = 'ConvTranspose1d';
    known(layer, options, OPTIONS);
    const column = (name: string, value: number, least: number, row: number): Sizes => [row, whole(layer, name, value, least)];
    const sizes = {
      kernel: column('kernelSize', kernelSize, 1, 1),
      stride: column('stride', options.stride ?? 1, 1, 1),
      padding: column('padding', options.padding ?? 0, 0, 0),
      outputPadding: column('outputPadding', options.outputPadding ?? 0, 0, 0),
      dilation: column('dilation', options.dilation ?? 1, 1, 1),
    };
    super(layer, 1, inChannels, outChannels, sizes, options);
  }
}
