import { LRN_ROWS } from '../../assembly/abi.js';
import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import { byChannel } from '../plan/channelnorm.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { known, whole } from '../core/options.js';

export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly k?: number;
}

/**
 * Local response normalisation across channels (torch.nn.LocalResponseNorm; Krizhevsky et al. 2012): [c, ...] → [c, ...],
 * y[c] = x[c] · (k + alpha / size · Σ x[c']²)^−beta over the `size` channels c − ⌊size/2⌋ .. c + ⌊(size − 1)/2⌋; those beyond the ends count 0.
 */
export class LocalResponseNorm implements Layer {
  readonly type = 'LocalResponseNorm';
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    known('LocalResponseNorm', options, ['alpha', 'beta', 'k']);
    const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
    this.size = whole('LocalResponseNorm', 'size', size, 1);
    for (const [name, value] of Object.entries({ alpha, beta, k })) {
      if (!Number.isFinite(value)) throw new OptionError(`LocalResponseNorm: ${name} is ${value}, expected a number`);
    }
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const c = input.shape[0];
    if (c === undefined || input.shape.length < 2) throw new ShapeError(`${p.path}: input is ${show(input.shape)}, expected [channels, height, width] or [channels, length]`);
    const x = byChannel(p, input);
    const before = Math.min(Math.floor(this.size / 2), c - 1);
    const after = Math.min(Math.floor((this.size - 1) / 2), c - 1);
    const [betaHigh, betaLow] = inTwo(this.beta);
    const fields = { x, rows: elements(x.shape) / c, c, before, after, alpha: this.alpha / this.size, betaHigh, betaLow, k: this.k };
    const blockBytes = LRN_ROWS * (c + before + after + 8) * 4;
    const y = p.activation(x.shape, x, { replaces: x });
    p.step('lrnForward', { ...fields, y, ...p.scratch(2 * blockBytes) });
    p.onBackward(y, (dy) => {
      if (p.needsGradient(x)) p.step('lrnBackward', { ...fields, dy, ...p.gradInto(x, dy), ...p.scratch(4 * blockBytes) });
    });
    return y;
  }
}

/** `value` as a float32 number of 12 bits and the rest. */
function inTwo(value: number): [number, number] {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0]! &= ~0xfff;
  const high = new Float32Array(bits.buffer)[0]!;
  return [high, value - high];
}
