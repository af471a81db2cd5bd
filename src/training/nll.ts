import { REDUCE_NONE } from '../../assembly/abi.js';
import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer, PlanTensor } from '../plan/tensor.js';
import { classWeights, reductionOf, type Loss, type LossTensors, type Reduction } from './loss.js';
import { readLabels } from './targets.js';

export interface NllOptions {
  /** One factor per class. */
  readonly weight?: Float32Array | readonly number[];
  /** Default 'mean': over the weights of the rows that count. */
  readonly reduction?: Reduction;
  /** Rows with this label count nothing; default -100. */
  readonly ignoreIndex?: number;
}

class Nll implements Loss {
  readonly type = 'NLL';
  readonly #weight: Float32Array | null;
  readonly #reduction: number;
  readonly #ignoreIndex: number;

  constructor(options: NllOptions) {
    const { weight, reduction = 'mean', ignoreIndex = -100 } = options;
    if (!Number.isInteger(ignoreIndex)) throw new OptionError(`nll: ignoreIndex is ${ignoreIndex}, expected an integer`);
    this.#weight = classWeights(weight);
    this.#reduction = reductionOf('nll', reduction);
    this.#ignoreIndex = ignoreIndex;
  }

  plan(p: Plan, input: PlanTensor): LossTensors {
    const x = p.channelsLast(input);
    const [classes, ignoreIndex, reduction] = [x.shape[0], this.#ignoreIndex, this.#reduction];
    if (classes === undefined) throw new ShapeError(`nll: input is ${show(x.shape)}, expected [classes, ...]`);
    if (this.#weight && this.#weight.length !== classes) throw new ShapeError(`nll: weight has ${this.#weight.length} numbers, expected one per class, ${classes}`);
    const rows = elements(x.shape) / classes;
    const target = p.input('target', [rows]).buffer;
    const [rowLoss, rowWeight] = ['rowLoss', 'rowWeight'].map((name) => p.activation([rows], x, { order: null, name }).buffer) as [Buffer, Buffer];
    const loss = p.workspace('loss', 2);
    const gradient = p.input('dloss', reduction === REDUCE_NONE ? [rows] : [1]).buffer;
    const shared = { target, weight: this.#weight && p.constant('classWeight', this.#weight), rows, classes, ignoreIndex };
    p.step('nllForward', { ...shared, x, rowLoss, rowWeight });
    p.step('crossEntropyReduce', { rowLoss, rowWeight, loss, rows, reduction });
    loss.kept = true;
    rowLoss.kept = true;
    p.onBackward({ ...x, buffer: loss }, () => p.step('nllBackward', { ...shared, loss, dloss: gradient, reduction, ...p.gradInto(x) }));
    return { target, loss, rowLoss, gradient, rowsPerImage: rows, readTargets: (targets, images) => readLabels(targets, images * rows, classes, ignoreIndex) };
  }
}

/** −weight_t · x_t over log-probabilities [classes, ...], t the target's class (torch.nn.NLLLoss): what follows a LogSoftmax. */
export function nll(options: NllOptions = {}): Loss {
  return new Nll(options);
}
