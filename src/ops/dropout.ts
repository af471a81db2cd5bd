import { STORE } from '../../assembly/abi.js';
import { ShapeError } from '../core/errors.js';
import { show, type Tensor } from '../core/shape.js';
import { known, number } from '../layers/options.js';
import type { Plan } from '../plan/plan.js';
import { checkSize } from './layers.js';
import { operate, planned, type OpResult, type Wiring } from './run.js';

export interface DropoutOptions {
  /** The probability that the mask was drawn with, 0 <= p <= 1; default 0.5. */
  readonly p?: number;
  /** `false`: x as it is, whatever the mask. Default true. */
  readonly training?: boolean;
}

/** x · mask / (1 − p) with a mask of 0 (dropped) and 1 (kept), one per number of x; 0 where p is 1. A network's Dropout layer draws its own masks. */
export function dropout(x: Tensor, mask: ArrayLike<number>, options: DropoutOptions = {}): OpResult<'input'> {
  checkSize('dropout', 'input', x);
  known('dropout', options, ['p', 'training']);
  const p = number('dropout', 'p', options.p ?? 0.5, { least: 0, most: 1 });
  const scale = p < 1 ? 1 / (1 - p) : 0;
  const training = options.training ?? true;
  if (mask.length !== x.data.length) throw new ShapeError(`dropout: mask has ${mask.length} numbers, expected ${x.data.length} for ${show(x.shape)}`);
  const factors = Float32Array.from(mask, (kept) => (training ? kept * scale : 1));
  const plan = planned('dropout', [x.data.length], 1, (plan) => planMasked(plan, x.data.length));
  return operate<'input'>(plan, { input: x.data, mask: factors }, x.shape, { input: x.shape }).result;
}

function planMasked(p: Plan, length: number): Wiring {
  const [input, mask] = [p.input('x', [length], true), p.input('mask', [length])];
  const output = p.activation([length], input, { name: 'output' });
  p.step('multiply', { x: input, by: mask, y: output, length });
  p.onBackward(output, (dy) => {
    const { dx, accumulate } = p.gradInto(input);
    if (accumulate === STORE) p.step('multiply', { x: dy, by: mask, y: dx, length });
  });
  return { inputs: { input, mask }, output };
}
