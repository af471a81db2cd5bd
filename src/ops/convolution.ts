import { ShapeError } from '../core/errors.js';
import { show, type Shape, type Tensor } from '../core/shape.js';
import { Conv1d, type Conv1dOptions } from '../layers/conv1d.js';
import { Conv2d, type Conv2dOptions } from '../layers/conv2d.js';
import { ConvTranspose1d, ConvTranspose2d, type ConvTranspose1dOptions, type ConvTranspose2dOptions } from '../layers/convtranspose.js';
import type { Layer } from '../layers/layer.js';
import { checkSize, expectShape, images, wire } from './layers.js';
import { operate, planned, type OpResult } from './run.js';

// Convolutions: x [n, ci, h, w] or [ci, h, w]; of sequences x [n, ci, l] or [ci, l].

type ConvResult = OpResult<'input' | 'weight' | 'bias'>;
type Omitted = 'bias' | 'mask' | 'init';

interface Call {
  readonly op: string;
  readonly rank: 1 | 2;
  /** What the weight's axes are called, outermost first. */
  readonly axes: string;
  /** The layer that weights of this shape belong to, and the channels of its result. */
  layer(weight: Shape, bias: boolean): { readonly layer: Layer; readonly channels: number };
}

/** Checks the operands, then runs the layer as an operator. */
function convolve({ op, rank, axes, layer: layerOf }: Call, x: Tensor, w: Tensor, b: Tensor | null, options: object): ConvResult {
  const { n, image, batched } = images(op, x, rank);
  checkSize(op, 'weight', w);
  if (w.shape.length !== rank + 2) throw new ShapeError(`${op}: weight is ${show(w.shape)}, expected [${axes}]`);
  const { layer, channels } = layerOf(w.shape, b !== null);
  if (b) expectShape(op, 'bias', b, [channels]);
  const plan = planned(op, [x.shape, w.shape, b !== null, options], n, (p) => wire(op, p, p.input('x', image, true), layer));
  const out = plan.wiring.output.shape;
  const values = { input: x.data, weight: w.data, ...(b && { bias: b.data }) };
  const shapes: Record<string, Shape> = { input: x.shape, weight: w.shape, bias: [channels] };
  return operate<'input' | 'weight' | 'bias'>(plan, values, batched ? [n, ...out] : out, shapes).result;
}

/** Cross-correlation, as torch.nn.functional.conv2d, or with `rotate` true convolution: w [co, ci/groups, kh, kw], b [co] or null. */
export function conv2d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Omit<Conv2dOptions, Omitted> = {}): ConvResult {
  const layer = ([co, perGroup, kh, kw]: Shape, bias: boolean) => ({
    channels: co!, layer: new Conv2d(perGroup! * (options.groups ?? 1), co!, [kh!, kw!], { ...options, bias }),
  });
  return convolve({ op: 'conv2d', rank: 2, axes: 'out, in/groups, height, width', layer }, x, w, b, options);
}

/** conv2d of sequences, as torch.nn.functional.conv1d: w [co, ci/groups, k], b [co] or null. */
export function conv1d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Omit<Conv1dOptions, Omitted> = {}): ConvResult {
  const layer = ([co, perGroup, k]: Shape, bias: boolean) => ({
    channels: co!, layer: new Conv1d(perGroup! * (options.groups ?? 1), co!, k!, { ...options, bias }),
  });
  return convolve({ op: 'conv1d', rank: 1, axes: 'out, in/groups, length', layer }, x, w, b, options);
}

/** Transposed (fractionally strided) convolution, as torch.nn.functional.conv_transpose2d: w [ci, co/groups, kh, kw], b [co] or null. */
export function convTranspose2d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Omit<ConvTranspose2dOptions, Omitted> = {}): ConvResult {
  const layer = ([ci, perGroup, kh, kw]: Shape, bias: boolean) => {
    const channels = perGroup! * (options.groups ?? 1);
    return { channels, layer: new ConvTranspose2d(ci!, channels, [kh!, kw!], { ...options, bias }) };
  };
  return convolve({ op: 'convTranspose2d', rank: 2, axes: 'in, out/groups, height, width', layer }, x, w, b, options);
}

/** convTranspose2d of sequences, as torch.nn.functional.conv_transpose1d: w [ci, co/groups, k], b [co] or null. */
export function convTranspose1d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Omit<ConvTranspose1dOptions, Omitted> = {}): ConvResult {
  const layer = ([ci, perGroup, k]: Shape, bias: boolean) => {
    const channels = perGroup! * (options.groups ?? 1);
    return { channels, layer: new ConvTranspose1d(ci!, channels, k!, { ...options, bias }) };
  };
  return convolve({ op: 'convTranspose1d', rank: 1, axes: 'in, out/groups, length', layer }, x, w, b, options);
}
