import { fanIn, torchDefault, type Init } from '../core/init.js';
import { OptionError, ShapeError } from '../core/errors.js';
import { show, type Shape } from '../core/shape.js';
import { windows } from '../core/window.js';
import { convLayout, planConvolution, type ConvGeometry } from '../plan/convolution.js';
import type { Plan } from '../plan/plan.js';
import { channelsLastOrder, type PlanTensor, type ReceptiveField } from '../plan/tensor.js';
import type { Layer, Pair } from './layer.js';
import { known, pair, times, whole } from './options.js';

/** Zeros around the image: a number, [height, width], [top, bottom, left, right], 'valid' (none) or 'same' (output as large as the input at stride 1). */
export type Padding = Pair | readonly [number, number, number, number] | 'same' | 'valid';

export interface Conv2dOptions {
  readonly stride?: Pair;
  readonly padding?: Padding;
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly bias?: boolean;
  /** Which weights take part, [out, in/groups, kh, kw] of 0 and 1; the others are zero and stay so (LeNet-5's C3). */
  readonly mask?: Float32Array;
  /** How the weights start; default U(−1/√fanIn, 1/√fanIn), as PyTorch. */
  readonly init?: Init;
}

/**
 * Two-dimensional convolution (cross-correlation, as torch.nn.Conv2d): [ci, h, w] → [co, ho, wo].
 * y[co, oy, ox] = b[co] + Σ w[co, c, ky, kx] · x[c, oy·stride + ky·dilation − padding, …].
 * Parameters: weight [co, ci/groups, kh, kw], bias [co].
 * Throws OptionError for options out of range, ShapeError for an input that does not fit.
 */
export class Conv2d implements Layer {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
  readonly groups: number;
  readonly bias: boolean;
  readonly mask: Float32Array | null;
  readonly init: Init | null;

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    known('Conv2d', options, ['stride', 'padding', 'dilation', 'groups', 'bias', 'mask', 'init']);
    this.inChannels = whole('Conv2d', 'inChannels', inChannels, 1);
    this.outChannels = whole('Conv2d', 'outChannels', outChannels, 1);
    this.kernel = pair('Conv2d', 'kernelSize', kernelSize, 1);
    this.stride = pair('Conv2d', 'stride', options.stride ?? 1, 1);
    this.dilation = pair('Conv2d', 'dilation', options.dilation ?? 1, 1);
    this.groups = whole('Conv2d', 'groups', options.groups ?? 1, 1);
    this.padding = this.#padding(options.padding ?? 0);
    this.bias = options.bias ?? true;
    this.mask = options.mask ?? null;
    this.init = options.init ?? null;
    if (inChannels % this.groups || outChannels % this.groups) {
      throw new OptionError(`Conv2d: groups is ${this.groups}, expected a divisor of both inChannels ${inChannels} and outChannels ${outChannels}`);
    }
    const weights = this.outChannels * fanIn(this.#weightShape());
    if (this.mask && this.mask.length !== weights) throw new OptionError(`Conv2d: mask has ${this.mask.length} numbers, expected ${weights}`);
  }

  get type(): string {
    const stride = this.stride[0] === 1 && this.stride[1] === 1 ? '' : `/${this.stride[0] === this.stride[1] ? this.stride[0] : times(this.stride)}`;
    return `Conv2d ${times(this.kernel)}${stride}`;
  }

  #weightShape(): Shape {
    return [this.outChannels, this.inChannels / this.groups, ...this.kernel];
  }

  /** [top, bottom, left, right]; 'same' puts the smaller half before, as PyTorch. */
  #padding(padding: Padding): [number, number, number, number] {
    if (padding === 'valid') return [0, 0, 0, 0];
    if (padding === 'same') {
      if (this.stride[0] !== 1 || this.stride[1] !== 1) throw new OptionError(`Conv2d: padding 'same' takes stride 1, not ${times(this.stride)}`);
      const [high, wide] = [this.dilation[0] * (this.kernel[0] - 1), this.dilation[1] * (this.kernel[1] - 1)];
      return [high >> 1, high - (high >> 1), wide >> 1, wide - (wide >> 1)];
    }
    if (typeof padding === 'string') throw new OptionError(`Conv2d: padding is '${String(padding)}', expected numbers, 'same' or 'valid'`);
    if (Array.isArray(padding) && padding.length === 4) {
      for (const side of padding) whole('Conv2d', 'padding', side, 0);
      return [...padding] as [number, number, number, number];
    }
    const [high, wide] = pair('Conv2d', 'padding', padding as Pair, 0);
    return [high, high, wide, wide];
  }

  #geometry(path: string, shape: Shape): ConvGeometry {
    const [ci, hi, wi] = shape as [number, number, number];
    const [padTop, padBottom, padLeft, padRight] = this.padding;
    const ho = windows(hi, this.kernel[0], this.stride[0], padTop, padBottom, this.dilation[0]);
    const wo = windows(wi, this.kernel[1], this.stride[1], padLeft, padRight, this.dilation[1]);
    if (ho < 1 || wo < 1) {
      const reach = times([this.dilation[0] * (this.kernel[0] - 1) + 1, this.dilation[1] * (this.kernel[1] - 1) + 1]);
      throw new OptionError(`${path}: the kernel reaches over ${reach} pixels, more than the padded input of ${times([hi + padTop + padBottom, wi + padLeft + padRight])} (input ${show(shape)})`);
    }
    return {
      ci, hi, wi, co: this.outChannels, ho, wo, kh: this.kernel[0], kw: this.kernel[1], strideH: this.stride[0], strideW: this.stride[1],
      padTop, padLeft, padBottom, padRight, dilationH: this.dilation[0], dilationW: this.dilation[1], groups: this.groups,
    };
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    if (input.shape.length !== 3) throw new ShapeError(`${p.path}: input is ${show(input.shape)}, expected [channels, height, width]`);
    if (input.shape[0] !== this.inChannels) {
      throw new ShapeError(`${p.path}: input has ${input.shape[0]} channels, expected ${this.inChannels} (input ${show(input.shape)})`);
    }
    const g = this.#geometry(p.path, input.shape);
    const x = p.channelsLast(input);
    const shape = this.#weightShape();
    const layout = convLayout(g);
    const start = this.init ?? torchDefault(fanIn(shape));
    const kept = this.mask ? this.mask.reduce((sum, one) => sum + one, 0) : this.outChannels * fanIn(shape);
    const w = p.parameter('weight', shape, this.mask ? { kind: 'masked', init: start, mask: this.mask } : start, { layout, count: kept });
    const b = this.bias ? p.parameter('bias', [this.outChannels], torchDefault(fanIn(shape))) : null;
    const outShape = [g.co, g.ho, g.wo];
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
