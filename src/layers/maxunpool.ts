import { OptionError, ShapeError } from '../core/errors.js';
import { show } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { MaxPool1d } from './pool1d.js';
import { MaxPool2d } from './pool2d.js';
import { asImage, imageShape, planMaxUnpool, type Pooled } from './pooling.js';

interface Pool {
  readonly returnIndices: boolean;
  readonly pooled: WeakMap<Plan, Pooled>;
}

function checkPool(layer: string, expected: string, pool: Pool, right: boolean): void {
  if (!right || !pool.returnIndices) throw new OptionError(`${layer}: pool is ${right ? `a ${expected} without returnIndices` : 'no such layer'}, expected a ${expected} with returnIndices: true`);
}

function planUnpool(p: Plan, input: PlanTensor, pool: Pool, rank: 1 | 2): PlanTensor {
  const pooled = pool.pooled.get(p);
  if (!pooled) throw new OptionError(`${p.path}: its pool is no layer before it, expected the max pooling whose maxima it puts back`);
  if (show(input.shape) !== show(pooled.y.shape)) {
    throw new ShapeError(`${p.path}: input is ${show(input.shape)}, expected ${show(pooled.y.shape)}, the output of its pool`);
  }
  const [c, h, w] = pooled.image.shape as [number, number, number];
  const y = planMaxUnpool(p, asImage(p, input, rank), pooled.indices!, [c, h, w], pooled.image.field);
  return rank === 1 ? p.view(y, imageShape(1, c, h, w)) : y;
}

/**
 * Puts each number where `pool` found its maximum, and 0 elsewhere (torch.nn.MaxUnpool2d): [c, ho, wo], as `pool` gives it, → [c, h, w], as
 * `pool` took it. `pool` is an earlier layer of the network, made with `returnIndices: true`; its indices need not be passed. Where windows
 * overlap, the last one that names a place wins, and every one of them gets that place's residual.
 */
export class MaxUnpool2d implements Layer {
  readonly type = 'MaxUnpool2d';
  readonly pool: MaxPool2d;

  constructor(pool: MaxPool2d) {
    checkPool('MaxUnpool2d', 'MaxPool2d', pool, pool instanceof MaxPool2d);
    this.pool = pool;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    return planUnpool(p, input, this.pool, 2);
  }
}

/** MaxUnpool2d for sequences (torch.nn.MaxUnpool1d): [c, lo] → [c, l]. */
export class MaxUnpool1d implements Layer {
  readonly type = 'MaxUnpool1d';
  readonly pool: MaxPool1d;

  constructor(pool: MaxPool1d) {
    checkPool('MaxUnpool1d', 'MaxPool1d', pool, pool instanceof MaxPool1d);
    this.pool = pool;
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    return planUnpool(p, input, this.pool, 1);
  }
}
