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
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor | null;
  readonly options: { readonly groups?: number };
  /** What the weight's axes are called, outermost first. */
  readonly axes: string;
  /** Channels of the result. */
  readonly channels: number;
}

/** Checks the operands, then runs the layer as an operator. */
function convolve({ op, rank, x, w, b, options, axes, channels }: Call, make: () => Layer): ConvResult {
  const { n, image, batched } = images(op, x, rank);
  if (w.shape.length !== rank + 2) throw new ShapeError(`${op}: weight is ${show(w.shape)}, expected [${axes}]`);
  checkSize(op, 'weight', w);
  const layer = make();
  if (b) expectShape(op, 'bias', b, [channels]);
  const plan = planned(op, [x.shape, w.shape, b !== null, options], n, (p) => wire(op, p, p.input('x', image, true), layer));
  const out = plan.wiring.output.shape;
  const values = { input: x.data, weight: w.data, ...(b && { bias: b.data }) };
  const shapes: Record<string, Shape> = { input: x.shape, weight: w.shape, bias: [channels] };
  return operate<'input' | 'weight' | 'bias'>(plan, values, batched ? [n, ...out] : out, shapes).result;
}

/** Cross-correlation, as torch.nn.functional.conv2d, or with `rotate` true convolution: w [co, ci/groups, kh, kw], b [co] or null. */
export function conv2d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Omit<Conv2dOptions, Omitted> = {}): ConvResult {
  const [co, perGroup, kh, kw] = w.shape as [number, number, number, number];
  const call = { op: 'conv2d', rank: 2, x, w, b, options, axes: 'out, in/groups, height, width', channels: co } as const;
  return convolve(call, () => new Conv2d(perGroup * (options.groups ?? 1), co, [kh, kw], { ...options, bias: b !== null }));
}

/** conv2d of sequences, as torch.nn.functional.conv1d: w [co, ci/groups, k], b [co] or null. */
export function conv1d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Omit<Conv1dOptions, Omitted> = {}): ConvResult {
  const [co, perGroup, k] = w.shape as [number, number, number];
  const call = { op: 'conv1d', rank: 1, x, w, b, options, axes: 'out, in/groups, length', channels: co } as const;
  return convolve(call, () => new Conv1d(perGroup * (options.groups ?? 1), co, k, { ...options, bias: b !== null }));
}

/** Transposed (fractionally strided) convolution, as torch.nn.functional.conv_transpose2d: w [ci, co/groups, kh, kw], b [co] or null. */
export function convTranspose2d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Omit<ConvTranspose2dOptions, Omitted> = {}): ConvResult {
  const [ci, perGroup, kh, kw] = w.shape as [number, number, number, number];
  const co = perGroup * (options.groups ?? 1);
  const call = { op: 'convTranspose2d', rank: 2, x, w, b, options, axes: 'in, out/groups, height, width', channels: co } as const;
  return convolve(call, () => new ConvTranspose2d(ci, co, [kh, kw], { ...options, bias: b !== null }));
}

/** convTranspose2d of sequences, as torch.nn.functional.conv_transpose1d: w [ci, co/groups, k], b [co] or null. */
export function convTranspose1d(x: Tensor, w: Tensor, b: Tensor | null = null, options: Omit<ConvTranspose1dOptions, Omitted> = {}): ConvResult {
  const [ci, perGroup, k] = w.shape as [number, number, number];
  const co = perGroup * (options.groups ?? 1);
  const call = { op: 'convTranspose1d', rank: 1, x, w, b, options, axes: 'in, out/groups, length', channels: co } as const;
  return convolve(call, () => new ConvTranspose1d(ci, co, k, { ...options, bias: b !== null }));
}
