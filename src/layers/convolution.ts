import { fanIn, torchDefault, type Init } from '../core/init.js';
import { OptionError, ShapeError, TooSmallError } from '../core/errors.js';
import { show, type Shape } from '../core/shape.js';
import { windows } from '../core/window.js';
import { convLayout, planConvolution, type ConvGeometry } from '../plan/convolution.js';
import type { Plan } from '../plan/plan.js';
import { channelsLastOrder, type PlanTensor, type ReceptiveField } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { whole } from '../core/options.js';
import { asImage, imageShape } from './pooling.js';

/** [height, width]. */
export type Sizes = readonly [number, number];
/** [top, bottom, left, right]. */
export type Sides = readonly [number, number, number, number];

/** What every convolution layer takes, whatever its rank. */
export interface ConvolutionOptions {
  readonly groups?: number;
  readonly bias?: boolean;
  /** True convolution: the kernel is turned by 180 degrees before it meets the image. Default false, cross-correlation, as PyTorch. */
  readonly rotate?: boolean;
  /** Which weights take part, shaped like them, of 0 and 1; the others are zero and stay so (LeNet-5's C3). */
  readonly mask?: Float32Array;
  /** How the weights start; default U(−1/√fanIn, 1/√fanIn), as PyTorch. */
  readonly init?: Init;
  /** How the bias starts; default as the weights do by default. */
  readonly biasInit?: Init;
}

/** Names of ConvolutionOptions. */
export const CONVOLUTION_OPTIONS = ['groups', 'bias', 'rotate', 'mask', 'init', 'biasInit'] as const;

/** Sizes with every axis spelt out; a sequence is an image of one row. */
export interface ConvolutionSizes {
  readonly kernel: Sizes;
  readonly stride: Sizes;
  readonly dilation: Sizes;
  readonly padding: Sides | 'same' | 'valid';
}

/** Convolution over images (rank 2) or sequences (rank 1). */
export class Convolution implements Layer {
  readonly layer: string;
  readonly rank: 1 | 2;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: Sizes;
  readonly stride: Sizes;
  readonly dilation: Sizes;
  readonly padding: Sides;
  readonly groups: number;
  readonly bias: boolean;
  readonly rotate: boolean;
  readonly mask: Float32Array | null;
  readonly init: Init | null;
  readonly biasInit: Init | null;

  constructor(layer: string, rank: 1 | 2, inChannels: number, outChannels: number, sizes: ConvolutionSizes, options: ConvolutionOptions) {
    this.layer = layer;
    this.rank = rank;
    this.inChannels = whole(layer, 'inChannels', inChannels, 1);
    this.outChannels = whole(layer, 'outChannels', outChannels, 1);
    this.kernel = sizes.kernel;
    this.stride = sizes.stride;
    this.dilation = sizes.dilation;
    this.padding = this.#padding(sizes.padding);
    this.groups = whole(layer, 'groups', options.groups ?? 1, 1);
    this.bias = options.bias ?? true;
    this.rotate = options.rotate ?? false;
    this.mask = options.mask ?? null;
    this.init = options.init ?? null;
    this.biasInit = options.biasInit ?? null;
    checkGroups(layer, this.groups, inChannels, outChannels);
    const weights = this.outChannels * fanIn(this.#weightShape());
    if (this.mask && this.mask.length !== weights) throw new OptionError(`${layer}: mask has ${this.mask.length} numbers, expected ${weights}`);
  }

  get type(): string {
    const [high, wide] = this.stride;
    const stride = high === 1 && wide === 1 ? '' : `/${high === wide ? high : print(this.rank, this.stride)}`;
    return `${this.layer} ${print(this.rank, this.kernel)}${stride}${this.rotate ? ' rotated' : ''}`;
  }

  #weightShape(): Shape {
    return weightShape(this.rank, this.outChannels, this.inChannels / this.groups, this.kernel);
  }

