import { OptionError, ShapeError, TooSmallError } from '../core/errors.js';
import { elements, show, type Shape } from '../core/shape.js';
import { windows, windowsCeil } from '../core/window.js';
import type { Plan } from '../plan/plan.js';
import { channelsLastOrder, type PlanTensor, type ReceptiveField } from '../plan/tensor.js';
import type { Pair } from './layer.js';
import { whole } from '../core/options.js';
import { pair, times } from './options.js';

// What pooling layers of both ranks share. A sequence [c, l] is an image of one row.

/** Where windows lie, [height, width]. */
export interface Windows {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly ceilMode: boolean;
}

/** The fields that every pooling record starts with. */
export interface PoolGeometry {
  readonly c: number;
  readonly hi: number;
  readonly wi: number;
  readonly ho: number;
  readonly wo: number;
  readonly kh: number;
  readonly kw: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly adaptive: 0 | 1;
}

/** Options of a pooling layer before they are checked; `Size` is a pair, or a number for sequences. */
export interface WindowOptions<Size> {
  readonly stride?: Size;
  readonly padding?: Size;
  readonly dilation?: Size;
  readonly ceilMode?: boolean;
}

/** Windows over images. Throws OptionError where an option is out of range. */
export function imageWindows(layer: string, kernelSize: Pair, options: WindowOptions<Pair>): Windows {
  const kernel = pair(layer, 'kernelSize', kernelSize, 1);
  const padding = pair(layer, 'padding', options.padding ?? 0, 0);
  checkPadding(layer, padding, kernel, times);
  return {
    kernel, padding, stride: pair(layer, 'stride', options.stride ?? kernelSize, 1),
    dilation: pair(layer, 'dilation', options.dilation ?? 1, 1), ceilMode: options.ceilMode ?? false,
  };
}

/** Windows over sequences. Throws OptionError where an option is out of range. */
export function sequenceWindows(layer: string, kernelSize: number, options: WindowOptions<number>): Windows {
  const kernel = [1, whole(layer, 'kernelSize', kernelSize, 1)] as const;
  const padding = [0, whole(layer, 'padding', options.padding ?? 0, 0)] as const;
  checkPadding(layer, padding, kernel, ([, width]) => String(width));
  return {
    kernel, padding, stride: [1, whole(layer, 'stride', options.stride ?? kernelSize, 1)],
    dilation: [1, whole(layer, 'dilation', options.dilation ?? 1, 1)], ceilMode: options.ceilMode ?? false,
  };
}

type Sizes = readonly [number, number];

function checkPadding(layer: string, padding: Sizes, kernel: Sizes, print: (sizes: Sizes) => string): void {
  if (padding[0] * 2 <= kernel[0] && padding[1] * 2 <= kernel[1]) return;
  throw new OptionError(`${layer}: padding is ${print(padding)}, expected at most half the kernel of ${print(kernel)}`);
}

/** x as an image: [c, h, w] itself, [c, l] as one row. */
export function asImage(p: Plan, x: PlanTensor, rank: 1 | 2): PlanTensor {
  const axes = rank === 1 ? '[channels, length]' : '[channels, height, width]';
  if (x.shape.length !== rank + 1) throw new ShapeError(`${p.path}: input is ${show(x.shape)}, expected ${axes}`);
  return rank === 1 ? p.view(x, [x.shape[0]!, 1, x.shape[1]!]) : x;
}

/** The shape of an image of rank 1 or 2. */
export function imageShape(rank: 1 | 2, c: number, h: number, w: number): Shape {
  return rank === 1 ? [c, w] : [c, h, w];
}

export function poolGeometry(path: string, shape: Shape, w: Windows): PoolGeometry {
  const [c, hi, wi] = shape as [number, number, number];
  const count = (axis: 0 | 1, size: number): number =>
    w.ceilMode
      ? windowsCeil(size, w.kernel[axis], w.stride[axis], w.padding[axis], w.dilation[axis])
      : windows(size, w.kernel[axis], w.stride[axis], w.padding[axis], w.padding[axis], w.dilation[axis]);
  const [ho, wo] = [count(0, hi), count(1, wi)];
  if (ho < 1 || wo < 1) throw new TooSmallError(`${path}: the window ${times(w.kernel)} does not fit into the padded input (input ${show(shape)})`);
  return {
    c, hi, wi, ho, wo, kh: w.kernel[0], kw: w.kernel[1], strideH: w.stride[0], strideW: w.stride[1],
    padTop: w.padding[0], padLeft: w.padding[1], dilationH: w.dilation[0], dilationW: w.dilation[1], adaptive: 0,
  };
}

