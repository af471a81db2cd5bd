import { PAIR_BLOCK, REDUCE_NONE } from '../../assembly/abi.js';
import { ShapeError } from '../core/errors.js';
import { broadcast } from '../core/broadcast.js';
import { elements, type Tensor } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer, PlanTensor } from '../plan/tensor.js';
import type { Loss, LossTensors } from './loss.js';
import { readValues } from './targets.js';

/** What tells one loss of pairs from another. */
export interface PairLossKind {
  readonly type: string;
  readonly kind: number;
  /** beta of smooth L1, delta of Huber; else 0. */
  readonly parameter?: number;
  readonly reduction: number;
  /** Factors of the losses, and of targets of 1 in a cross-entropy; they broadcast to one image's outputs. */
  readonly weight?: Tensor | null;
  readonly positive?: Tensor | null;
}

/** A loss that compares every output with a target of its own. Targets are shaped like the outputs. */
export class PairLoss implements Loss {
  readonly type: string;
  readonly #how: PairLossKind;

  constructor(how: PairLossKind) {
    this.type = how.type;
    this.#how = how;
  }

  plan(p: Plan, input: PlanTensor): LossTensors {
    const x = p.plain(input);
    const { kind, parameter = 0, reduction, weight, positive } = this.#how;
    const length = elements(x.shape);
    const none = reduction === REDUCE_NONE;
    const factors = (name: string, tensor: Tensor | null | undefined): Buffer | null => (tensor ? p.constant(name, this.#spread(name, tensor, x)) : null);
    const target = p.input('target', x.shape).buffer;
    const each = none ? p.activation(x.shape, x, { order: null, name: 'each' }).buffer : null;
    const sums = p.activation([Math.ceil(length / PAIR_BLOCK)], x, { order: null, name: 'sums' }).buffer;
    const loss = p.workspace('loss', 2);
    const gradient = p.input('dloss', none ? x.shape : [1]).buffer;
    const shared = { x, target, weight: factors('weight', weight), positive: factors('posWeight', positive), length, kind, parameter };
    p.step('pairLossForward', { ...shared, each, sums });
    p.step('pairLossReduce', { sums, loss, length, reduction });
    loss.kept = true;
    if (each) each.kept = true;
    p.onBackward({ ...x, buffer: loss }, () => p.step('pairLossBackward', { ...shared, loss, dloss: gradient, reduction, ...p.gradInto(x) }));
    return { target, loss, rowLoss: each ?? sums, gradient, rowsPerImage: length, readTargets: (targets, images) => readValues(targets, images, x.shape) };
  }

  #spread(name: string, tensor: Tensor, x: PlanTensor): Float32Array {
    const values = broadcast(tensor, x.shape);
    if (values === null) throw new ShapeError(`${this.type}: ${name} is [${tensor.shape.join(', ')}], expected a shape that broadcasts to [${x.shape.join(', ')}]`);
    return values;
  }
}
