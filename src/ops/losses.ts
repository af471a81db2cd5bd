import { ShapeError } from '../core/errors.js';
import { elements, show, type Tensor } from '../core/shape.js';
import { checkLabels } from '../images.js';
import { crossEntropy as crossEntropyLoss, type CrossEntropyOptions } from '../training/losses.js';
import { checkSize } from './layers.js';
import { operate, planned, type OpResult } from './run.js';

// Losses.

/**
 * Softmax with cross-entropy, as torch.nn.functional.cross_entropy: x [n, classes, ...] or [classes]; target class indices
 * [n, ...], or probabilities shaped like x. The result is a scalar, or one number per row with reduction 'none'.
 */
export function crossEntropy(x: Tensor, target: Int32Array | readonly number[] | Tensor, options: Omit<CrossEntropyOptions, 'target'> = {}): OpResult<'input'> {
  checkSize('crossEntropy', 'input', x);
  const single = x.shape.length === 1;
  const [n, ...image] = single ? [1, ...x.shape] : x.shape;
  if (image.length === 0) throw new ShapeError(`crossEntropy: input is ${show(x.shape)}, expected [n, classes, ...] or [classes]`);
  const dense = 'data' in target;
  const [classes, positions] = [image[0]!, image.slice(1)];
  const rows = elements(positions);
  if (dense && show(target.shape) !== show(x.shape)) throw new ShapeError(`crossEntropy: target is ${show(target.shape)}, expected ${show(x.shape)} like the input`);
  if (!dense) checkLabels(target, n! * rows, classes, options.ignoreIndex ?? -100);
  const loss = crossEntropyLoss({ ...options, target: dense ? 'probabilities' : 'indices' });
  const plan = planned('crossEntropy', [x.shape, dense, { ...options, weight: options.weight && [...options.weight] }], n!, (p) => {
    const input = p.input('x', image, true);
    const { target: slot, loss: scalar, rowLoss, gradient } = loss.plan(p, input);
    const none = options.reduction === 'none';
    p.seedGradient({ buffer: scalar }, gradient);
    return { inputs: { input, target: { shape: [rows], buffer: slot } }, output: { shape: none ? [rows] : [], buffer: none ? rowLoss : scalar }, gradOutput: gradient };
  });
  const wanted = dense ? rowsOfClasses(target, n!, classes, rows) : Int32Array.from(target);
  const shape = options.reduction !== 'none' ? [] : single ? [] : [n!, ...positions];
  return operate<'input'>(plan, { input: x.data, target: wanted }, shape, { input: x.shape }).result;
}

/** Probabilities [n, classes, rows] as the kernel reads them: [n, rows, classes]. */
function rowsOfClasses(target: Tensor, n: number, classes: number, rows: number): Float32Array {
  const result = new Float32Array(target.data.length);
  for (let i = 0, at = 0; i < n; i++) {
    for (let row = 0; row < rows; row++) for (let c = 0; c < classes; c++) result[at++] = target.data[(i * classes + c) * rows + row]!;
  }
  return result;
}
