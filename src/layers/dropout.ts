import { ShapeError } from '../core/errors.js';
import { hashName } from '../core/random.js';
import { elements, show } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer, PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { number } from './options.js';

// While predicting, nothing. While training, numbers are dropped by a mask drawn from the seed, the layer's path, the updates done so far and
// the number's place: not from workers or from what ran before, so that a resumed run draws what an unbroken one would have.
// Batches whose gradients add up before one update share a mask.

/** The smallest 32-bit number that is kept, the factor that keeps the mean, and the layer's stream, as i32. */
function drawing(p: Plan, probability: number): { threshold: number; scale: number; stream: number } {
  return { threshold: Math.min(Math.round(probability * 2 ** 32), 2 ** 32 - 1) | 0, scale: 1 / (1 - probability), stream: hashName(p.path) | 0 };
}

function planDropout(p: Plan, x: PlanTensor, step: (x: Buffer, y: Buffer, accumulate: number) => void): PlanTensor {
  const y = p.activation(x.shape, x, { replaces: x });
  step(x.buffer, y.buffer, 0);
  p.onBackward(y, (dy) => {
    if (!p.needsGradient(x)) return;
    const { dx, accumulate } = p.gradInto(x, dy);
    step(dy, dx, accumulate);
  });
  return y;
}

/** Sets each number to 0 with probability p and divides the others by 1 − p (torch.nn.Dropout; Srivastava et al. 2014). */
export class Dropout implements Layer {
  readonly type = 'Dropout';
  readonly p: number;

  /** @param p 0 <= p < 1 */
  constructor(p = 0.5) {
    this.p = number('Dropout', 'p', p, { least: 0, below: 1 });
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    if (!p.training || this.p === 0) return p.view(x, x.shape);
    const shared = { length: elements(x.shape), ...drawing(p, this.p) };
    return planDropout(p, x, (from, to, accumulate) => p.step('dropout', { x: from, y: to, ...shared, accumulate }));
  }
}

/** The same with whole channels of [c, h, w] (torch.nn.Dropout2d; Tompson et al. 2015). */
export class Dropout2d implements Layer {
  readonly type = 'Dropout2d';
  readonly p: number;

  /** @param p 0 <= p < 1 */
  constructor(p = 0.5) {
    this.p = number('Dropout2d', 'p', p, { least: 0, below: 1 });
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const [c, h, w] = input.shape;
    if (input.shape.length !== 3) throw new ShapeError(`${p.path}: input is ${show(input.shape)}, expected [channels, height, width]`);
    if (!p.training || this.p === 0) return p.view(input, input.shape);
    const x = p.channelsLast(input);
    const shared = { pixels: h! * w!, c: c!, ...drawing(p, this.p) };
    return planDropout(p, x, (from, to, accumulate) => p.step('dropout2d', { x: from, y: to, ...shared, accumulate }));
  }
}
