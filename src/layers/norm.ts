import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show, type Shape } from '../core/shape.js';
import { byChannel, planChannelNorm } from '../plan/channelnorm.js';
import { PLAIN, type Layout } from '../plan/layout.js';
import type { Plan } from '../plan/plan.js';
import { planRowNorm } from '../plan/rownorm.js';
import type { PlanTensor } from '../plan/tensor.js';
import { affineParameters, epsilon } from './batchnorm.js';
import type { Layer } from './layer.js';
import { known, whole } from '../core/options.js';

// Normalisation of every image by itself: training and predicting are the same.

export interface GroupNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** With weight and bias per channel; default true (InstanceNorm2d: false). */
  readonly affine?: boolean;
}

/**
 * Group normalisation (torch.nn.GroupNorm; Wu and He 2018): [c, ...] → [c, ...], statistics over each of `numGroups` groups of
 * neighbouring channels of one image. Parameters: weight [c], bias [c].
 */
export class GroupNorm implements Layer {
  readonly type = 'GroupNorm';
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    known('GroupNorm', options, ['eps', 'affine']);
    this.numGroups = whole('GroupNorm', 'numGroups', numGroups, 1);
    this.numChannels = whole('GroupNorm', 'numChannels', numChannels, 1);
    if (numChannels % numGroups) throw new OptionError(`GroupNorm: numGroups is ${numGroups}, expected a divisor of numChannels ${numChannels}`);
    this.eps = epsilon('GroupNorm', options.eps ?? 1e-5);
    this.affine = options.affine ?? true;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    return planGroups(p, input, this.numChannels, this.numGroups, this.eps, this.affine);
  }
}

/** Instance normalisation (torch.nn.InstanceNorm2d; Ulyanov et al. 2016): [c, h, w] → [c, h, w], statistics over each channel of one image. */
export class InstanceNorm2d implements Layer {
  readonly type = 'InstanceNorm2d';
  readonly numFeatures: number;
  readonly eps: number;
  readonly affine: boolean;

  constructor(numFeatures: number, options: GroupNormOptions = {}) {
    known('InstanceNorm2d', options, ['eps', 'affine']);
    this.numFeatures = whole('InstanceNorm2d', 'numFeatures', numFeatures, 1);
    this.eps = epsilon('InstanceNorm2d', options.eps ?? 1e-5);
    this.affine = options.affine ?? false;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    if (input.shape.length !== 3) throw new ShapeError(`${p.path}: input is ${show(input.shape)}, expected [channels, height, width]`);
    if (elements(input.shape.slice(1)) === 1) throw new ShapeError(`${p.path}: input is ${show(input.shape)}, expected more than one pixel per channel`);
    return planGroups(p, input, this.numFeatures, this.numFeatures, this.eps, this.affine);
  }
}

function planGroups(p: Plan, input: PlanTensor, c: number, groups: number, eps: number, affine: boolean): PlanTensor {
  if (input.shape[0] !== c) throw new ShapeError(`${p.path}: input has ${input.shape[0]} channels, expected ${c} (input ${show(input.shape)})`);
  const { w, b } = affine ? affineParameters(p, c) : { w: null, b: null };
  return planChannelNorm(p, byChannel(p, input), { groups, perImage: true, eps, w, b, fixed: null }).y;
}

export interface LayerNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** With weight (and bias) per element; default true. */
  readonly elementwiseAffine?: boolean;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * Layer normalisation (torch.nn.LayerNorm; Ba et al. 2016) over the last axes of an image, which must be `normalizedShape`:
 * y = (x − mean) / √(variance + eps) · weight + bias. Parameters: weight and bias, shaped like `normalizedShape`.
 */
export class LayerNorm implements Layer {
  readonly type = 'LayerNorm';
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  readonly bias: boolean;

  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    known('LayerNorm', options, ['eps', 'elementwiseAffine', 'bias']);
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    if (this.normalizedShape.length === 0) throw new OptionError('LayerNorm: normalizedShape is [], expected at least one size');
    for (const size of this.normalizedShape) whole('LayerNorm', 'normalizedShape', size, 1);
    this.eps = epsilon('LayerNorm', options.eps ?? 1e-5);
    this.elementwiseAffine = options.elementwiseAffine ?? true;
    this.bias = options.bias ?? true;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const shape = this.normalizedShape;
    const length = shape.length;
    if (show(input.shape.slice(-length)) !== show(shape)) throw new ShapeError(`${p.path}: input is ${show(input.shape)}, expected [..., ${shape.join(', ')}]`);
    // Over a whole image the order of its numbers does not matter: the weights lie as the image does.
    const all = input.shape.length === length;
    const x = all ? input : p.plain(input);
    const layout: Layout = x.order ? { kind: 'taps', c: x.order.channels, kh: 1, kw: x.order.pixels } : PLAIN;
    const parameter = (name: string, value: number) => p.parameter(name, shape, { kind: 'constant', value }, { layout });
    const w = this.elementwiseAffine ? parameter('weight', 1) : null;
    const b = this.elementwiseAffine && this.bias ? parameter('bias', 0) : null;
    return planRowNorm(p, x, elements(shape), this.eps, w, b);
  }
}