  /** 'same' puts the smaller half before, as PyTorch. */
  #padding(padding: Sides | 'same' | 'valid'): Sides {
    if (padding === 'valid') return [0, 0, 0, 0];
    if (padding !== 'same') return padding;
    if (this.stride[0] !== 1 || this.stride[1] !== 1) throw new OptionError(`${this.layer}: padding 'same' takes stride 1, not ${print(this.rank, this.stride)}`);
    const [high, wide] = [this.dilation[0] * (this.kernel[0] - 1), this.dilation[1] * (this.kernel[1] - 1)];
    return [high >> 1, high - (high >> 1), wide >> 1, wide - (wide >> 1)];
  }

  #geometry(path: string, shape: Shape): ConvGeometry {
    const [ci, hi, wi] = shape as [number, number, number];
    const [padTop, padBottom, padLeft, padRight] = this.padding;
    const ho = windows(hi, this.kernel[0], this.stride[0], padTop, padBottom, this.dilation[0]);
    const wo = windows(wi, this.kernel[1], this.stride[1], padLeft, padRight, this.dilation[1]);
    if (ho < 1 || wo < 1) {
      const reach = print(this.rank, [this.dilation[0] * (this.kernel[0] - 1) + 1, this.dilation[1] * (this.kernel[1] - 1) + 1]);
      const padded = print(this.rank, [hi + padTop + padBottom, wi + padLeft + padRight]);
      throw new TooSmallError(`${path}: the kernel reaches over ${reach} pixels, more than the padded input of ${padded} (input ${show(imageShape(this.rank, ci, hi, wi))})`);
    }
    return {
      ci, hi, wi, co: this.outChannels, ho, wo, kh: this.kernel[0], kw: this.kernel[1], strideH: this.stride[0], strideW: this.stride[1],
      padTop, padLeft, padBottom, padRight, dilationH: this.dilation[0], dilationW: this.dilation[1], groups: this.groups,
    };
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const image = asImage(p, input, this.rank);
    checkChannels(p.path, input, this.inChannels);
    const g = this.#geometry(p.path, image.shape);
    const x = p.channelsLast(image);
    const shape = this.#weightShape();
    const layout = convLayout(g, this.rotate);
    const start = this.init ?? torchDefault(fanIn(shape));
    const kept = this.mask ? this.mask.reduce((sum, one) => sum + one, 0) : this.outChannels * fanIn(shape);
    const w = p.parameter('weight', shape, this.mask ? { kind: 'masked', init: start, mask: this.mask } : start, { layout, count: kept });
    const b = this.bias ? p.parameter('bias', [this.outChannels], this.biasInit ?? torchDefault(fanIn(shape))) : null;
    const outShape = imageShape(this.rank, g.co, g.ho, g.wo);
    const y = p.activation(outShape, x, { order: channelsLastOrder(outShape), field: this.#field(x.field) });
    if (this.mask) this.#keepMasked(p, y, w, layout, shape);
    planConvolution(p, g, { x, w, b, y });
    return y;
  }

  /** After the weight gradient: dw ∘ mask, so that masked weights stay zero. Stated before the convolution, so it comes after it backward. */
  #keepMasked(p: Plan, y: PlanTensor, w: ReturnType<Plan['parameter']>, layout: ReturnType<typeof convLayout>, shape: Shape): void {
    p.onBackward(y, () => {
      const dw = p.gradientOf(w);
      if (dw) p.step('multiply', { x: dw, by: p.constant('mask', this.mask!, layout, shape), y: dw, length: dw.words });
    });
  }

  #field(x: ReceptiveField | null): ReceptiveField | null {
    return x && {
      height: x.height + this.dilation[0] * (this.kernel[0] - 1) * x.stepHeight,
      width: x.width + this.dilation[1] * (this.kernel[1] - 1) * x.stepWidth,
      stepHeight: x.stepHeight * this.stride[0],
      stepWidth: x.stepWidth * this.stride[1],
    };
  }
}

/** Sizes as the layer's users know them: `3x5`, or `5` for a sequence. */
export function print(rank: 1 | 2, [height, width]: Sizes): string {
  return rank === 1 ? String(width) : `${height}x${width}`;
}

/** [out, in, kh, kw], or [out, in, k]. */
export function weightShape(rank: 1 | 2, out: number, perGroup: number, [kh, kw]: Sizes): Shape {
  return rank === 1 ? [out, perGroup, kw] : [out, perGroup, kh, kw];
}

export function checkGroups(layer: string, groups: number, inChannels: number, outChannels: number): void {
  if (inChannels % groups === 0 && outChannels % groups === 0) return;
  throw new OptionError(`${layer}: groups is ${groups}, expected a divisor of both inChannels ${inChannels} and outChannels ${outChannels}`);
}

export function checkChannels(path: string, input: PlanTensor, channels: number): void {
  if (input.shape[0] === channels) return;
  throw new ShapeError(`${path}: input has ${input.shape[0]} channels, expected ${channels} (input ${show(input.shape)})`);
}