/** The receptive field after the windows of `g`; one window over everything sees every pixel. */
function fieldOf(x: ReceptiveField | null, g: PoolGeometry): ReceptiveField | null {
  if (x === null || (g.ho === 1 && g.wo === 1 && g.kh >= g.hi && g.kw >= g.wi)) return null;
  return {
    height: x.height + g.dilationH * (g.kh - 1) * x.stepHeight,
    width: x.width + g.dilationW * (g.kw - 1) * x.stepWidth,
    stepHeight: x.stepHeight * g.strideH,
    stepWidth: x.stepWidth * g.strideW,
  };
}

function outputOf(p: Plan, x: PlanTensor, g: PoolGeometry, rank: 1 | 2): PlanTensor {
  const shape = imageShape(rank, g.c, g.ho, g.wo);
  return p.activation(shape, x, { order: channelsLastOrder(shape), field: fieldOf(x.field, g) });
}

/** What a max pooling made of `image`, and where it found its maxima: h·wi + w as i32, lying like `y`; null where nothing reads them. */
export interface Pooled {
  readonly image: PlanTensor;
  readonly y: PlanTensor;
  readonly indices: PlanTensor | null;
}

/** The maximum of each window; `indices` keeps the places, which otherwise only a gradient asks for. */
export function planMaxPool(p: Plan, image: PlanTensor, g: PoolGeometry, rank: 1 | 2, indices: boolean): Pooled {
  const x = p.channelsLast(image);
  const y = outputOf(p, x, g, rank);
  const argmax = indices || (p.training && p.needsGradient(x)) ? p.activation(y.shape, y, { name: 'argmax' }) : null;
  p.step('maxPool2dForward', { ...g, x, y, argmax, yRow: g.c, yFrom: 0 });
  p.onBackward(y, (dy) => {
    if (p.needsGradient(x)) p.step('maxPool2dBackward', { ...g, dy, argmax, ...p.gradInto(x) });
  });
  return { image, y, indices: argmax };
}

/** x [c, h, w] put back to the places in `indices`, which lie channels last, in an image of `shape` [c, ho, wo]; 0 elsewhere. */
export function planMaxUnpool(p: Plan, image: PlanTensor, indices: PlanTensor, shape: Shape, field: ReceptiveField | null): PlanTensor {
  const x = p.channelsLast(image);
  const y = p.activation(shape, x, { order: channelsLastOrder(shape), field });
  const c = shape[0]!;
  const sizes = { pixels: elements(x.shape) / c, places: elements(shape) / c, c };
  p.step('maxUnpool2dForward', { x, argmax: indices, y, ...sizes });
  p.onBackward(y, (dy) => {
    if (p.needsGradient(x)) p.step('maxUnpool2dBackward', { dy, argmax: indices, ...p.gradInto(x), ...sizes });
  });
  return y;
}

/** The mean of each window. `divisor` replaces its number of elements; 0: none. */
export function planAvgPool(p: Plan, image: PlanTensor, g: PoolGeometry, rank: 1 | 2, countIncludePad: boolean, divisor: number): PlanTensor {
  const x = p.channelsLast(image);
  const y = outputOf(p, x, g, rank);
  const fields = { ...g, padBottom: g.padTop, padRight: g.padLeft, countIncludePad, divisor: divisor || commonDivisor(g, countIncludePad) };
  p.step('avgPool2dForward', { ...fields, x, y, yRow: g.c, yFrom: 0 });
  p.onBackward(y, (dy) => {
    if (p.needsGradient(x)) p.step('avgPool2dBackward', { ...fields, dy, ...p.gradInto(x) });
  });
  return y;
}

/** kh·kw where every window has that many elements, 0 where they differ. */
function commonDivisor(g: PoolGeometry, countIncludePad: boolean): number {
  if (g.adaptive) return 0;
  const whole = (size: number, count: number, kernel: number, stride: number, pad: number): boolean => {
    const border = countIncludePad ? pad : 0;
    return pad <= border && (count - 1) * stride - pad + kernel <= size + border;
  };
  return whole(g.hi, g.ho, g.kh, g.strideH, g.padTop) && whole(g.wi, g.wo, g.kw, g.strideW, g.padLeft) ? g.kh * g.kw : 0;
}
