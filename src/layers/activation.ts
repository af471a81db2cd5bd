import { RELU, SIGMOID, TANH } from '../../assembly/abi.js';
import { OptionError } from '../core/errors.js';
import { elements, show, type Shape } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';

/** What a kind of activation takes beside x. */
export interface ActivationNumbers {
  readonly alpha?: number;
  readonly beta?: number;
  /** The slope is written with x, which is then kept for backward; default: with y. */
  readonly fromInput?: boolean;
}

/** y = f(x) for every element, in place where nothing reads x later. */
export function planActivation(p: Plan, x: PlanTensor, kind: number, numbers: ActivationNumbers = {}): PlanTensor {
  const y = p.activation(x.shape, x, { replaces: x });
  const { alpha = 0, beta = 0, fromInput = false } = numbers;
  const shared = { length: elements(x.shape), kind, alpha, beta };
  p.step('activationForward', { x, y, ...shared });
  p.onBackward(y, (dy) => {
    if (p.needsGradient(x)) p.step('activationBackward', { from: fromInput ? x : y, dy, ...shared, ...p.gradInto(x, dy) });
  });
  return y;
}

/** max(x, 0) (torch.nn.ReLU). NaN stays NaN. */
export class ReLU implements Layer {
  readonly type = 'ReLU';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, RELU);
  }
}

/** Hyperbolic tangent (torch.nn.Tanh). */
export class Tanh implements Layer {
  readonly type = 'Tanh';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, TANH);
  }
}

/** 1 / (1 + e^−x) (torch.nn.Sigmoid). */
export class Sigmoid implements Layer {
  readonly type = 'Sigmoid';
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planActivation(p, x, SIGMOID);
  }
}

/** [outer, length, inner] around an axis of x as it lies in memory. `dim` counts the batch as 0, as PyTorch does. */
function axisOf(path: string, x: PlanTensor, dim: number): { outer: number; length: number; inner: number } {
  const axis = (dim < 0 ? dim + x.shape.length + 1 : dim) - 1;
  if (!Number.isInteger(dim) || axis < 0 || axis >= x.shape.length) {
    throw new OptionError(`${path}: dim is ${dim}, expected an axis of an image, from 1 to ${x.shape.length} or from -${x.shape.length} to -1 (input [n, ${show(x.shape).slice(1)})`);
  }
  const sizes: Shape = x.order ? [...x.shape.slice(1), x.shape[0]!] : x.shape;
  const at = x.order ? (axis === 0 ? sizes.length - 1 : axis - 1) : axis;
  return { outer: elements(sizes.slice(0, at)), length: sizes[at]!, inner: elements(sizes.slice(at + 1)) };
}

function planSoftmax(p: Plan, x: PlanTensor, dim: number, log: boolean): PlanTensor {
  const axis = axisOf(p.path, x, dim);
  const y = p.activation(x.shape, x, { field: null });
  p.step('softmaxForward', { x, y, ...axis, log });
  p.onBackward(y, (dy) => {
    if (p.needsGradient(x)) p.step('softmaxBackward', { y, dy, ...axis, log, ...p.gradInto(x) });
  });
  return y;
}

/** e^x / Σ e^x over axis `dim` (torch.nn.Softmax); 0 is the batch and cannot be chosen. */
export class Softmax implements Layer {
  readonly type = 'Softmax';
  readonly dim: number;
  constructor(dim = 1) {
    this.dim = dim;
  }
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planSoftmax(p, x, this.dim, false);
  }
}

/** x − log Σ e^x over axis `dim` (torch.nn.LogSoftmax). */
export class LogSoftmax implements Layer {
  readonly type = 'LogSoftmax';
  readonly dim: number;
  constructor(dim = 1) {
    this.dim = dim;
  }
  plan(p: Plan, x: PlanTensor): PlanTensor {
    return planSoftmax(p, x, this.dim, true);
  }
}
