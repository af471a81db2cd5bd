import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show, type Shape, type Tensor } from '../core/shape.js';
import { known } from '../core/options.js';
import type { Pair } from '../layers/layer.js';
import { imageShape, imageWindows, planMaxUnpool, sequenceWindows, type Windows } from '../layers/pooling.js';
import { images } from './layers.js';
import { operate, planned, type OpResult } from './run.js';

export interface UnpoolOptions<Size = Pair> {
  /** Default: the kernel's size. */
  readonly stride?: Size;
  readonly padding?: Size;
  /** The size of the pooled image, where several sizes give the same maxima: less than a stride from (ho − 1)·stride − 2·padding + kernel, its default. */
  readonly outputSize?: Size;
}

/** Where `indices` put the numbers of x, [c, h, w] of one image. */
function sizeAfter(op: string, x: Shape, windows: Windows, wanted: Pair | undefined): readonly [number, number] {
  const { kernel, stride, padding } = windows;
  const usual = ([0, 1] as const).map((axis) => (x.at(axis - 2)! - 1) * stride[axis] - 2 * padding[axis] + kernel[axis]) as [number, number];
  const size = wanted === undefined ? usual : typeof wanted === 'number' ? ([wanted, wanted] as const) : wanted;
  const fits = size.length === 2 && size.every((value, axis) => Number.isInteger(value) && value > 0 && (wanted === undefined || Math.abs(value - usual[axis]!) < stride[axis]!));
  if (!fits) throw new OptionError(`${op}: outputSize is ${size.join('x')}, expected at least 1 and less than a stride of ${stride.join('x')} from ${usual.join('x')} (input ${show(x)})`);
  return size as [number, number];
}

function unpool(op: string, rank: 1 | 2, x: Tensor, indices: Int32Array, windows: Windows, outputSize: Pair | undefined): OpResult<'input'> {
  const { n, image, batched } = images(op, x, rank);
  const [h, w] = sizeAfter(op, rank === 1 ? [image[0]!, 1, image[1]!] : image, windows, outputSize);
  if (!(indices instanceof Int32Array) || indices.length !== x.data.length) throw new ShapeError(`${op}: ${indices?.length ?? 'no'} indices, expected an Int32Array with one for each of ${x.data.length} numbers (input ${show(x.shape)})`);
  const wrong = indices.findIndex((place) => place < 0 || place >= h * w);
  if (wrong >= 0) throw new ShapeError(`${op}: index ${indices[wrong]} of number ${wrong} is outside the output, expected 0 to ${h * w - 1} for ${show(imageShape(rank, image[0]!, h, w))}`);
  const plan = planned(op, [x.shape, h, w], n, (p) => {
    const [c, pixels] = [image[0]!, elements(image) / image[0]!];
    const [input, places] = [p.input('x', [c, 1, pixels], true), p.input('indices', [c, 1, pixels])];
    const y = planMaxUnpool(p, input, p.channelsLast(places), [c, h, w], null);
    return { inputs: { input, indices: places }, output: p.plain(y) };
  });
  const out = imageShape(rank, image[0]!, h, w);
  return operate<'input'>(plan, { input: x.data, indices }, batched ? [n, ...out] : out, { input: x.shape }).result;
}

/** Puts numbers back where max pooling found them, as torch.nn.functional.max_unpool2d: x and `indices` as maxPool2d(…, kernel, options) gives them. */
export function maxUnpool2d(x: Tensor, indices: Int32Array, kernel: Pair, options: UnpoolOptions = {}): OpResult<'input'> {
  const { outputSize, ...rest } = options;
  known('maxUnpool2d', rest, ['stride', 'padding']);
  return unpool('maxUnpool2d', 2, x, indices, imageWindows('maxUnpool2d', kernel, rest), outputSize);
}

/** The same for sequences, as torch.nn.functional.max_unpool1d. */
export function maxUnpool1d(x: Tensor, indices: Int32Array, kernel: number, options: UnpoolOptions<number> = {}): OpResult<'input'> {
  const { outputSize, ...rest } = options;
  known('maxUnpool1d', rest, ['stride', 'padding']);
  return unpool('maxUnpool1d', 1, x, indices, sequenceWindows('maxUnpool1d', kernel, rest), outputSize === undefined ? undefined : [1, outputSize]);
}
