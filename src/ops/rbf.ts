import { ShapeError } from '../core/errors.js';
import { elements, show, type Tensor } from '../core/shape.js';
import { Rbf } from '../layers/rbf.js';
import { checkSize, wire } from './layers.js';
import { operate, planned, type OpResult } from './run.js';

/** −Σ (x − weight_i)² for every row i of weight: x [..., in], weight [out, in], result [..., out]. LeNet-5's output units. */
export function rbf(x: Tensor, weight: Tensor): OpResult<'input' | 'weight'> {
  checkSize('rbf', 'input', x);
  checkSize('rbf', 'weight', weight);
  const [co, ci] = weight.shape;
  if (weight.shape.length !== 2 || x.shape.at(-1) !== ci) throw new ShapeError(`rbf: input is ${show(x.shape)} and weight ${show(weight.shape)}, expected [..., in] and [out, in]`);
  const rows = elements(x.shape) / ci!;
  const plan = planned('rbf', [rows, ci, co], rows, (p) => wire('rbf', p, p.input('x', [ci!], true), new Rbf(ci!, co!, new Float32Array(ci! * co!), { trainable: true })));
  return operate<'input' | 'weight'>(plan, { input: x.data, weight: weight.data }, [...x.shape.slice(0, -1), co!], { input: x.shape, weight: weight.shape }).result;
}
