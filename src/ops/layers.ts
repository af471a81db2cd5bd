import { ShapeError } from '../core/errors.js';
import { elements, show, type Shape, type Tensor } from '../core/shape.js';
import { LogSoftmax, ReLU, Sigmoid, Softmax, Tanh } from '../layers/activation.js';
import type { Layer } from '../layers/layer.js';
import { Linear } from '../layers/linear.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import { operate, planned, type OpResult, type Wiring } from './run.js';

// Operators that are one layer.

/** An image operator's input: [n, c, h, w], or [c, h, w] for one image; a sequence operator's (rank 1) has no h. */
export function images(op: string, x: Tensor, rank: 1 | 2 = 2): { n: number; image: Shape; batched: boolean } {
  checkSize(op, 'input', x);
  const batched = x.shape.length === rank + 2;
  const axes = rank === 1 ? 'channels, length' : 'channels, height, width';
  if (!batched && x.shape.length !== rank + 1) throw new ShapeError(`${op}: input is ${show(x.shape)}, expected [n, ${axes}] or [${axes}]`);
  return { n: batched ? x.shape[0]! : 1, image: batched ? x.shape.slice(1) : x.shape, batched };
}

/** Throws where x is no tensor, is empty, or its data and shape disagree. */
export function checkSize(op: string, name: string, x: Tensor): void {
  if (!(x?.data instanceof Float32Array) || !Array.isArray(x.shape)) throw new ShapeError(`${op}: ${name} is no tensor, expected { data: Float32Array, shape: [...] }`);
  const count = elements(x.shape);
  if (x.shape.some((size: number) => !Number.isInteger(size) || size < 1)) throw new ShapeError(`${op}: ${name} is ${show(x.shape)}, expected sizes of at least 1`);
  if (x.data.length !== count) throw new ShapeError(`${op}: ${name} has ${x.data.length} numbers, expected ${count} for ${show(x.shape)}`);
}

export function expectShape(op: string, name: string, x: Tensor, shape: Shape): void {
  checkSize(op, name, x);
  if (show(x.shape) !== show(shape)) throw new ShapeError(`${op}: ${name} is ${show(x.shape)}, expected ${show(shape)}`);
}

/** The wiring of a layer with weights: its operands are the input and its parameters. */
export function wire(op: string, p: Plan, x: PlanTensor, layer: Layer): Wiring {
  const output = p.plain(p.layer(op, layer, x));
  const parameters = [...p.store.parameters.values()].map((parameter) => [parameter.name.slice(op.length + 1), parameter] as const);
  return { inputs: { input: x, ...Object.fromEntries(parameters) }, output };
}

/** y = x · wᵀ + b, as torch.nn.functional.linear: x [..., in], w [out, in], b [out] or null. */
export function linear(x: Tensor, w: Tensor, b: Tensor | null = null): OpResult<'input' | 'weight' | 'bias'> {
  checkSize('linear', 'input', x);
  checkSize('linear', 'weight', w);
  const [co, ci] = w.shape;
  if (w.shape.length !== 2 || x.shape.at(-1) !== ci) throw new ShapeError(`linear: input is ${show(x.shape)} and weight ${show(w.shape)}, expected [..., in] and [out, in]`);
  if (b) expectShape('linear', 'bias', b, [co!]);
  const layer = new Linear(ci!, co!, { bias: b !== null });
  const rows = elements(x.shape) / ci!;
  const plan = planned('linear', [rows, ci, co, b !== null], rows, (p) => wire('linear', p, p.input('x', [ci!], true), layer));
  const values = { input: x.data, weight: w.data, ...(b && { bias: b.data }) };
  return operate<'input' | 'weight' | 'bias'>(plan, values, [...x.shape.slice(0, -1), co!], { input: x.shape, weight: w.shape, bias: [co!] }).result;
}

/** A layer that treats all numbers alike, whatever their shape. `parts` are its options. */
export function elementwise(name: string, layer: Layer, x: Tensor, parts: readonly unknown[] = []): OpResult<'input'> {
  checkSize(name, 'input', x);
  const plan = planned(name, [x.data.length, ...parts], 1, (p) => wire(name, p, p.input('x', [x.data.length], true), layer));
  return operate<'input'>(plan, { input: x.data }, x.shape, { input: x.shape }).result;
}

/** max(x, 0). */
export const relu = (x: Tensor): OpResult<'input'> => elementwise('relu', new ReLU(), x);

/** Hyperbolic tangent. */
export const tanh = (x: Tensor): OpResult<'input'> => elementwise('tanh', new Tanh(), x);

/** 1 / (1 + e^−x). */
export const sigmoid = (x: Tensor): OpResult<'input'> => elementwise('sigmoid', new Sigmoid(), x);

function overAxis(name: string, make: (dim: number) => Layer, x: Tensor, dim: number): OpResult<'input'> {
  checkSize(name, 'input', x);
  const shape = x.shape.length === 0 ? [1] : x.shape;
  // A layer counts the batch as axis 0; here all of x is one image.
  const plan = planned(name, [shape, dim], 1, (p) => wire(name, p, p.input('x', shape, true), make(dim < 0 ? dim : dim + 1)));
  return operate<'input'>(plan, { input: x.data }, x.shape, { input: x.shape }).result;
}

/** e^x / Σ e^x over axis `dim`. */
export const softmax = (x: Tensor, dim: number): OpResult<'input'> => overAxis('softmax', (at) => new Softmax(at), x, dim);

/** x − log Σ e^x over axis `dim`. */
export const logSoftmax = (x: Tensor, dim: number): OpResult<'input'> => overAxis('logSoftmax', (at) => new LogSoftmax(at), x, dim);
