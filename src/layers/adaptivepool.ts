import { OptionError } from '../core/errors.js';
import type { Shape } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { whole } from '../core/options.js';
import { asImage, planAvgPool, planMaxPool, type PoolGeometry, type Pooled } from './pooling.js';

/** An output size; null keeps the input's. */
export type Size = number | null;
/** One size for both axes, or [height, width]. */
export type SizePair = Size | readonly [Size, Size];

function sizesOf(layer: string, outputSize: SizePair): readonly [Size, Size] {
  const both = Array.isArray(outputSize) ? (outputSize as Size[]) : [outputSize as Size, outputSize as Size];
  if (both.length !== 2) throw new OptionError(`${layer}: outputSize is [${both.join(', ')}], expected one size or [height, width]`);
  for (const size of both) if (size !== null) whole(layer, 'outputSize', size, 1);
  return both as [Size, Size];
}

const printSizes = (sizes: readonly Size[]): string => sizes.map((size) => size ?? 'same').join('x');

/**
 * Windows that give the wanted number of outputs. Where it divides the input they are ordinary ones side by side, one over
 * everything for output size 1; otherwise window i of o covers ⌊i·size/o⌋ to ⌈(i + 1)·size/o⌉ − 1, and neighbours may overlap.
 */
function adaptiveGeometry(shape: Shape, output: readonly [Size, Size]): PoolGeometry {
  const [c, hi, wi] = shape as [number, number, number];
  const [ho, wo] = [output[0] ?? hi, output[1] ?? wi];
  const even = hi % ho === 0 && wi % wo === 0;
  const [strideH, strideW] = [hi / ho, wi / wo];
  return {
    c, hi, wi, ho, wo, kh: widest(hi, ho), kw: widest(wi, wo), strideH: Math.max(1, Math.floor(strideH)), strideW: Math.max(1, Math.floor(strideW)),
    padTop: 0, padLeft: 0, dilationH: 1, dilationW: 1, adaptive: even ? 0 : 1,
  };
}

/** Elements in the widest of `out` windows over `size`. */
function widest(size: number, out: number): number {
  let most = 0;
  for (let i = 0; i < out; i++) most = Math.max(most, Math.ceil(((i + 1) * size) / out) - Math.floor((i * size) / out));
  return most;
}

/** Means over as many windows as the output has pixels (torch.nn.AdaptiveAvgPool2d): [c, h, w] → [c, ...outputSize]. Size 1 is global average pooling. */
export class AdaptiveAvgPool2d implements Layer {
  readonly outputSize: readonly [Size, Size];

  constructor(outputSize: SizePair) {
    this.outputSize = sizesOf('AdaptiveAvgPool2d', outputSize);
  }

  get type(): string {
    return `AdaptiveAvgPool2d ${printSizes(this.outputSize)}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const image = asImage(p, input, 2);
    return planAvgPool(p, image, adaptiveGeometry(image.shape, this.outputSize), 2, true, 0);
  }
}

/** Maxima over as many windows as the output has pixels (torch.nn.AdaptiveMaxPool2d): [c, h, w] → [c, ...outputSize]. Size 1 is global max pooling. */
export class AdaptiveMaxPool2d implements Layer {
  readonly outputSize: readonly [Size, Size];

  constructor(outputSize: SizePair) {
    this.outputSize = sizesOf('AdaptiveMaxPool2d', outputSize);
  }

  get type(): string {
    return `AdaptiveMaxPool2d ${printSizes(this.outputSize)}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    return this.planWithIndices(p, input, false).y;
  }

  /** The output and, with `indices`, where each maximum was. */
  planWithIndices(p: Plan, input: PlanTensor, indices: boolean): Pooled {
    const image = asImage(p, input, 2);
    return planMaxPool(p, image, adaptiveGeometry(image.shape, this.outputSize), 2, indices);
  }
}

/** AdaptiveAvgPool2d for sequences (torch.nn.AdaptiveAvgPool1d): [c, l] → [c, outputSize]. */
export class AdaptiveAvgPool1d implements Layer {
  readonly outputSize: Size;

  constructor(outputSize: Size) {
    this.outputSize = outputSize === null ? null : whole('AdaptiveAvgPool1d', 'outputSize', outputSize, 1);
  }

  get type(): string {
    return `AdaptiveAvgPool1d ${printSizes([this.outputSize])}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const image = asImage(p, input, 1);
    return planAvgPool(p, image, adaptiveGeometry(image.shape, [1, this.outputSize]), 1, true, 0);
  }
}

/** AdaptiveMaxPool2d for sequences (torch.nn.AdaptiveMaxPool1d): [c, l] → [c, outputSize]. */
export class AdaptiveMaxPool1d implements Layer {
  readonly outputSize: Size;

  constructor(outputSize: Size) {
    this.outputSize = outputSize === null ? null : whole('AdaptiveMaxPool1d', 'outputSize', outputSize, 1);
  }

  get type(): string {
    return `AdaptiveMaxPool1d ${printSizes([this.outputSize])}`;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    return this.planWithIndices(p, input, false).y;
  }

  /** The output and, with `indices`, where each maximum was. */
  planWithIndices(p: Plan, input: PlanTensor, indices: boolean): Pooled {
    const image = asImage(p, input, 1);
    return planMaxPool(p, image, adaptiveGeometry(image.shape, [1, this.outputSize]), 1, indices);
  }
}
