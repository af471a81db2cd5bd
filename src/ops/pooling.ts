import type { Tensor } from '../core/shape.js';
import { AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, type Size, type SizePair } from '../layers/adaptivepool.js';
import type { Layer, Pair } from '../layers/layer.js';
import { AvgPool1d, MaxPool1d, type AvgPool1dOptions, type MaxPool1dOptions } from '../layers/pool1d.js';
import { AvgPool2d, MaxPool2d, type AvgPool2dOptions, type MaxPool2dOptions } from '../layers/pool2d.js';
import type { Pooled } from '../layers/pooling.js';
import { Upsample, type UpsampleOptions } from '../layers/upsample.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import { images, wire } from './layers.js';
import { operate, planned, type OpResult } from './run.js';

// Pooling and upsampling: x [n, c, h, w] or [c, h, w]; of sequences x [n, c, l] or [c, l].

/** Maxima, and where each was: its place h·W + w in its plane. */
export type MaxPoolResult = OpResult<'input'> & { readonly indices: Int32Array };

/** A layer without weights as an operator; `options` is all that it depends on. */
function pool(op: string, rank: 1 | 2, x: Tensor, layer: Layer, options: unknown): OpResult<'input'> {
  const { n, image, batched } = images(op, x, rank);
  const plan = planned(op, [x.shape, options], n, (p) => wire(op, p, p.input('x', image, true), layer));
  const out = plan.wiring.output.shape;
  return operate<'input'>(plan, { input: x.data }, batched ? [n, ...out] : out, { input: x.shape }).result;
}

interface Indexed {
  planWithIndices(p: Plan, x: PlanTensor, indices: true): Pooled;
}

function poolWithIndices(op: string, rank: 1 | 2, x: Tensor, layer: Indexed, options: unknown): MaxPoolResult {
  const { n, image, batched } = images(op, x, rank);
  const plan = planned(op, [x.shape, options], n, (p) => {
    const input = p.input('x', image, true);
    const { y, indices } = p.within(op, () => layer.planWithIndices(p, input, true));
    return { inputs: { input }, output: p.plain(y), extra: { argmax: p.plain(indices!).buffer } };
  });
  const out = plan.wiring.output.shape;
  const { result, engine } = operate<'input'>(plan, { input: x.data }, batched ? [n, ...out] : out, { input: x.shape });
  return { ...result, indices: engine.integers(plan.wiring.extra!['argmax']!.address, result.data.length).slice() };
}

/** Maximum of windows, as torch.nn.functional.max_pool2d. */
export const maxPool2d = (x: Tensor, kernel: Pair, options: MaxPool2dOptions = {}): MaxPoolResult =>
  poolWithIndices('maxPool2d', 2, x, new MaxPool2d(kernel, options), [kernel, options]);

/** Maximum of windows of a sequence, as torch.nn.functional.max_pool1d. */
export const maxPool1d = (x: Tensor, kernel: number, options: MaxPool1dOptions = {}): MaxPoolResult =>
  poolWithIndices('maxPool1d', 1, x, new MaxPool1d(kernel, options), [kernel, options]);

/** Mean of windows, as torch.nn.functional.avg_pool2d. */
export const avgPool2d = (x: Tensor, kernel: Pair, options: AvgPool2dOptions = {}): OpResult<'input'> =>
  pool('avgPool2d', 2, x, new AvgPool2d(kernel, options), [kernel, options]);

/** Mean of windows of a sequence, as torch.nn.functional.avg_pool1d. */
export const avgPool1d = (x: Tensor, kernel: number, options: AvgPool1dOptions = {}): OpResult<'input'> =>
  pool('avgPool1d', 1, x, new AvgPool1d(kernel, options), [kernel, options]);

/** Means over windows that give `outputSize`, as torch.nn.functional.adaptive_avg_pool2d; null keeps an axis. */
export const adaptiveAvgPool2d = (x: Tensor, outputSize: SizePair): OpResult<'input'> =>
  pool('adaptiveAvgPool2d', 2, x, new AdaptiveAvgPool2d(outputSize), outputSize);

/** The same of a sequence, as torch.nn.functional.adaptive_avg_pool1d. */
export const adaptiveAvgPool1d = (x: Tensor, outputSize: Size): OpResult<'input'> =>
  pool('adaptiveAvgPool1d', 1, x, new AdaptiveAvgPool1d(outputSize), outputSize);

/** Maxima over windows that give `outputSize`, as torch.nn.functional.adaptive_max_pool2d; null keeps an axis. */
export const adaptiveMaxPool2d = (x: Tensor, outputSize: SizePair): MaxPoolResult =>
  poolWithIndices('adaptiveMaxPool2d', 2, x, new AdaptiveMaxPool2d(outputSize), outputSize);

/** The same of a sequence, as torch.nn.functional.adaptive_max_pool1d. */
export const adaptiveMaxPool1d = (x: Tensor, outputSize: Size): MaxPoolResult =>
  poolWithIndices('adaptiveMaxPool1d', 1, x, new AdaptiveMaxPool1d(outputSize), outputSize);

/** Enlarges images, as torch.nn.functional.interpolate with mode nearest or bilinear. */
export const upsample = (x: Tensor, options: UpsampleOptions): OpResult<'input'> => pool('upsample', 2, x, new Upsample(options), options);
