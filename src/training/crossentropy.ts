import { REDUCE_NONE } from '../../assembly/abi.js';
import { OptionError, ShapeError } from '../core/errors.js';
import { known } from '../core/options.js';
import { elements, show } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer, PlanTensor } from '../plan/tensor.js';
import { classWeights, reductionOf, type Loss, type LossTensors, type Reduction } from './loss.js';
import { readLabels, readProbabilities } from './targets.js';

export interface CrossEntropyOptions {
  /** One factor per class. */
  readonly weight?: Float32Array | readonly number[];
  /** Default 'mean': over the weights of the rows that count. */
  readonly reduction?: Reduction;
  /** Rows with this label count nothing; default -100. */
  readonly ignoreIndex?: number;
  /** ε: the target becomes (1 − ε)·target + ε/classes; default 0. */
  readonly labelSmoothing?: number;
  /** Targets are class indices (default) or class probabilities. */
  readonly target?: 'indices' | 'probabilities';
}

class CrossEntropy implements Loss {
  readonly type = 'CrossEntropy';
  readonly #options: Required<Omit<CrossEntropyOptions, 'weight'>> & { weight: Float32Array | null };

  constructor(options: CrossEntropyOptions) {
    known('crossEntropy', options, ['weight', 'reduction', 'ignoreIndex', 'labelSmoothing', 'target']);
    const { weight, reduction = 'mean', ignoreIndex = -100, labelSmoothing = 0, target = 'indices' } = options;
    reductionOf('crossEntropy', reduction);
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) throw new OptionError(`crossEntropy: labelSmoothing is ${labelSmoothing}, expected 0 to 1`);
    if (!Number.isInteger(ignoreIndex)) throw new OptionError(`crossEntropy: ignoreIndex is ${ignoreIndex}, expected an integer`);
    this.#options = { weight: classWeights(weight), reduction, ignoreIndex, labelSmoothing, target };
  }

  plan(p: Plan, input: PlanTensor): LossTensors {
    const x = p.channelsLast(input);
    const { weight, reduction: name, ignoreIndex, labelSmoothing: smoothing, target: kind } = this.#options;
    const classes = x.shape[0];
    if (classes === undefined) throw new ShapeError(`crossEntropy: input is ${show(x.shape)}, expected [classes, ...]`);
    if (weight && weight.length !== classes) throw new ShapeError(`crossEntropy: weight has ${weight.length} numbers, expected one per class, ${classes}`);
    const rows = elements(x.shape) / classes;
    const dense = kind === 'probabilities';
    const reduction = reductionOf('crossEntropy', name);
    const target = p.input('target', dense ? [rows, classes] : [rows]).buffer;
    const perRow = (what: string, words = 1): Buffer => p.activation([rows, words], x, { order: null, name: what }).buffer;
    const [rowLoss, rowWeight, logSum] = [perRow('rowLoss'), perRow('rowWeight'), perRow('logSum', 2)];
    const loss = p.workspace('loss', 2);
    const gradient = p.input('dloss', reduction === REDUCE_NONE ? [rows] : [1]).buffer;
    const shared = { x, target, weight: weight && p.constant('classWeight', weight), classes, rows, dense, ignoreIndex, smoothing };
    p.step('crossEntropyForward', { ...shared, rowLoss, rowWeight, logSum });
    p.step('crossEntropyReduce', { rowLoss, rowWeight, loss, rows, reduction });
    loss.kept = true;
    rowLoss.kept = true;
    p.onBackward({ ...x, buffer: loss }, () => p.step('crossEntropyBackward', { ...shared, logSum, loss, dloss: gradient, reduction, ...p.gradInto(x) }));
    return {
      target, loss, rowLoss, gradient, rowsPerImage: rows,
      readTargets: (targets, images) => (dense ? readProbabilities(targets, images, x.shape) : readLabels(targets, images * rows, classes, ignoreIndex)),
    };
  }
}

/**
 * Softmax with cross-entropy (torch.nn.CrossEntropyLoss) over logits [classes, ...]:
 * loss = −Σ weight_c · target_c · log softmax(x)_c, one row per image and position.
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  return new CrossEntropy(options);
}
