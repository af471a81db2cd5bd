import { BCE_WITH_LOGITS } from '../../assembly/abi.js';
import { OptionError, ShapeError } from '../core/errors.js';
import { elements, type Tensor } from '../core/shape.js';
import { reductionOf, type Loss, type Reduction } from './loss.js';
import { PairLoss } from './pairloss.js';

export interface BceWithLogitsOptions {
  /** Factors of the losses: they broadcast to the outputs of one image, [classes, ...]. */
  readonly weight?: Tensor | Float32Array | readonly number[];
  /** Factors of targets of 1, above 1 for recall and below 1 for precision; they broadcast as `weight` does: one per class for outputs
   *  [classes], a tensor [classes, 1, 1] for [classes, h, w]. */
  readonly posWeight?: Tensor | Float32Array | readonly number[];
  /** Default 'mean': over all outputs of all images. */
  readonly reduction?: Reduction;
}

/**
 * Binary cross-entropy of logits (torch.nn.BCEWithLogitsLoss), for outputs that are yes or no each:
 * −weight (posWeight · t · log σ(x) + (1 − t) log(1 − σ(x))), t the target from 0 to 1.
 */
export function bceWithLogits(options: BceWithLogitsOptions = {}): Loss {
  const { weight, posWeight, reduction = 'mean' } = options;
  return new PairLoss({
    type: 'BCEWithLogits', kind: BCE_WITH_LOGITS, reduction: reductionOf('bceWithLogits', reduction),
    weight: factors('weight', weight), positive: factors('posWeight', posWeight),
  });
}

function factors(name: string, given: BceWithLogitsOptions['weight']): Tensor | null {
  if (given === undefined) return null;
  const tensor = 'data' in given ? given : { data: Float32Array.from(given), shape: [given.length] };
  if (tensor.data.length !== elements(tensor.shape)) throw new ShapeError(`bceWithLogits: ${name} has ${tensor.data.length} numbers, expected ${elements(tensor.shape)}`);
  if (!tensor.data.every(Number.isFinite)) throw new OptionError(`bceWithLogits: ${name} holds a number that is not finite`);
  return { data: tensor.data.slice(), shape: [...tensor.shape] };
}
