import { REDUCE_NONE } from '../../assembly/abi.js';
import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer, PlanTensor } from '../plan/tensor.js';
import { reductionOf, type Loss, type LossTensors, type Reduction } from './loss.js';
import { readLabels } from './targets.js';

export interface RbfLossOptions {
  /** 'map' (default): equation 9, in which the wrong classes compete; 'mse': equation 8, the right class's penalty alone. */
  readonly criterion?: 'map' | 'mse';
  /** Equation 9's j > 0: wrong classes whose penalty is well above j are left alone; default 1. */
  readonly j?: number;
  /** Default 'mean': over the images. */
  readonly reduction?: Reduction;
}

class RbfLoss implements Loss {
  readonly type = 'RBF';
  readonly #competitive: boolean;
  readonly #j: number;
  readonly #reduction: number;

  constructor(options: RbfLossOptions) {
    const { criterion = 'map', j = 1, reduction = 'mean' } = options;
    if (criterion !== 'map' && criterion !== 'mse') throw new OptionError(`rbf: criterion is '${String(criterion)}', expected 'map' or 'mse'`);
    if (!(j > 0 && j < Infinity)) throw new OptionError(`rbf: j is ${j}, expected a finite number above 0`);
    this.#competitive = criterion === 'map';
    this.#j = j;
    this.#reduction = reductionOf('rbf', reduction);
  }

  plan(p: Plan, input: PlanTensor): LossTensors {
    const x = p.channelsLast(input);
    const [classes, reduction] = [x.shape[0], this.#reduction];
    if (classes === undefined) throw new ShapeError(`rbf: input is ${show(x.shape)}, expected [classes]`);
    const rows = elements(x.shape) / classes;
    const target = p.input('target', [rows]).buffer;
    const perRow = (name: string, words = 1): Buffer => p.activation([rows, words], x, { order: null, name }).buffer;
    const [rowLoss, rowWeight, logSum] = [perRow('rowLoss'), perRow('rowWeight'), perRow('logSum', 2)];
    const loss = p.workspace('loss', 2);
    const gradient = p.input('dloss', reduction === REDUCE_NONE ? [rows] : [1]).buffer;
    const shared = { x, target, logSum, rows, classes, competitive: this.#competitive };
    p.step('rbfLossForward', { ...shared, rowLoss, rowWeight, j: this.#j });
    p.step('crossEntropyReduce', { rowLoss, rowWeight, loss, rows, reduction });
    loss.kept = true;
    rowLoss.kept = true;
    p.onBackward({ ...x, buffer: loss }, () => p.step('rbfLossBackward', { ...shared, loss, dloss: gradient, reduction, ...p.gradInto(x) }));
    return { target, loss, rowLoss, gradient, rowsPerImage: rows, readTargets: (targets, images) => readLabels(targets, images * rows, classes) };
  }
}

/**
 * LeNet-5's criterion (LeCun et al. 1998, section II.C) over the outputs of an Rbf layer, x = −penalty: −x_t + log(e^−j + Σ_i e^(x_i)),
 * t the target's class (equation 9), or −x_t alone (equation 8), which needs centres that do not move.
 */
export function rbf(options: RbfLossOptions = {}): Loss {
  return new RbfLoss(options);
}
