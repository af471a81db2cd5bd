import { ShapeError } from '../core/errors.js';
import { elements, show, type Shape, type Tensor } from '../core/shape.js';
import { crossEntropy as crossEntropyLoss, type CrossEntropyOptions } from '../training/crossentropy.js';
import type { Loss, Reduction } from '../training/loss.js';
import { nll as nllLoss, type NllOptions } from '../training/nll.js';
import { rbf as rbfCriterion, type RbfLossOptions } from '../training/rbf.js';
import { readLabels, readProbabilities, type Labels } from '../training/targets.js';
import { checkSize } from './layers.js';
import { operate, planned, type OpResult } from './run.js';

// Losses over classes: x [n, classes, ...] or [classes]. The result is a scalar, or one number per row with reduction 'none'.

/** x as a batch of images [classes, ...]. */
interface Rows {
  readonly n: number;
  readonly image: Shape;
  readonly classes: number;
  /** Losses of one image. */
  readonly perImage: number;
  /** Shape of the losses one by one. */
  readonly shape: Shape;
}

function rowsOf(name: string, x: Tensor): Rows {
  checkSize(name, 'input', x);
  const single = x.shape.length === 1;
  const [n, ...image] = single ? [1, ...x.shape] : x.shape;
  const [classes, ...positions] = image;
  if (n === undefined || classes === undefined) throw new ShapeError(`${name}: input is ${show(x.shape)}, expected [n, classes, ...] or [classes]`);
  return { n, image, classes, perImage: elements(positions), shape: single ? [] : [n, ...positions] };
}

function rowLoss(name: string, loss: Loss, x: Tensor, rows: Rows, target: Int32Array | Float32Array, options: { readonly reduction?: Reduction }): OpResult<'input'> {
  const none = options.reduction === 'none';
  const plan = planned(name, [x.shape, target instanceof Int32Array, options], rows.n, (p) => {
    const input = p.input('x', rows.image, true);
    const { target: slot, loss: scalar, rowLoss: each, gradient } = loss.plan(p, input);
    p.seedGradient({ buffer: scalar }, gradient);
    return {
      inputs: { input, target: { shape: [rows.perImage], buffer: slot } },
      output: { shape: none ? [rows.perImage] : [], buffer: none ? each : scalar }, gradOutput: gradient,
    };
  });
  return operate<'input'>(plan, { input: x.data, target }, none ? rows.shape : [], { input: x.shape }).result;
}

/**
 * Softmax with cross-entropy, as torch.nn.functional.cross_entropy: x [n, classes, ...] or [classes]; target class indices
 * [n, ...], or probabilities shaped like x.
 */
export function crossEntropy(x: Tensor, target: Labels | Tensor, options: Omit<CrossEntropyOptions, 'target'> = {}): OpResult<'input'> {
  const rows = rowsOf('crossEntropy', x);
  const dense = 'data' in target;
  if (dense && show(target.shape) !== show(x.shape)) throw new ShapeError(`crossEntropy: target is ${show(target.shape)}, expected ${show(x.shape)} like the input`);
  const loss = crossEntropyLoss({ ...options, target: dense ? 'probabilities' : 'indices' });
  const wanted = dense ? readProbabilities(target, rows.n, rows.image) : readLabels(target, rows.n * rows.perImage, rows.classes, options.ignoreIndex ?? -100);
  return rowLoss('crossEntropy', loss, x, rows, wanted, options);
}

/** −weight_t · x_t, as torch.nn.functional.nll_loss: x log-probabilities [n, classes, ...] or [classes]; target class indices [n, ...]. */
export function nll(x: Tensor, target: Labels, options: NllOptions = {}): OpResult<'input'> {
  const rows = rowsOf('nll', x);
  return rowLoss('nll', nllLoss(options), x, rows, readLabels(target, rows.n * rows.perImage, rows.classes, options.ignoreIndex ?? -100), options);
}

/** LeNet-5's criterion over the scores of `rbf`: x [n, classes] or [classes]; target class indices. */
export function rbfLoss(x: Tensor, target: Labels, options: RbfLossOptions = {}): OpResult<'input'> {
  const rows = rowsOf('rbfLoss', x);
  return rowLoss('rbfLoss', rbfCriterion(options), x, rows, readLabels(target, rows.n * rows.perImage, rows.classes), options);
}
