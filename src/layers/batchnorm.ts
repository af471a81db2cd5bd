import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import { byChannel, planChannelNorm, planTracking, type RunningStatistics } from '../plan/channelnorm.js';
import type { Plan } from '../plan/plan.js';
import type { Parameter, PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { known, whole } from '../core/options.js';

export interface BatchNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** How far the running statistics move to those of a batch, 0 to 1; null: they are the mean over all batches. Default 0.1. */
  readonly momentum?: number | null;
  /** With weight and bias; default true. */
  readonly affine?: boolean;
  /** Keeps running statistics, which predicting uses; default true. Without them predicting normalises by the images of one call. */
  readonly trackRunningStats?: boolean;
  /** Uses the running statistics while training too and leaves them as they are (PyTorch: `eval()` of this layer). Default false. */
  readonly frozen?: boolean;
}

/** A finite number of at least 0. */
export function epsilon(layer: string, eps: number): number {
  if (!(Number.isFinite(eps) && eps >= 0)) throw new OptionError(`${layer}: eps is ${eps}, expected a number of at least 0`);
  return eps;
}

export function momentumOf(layer: string, momentum: number | null): number | null {
  if (momentum !== null && !(momentum >= 0 && momentum <= 1)) throw new OptionError(`${layer}: momentum is ${momentum}, expected 0 to 1, or null`);
  return momentum;
}

/** weight (starts at 1) and bias (starts at 0), of one shape. */
export function affineParameters(p: Plan, size: number): { w: Parameter; b: Parameter } {
  return { w: p.parameter('weight', [size], { kind: 'constant', value: 1 }), b: p.parameter('bias', [size], { kind: 'constant', value: 0 }) };
}

abstract class BatchNorm implements Layer {
  abstract readonly type: string;
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  readonly frozen: boolean;

  constructor(layer: string, numFeatures: number, options: BatchNormOptions) {
    known(layer, options, ['eps', 'momentum', 'affine', 'trackRunningStats', 'frozen']);
    this.numFeatures = whole(layer, 'numFeatures', numFeatures, 1);
    this.eps = epsilon(layer, options.eps ?? 1e-5);
    this.momentum = momentumOf(layer, options.momentum === undefined ? 0.1 : options.momentum);
    this.affine = options.affine ?? true;
    this.trackRunningStats = options.trackRunningStats ?? true;
    this.frozen = options.frozen ?? false;
    if (this.frozen && !this.trackRunningStats) throw new OptionError(`${layer}: frozen is true and trackRunningStats false, expected running statistics to use`);
  }

  /** Throws ShapeError where the input is none of this layer's. */
  abstract check(p: Plan, x: PlanTensor): void;

  plan(p: Plan, input: PlanTensor): PlanTensor {
    this.check(p, input);
    const c = this.numFeatures;
    if (input.shape[0] !== c) throw new ShapeError(`${p.path}: input has ${input.shape[0]} channels, expected ${c} (input ${show(input.shape)})`);
    const x = byChannel(p, input);
    const { w, b } = this.affine ? affineParameters(p, c) : { w: null, b: null };
    const running = this.trackRunningStats ? this.#running(p) : null;
    const learns = p.training && !this.frozen && !this.#left(p);
    if (learns && elements(x.shape) === c) p.atLeast(2);
    const { y, statistics } = planChannelNorm(p, x, { groups: c, perImage: false, eps: this.eps, w, b, fixed: learns ? null : running });
    if (learns && running) planTracking(p, x, statistics, running, this.momentum);
    return y;
  }

  /** Whether compile's `freeze` picks this layer: then it stays as it is, statistics included. */
  #left({ store, path }: Plan): boolean {
    const at = path === '' ? '' : `${path}.`;
    return this.trackRunningStats && (this.affine ? ['weight', 'bias'] : ['running_mean']).every((name) => store.isFrozen(at + name));
  }

  #running(p: Plan): RunningStatistics {
    return {
      mean: p.runningBuffer('running_mean', [this.numFeatures], 'f32', 0),
      variance: p.runningBuffer('running_var', [this.numFeatures], 'f32', 1),
      batches: p.runningBuffer('num_batches_tracked', [], 'i64', 0),
    };
  }
}

/**
 * Batch normalisation of features (torch.nn.BatchNorm1d): [c] or [c, l] → the same shape.
 * y = (x − mean) / √(variance + eps) · weight + bias per channel, over all images and positions of a batch while training, by the
 * running statistics when predicting. Ioffe and Szegedy 2015.
 * Parameters: weight [c], bias [c]; saved with them: running_mean [c], running_var [c] (unbiased), num_batches_tracked.
 * Throws ShapeError for a batch with one value per channel.
 */
export class BatchNorm1d extends BatchNorm {
  readonly type = 'BatchNorm1d';
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm1d', numFeatures, options);
  }
  check(p: Plan, { shape }: PlanTensor): void {
    if (shape.length !== 1 && shape.length !== 2) throw new ShapeError(`${p.path}: input is ${show(shape)}, expected [features] or [channels, length]`);
  }
}

/** Batch normalisation of images (torch.nn.BatchNorm2d): [c, h, w] → [c, h, w]; otherwise as BatchNorm1d. */
export class BatchNorm2d extends BatchNorm {
  readonly type = 'BatchNorm2d';
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm2d', numFeatures, options);
  }
  check(p: Plan, { shape }: PlanTensor): void {
    if (shape.length !== 3) throw new ShapeError(`${p.path}: input is ${show(shape)}, expected [channels, height, width]`);
  }
}
