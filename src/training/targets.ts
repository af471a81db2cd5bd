import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show, type Shape, type Tensor } from '../core/shape.js';

/** Class labels as users give them. */
export type Labels = Int32Array | readonly number[];

/** What outputs are compared with: labels, or a tensor or its numbers in a row. */
export type Targets = Labels | Float32Array | Tensor;

/** Throws ShapeError where there are not `count` labels, OptionError where one is no class; `ignore` is allowed too. */
export function checkLabels(labels: ArrayLike<number>, count: number, classes: number, ignore = NaN): void {
  if (labels.length !== count) throw new ShapeError(`labels: ${labels.length} given, expected ${count}, one per image and position`);
  for (let i = 0; i < count; i++) {
    const label = labels[i]!;
    if (!(Number.isInteger(label) && label >= 0 && label < classes) && label !== ignore) {
      throw new OptionError(`labels: ${label} at position ${i}, expected a class from 0 to ${classes - 1}`);
    }
  }
}

/** Throws ShapeError for what is neither numbers in a row nor a tensor. */
function checkKind(targets: Targets): void {
  if (typeof targets !== 'object' || targets === null) throw new ShapeError(`targets: ${String(targets)} given, expected labels, numbers or a tensor`);
}

/** Class indices: `count` of them. */
export function readLabels(targets: Targets, count: number, classes: number, ignore = NaN): Int32Array {
  checkKind(targets);
  if ('data' in targets) throw new ShapeError(`labels: a tensor ${show(targets.shape)} was given, expected ${count} class indices in an Int32Array or an array`);
  checkLabels(targets, count, classes, ignore);
  return Int32Array.from(targets);
}

/** Numbers shaped like the outputs: [n, ...image], or [...image] for one. */
export function readValues(targets: Targets, images: number, image: Shape): Float32Array {
  checkKind(targets);
  const [numbers, expected] = ['data' in targets ? targets.data : targets, [images, ...image]];
  const given = 'data' in targets ? targets.shape : [numbers.length];
  const whole = show(given) === show(expected) || (images === 1 && show(given) === show(image));
  const fits = 'data' in targets ? whole : true;
  if (!fits || numbers.length !== elements(expected)) throw new ShapeError(`targets: ${show(given)} given, expected ${show(expected)} like the outputs`);
  return Float32Array.from(numbers);
}

/** Probabilities [n, classes, ...] as the kernel reads them: [n, ..., classes]. */
export function readProbabilities(targets: Targets, images: number, image: Shape): Float32Array {
  const values = readValues(targets, images, image);
  const classes = image[0]!;
  const rows = elements(image.slice(1));
  const result = new Float32Array(values.length);
  for (let i = 0, at = 0; i < images; i++) {
    for (let row = 0; row < rows; row++) for (let c = 0; c < classes; c++) result[at++] = values[(i * classes + c) * rows + row]!;
  }
  return result;
}
