import { STORE } from '../../assembly/abi.js';
import { ShapeError } from '../core/errors.js';
import { elements, show, type Shape, type Tensor } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import { matrix, planProduct, planProductBackward } from '../plan/products.js';
import { checkSize } from './layers.js';
import { operate, planned, type OpResult, type Wiring } from './run.js';

// Matrix products.

export interface AddmmOptions {
  readonly alpha?: number;
  readonly beta?: number;
  readonly transposeMat1?: boolean;
  readonly transposeMat2?: boolean;
}

/** beta · input + alpha · mat1 · mat2, as torch.addmm; input broadcasts to [m, n], either matrix may be given transposed. */
export function addmm(input: Tensor, mat1: Tensor, mat2: Tensor, options: AddmmOptions = {}): OpResult<'input' | 'mat1' | 'mat2'> {
  const { alpha = 1, beta = 1, transposeMat1 = false, transposeMat2 = false } = options;
  for (const [name, x] of Object.entries({ input, mat1, mat2 })) checkSize('addmm', name, x);
  if (mat1.shape.length !== 2 || mat2.shape.length !== 2) throw new ShapeError(`addmm: mat1 is ${show(mat1.shape)}, mat2 ${show(mat2.shape)}, expected matrices`);
  const [m, k] = transposeMat1 ? [mat1.shape[1]!, mat1.shape[0]!] : (mat1.shape as [number, number]);
  const [inner, n] = transposeMat2 ? [mat2.shape[1]!, mat2.shape[0]!] : (mat2.shape as [number, number]);
  if (inner !== k) throw new ShapeError(`addmm: mat1 is [${m}, ${k}] and mat2 [${inner}, ${n}], expected inner sizes that agree`);
  const [rows, columns] = [1, 1, ...input.shape].slice(-2) as [number, number];
  if (input.shape.length > 2 || (rows !== 1 && rows !== m) || (columns !== 1 && columns !== n)) {
    throw new ShapeError(`addmm: input is ${show(input.shape)}, expected a shape that broadcasts to [${m}, ${n}]`);
  }
  const parts = [input.shape, mat1.shape, mat2.shape, alpha, beta, transposeMat1, transposeMat2];
  const plan = planned('addmm', parts, 1, (p) => planAddmm(p, { rows, columns }, mat1.shape, mat2.shape, { alpha, beta, transposeMat1, transposeMat2 }, m, n));
  const shapes = { input: input.shape, mat1: mat1.shape, mat2: mat2.shape };
  return operate<'input' | 'mat1' | 'mat2'>(plan, { input: input.data, mat1: mat1.data, mat2: mat2.data }, [m, n], shapes).result;
}

function planAddmm(p: Plan, z: { rows: number; columns: number }, shape1: Shape, shape2: Shape, options: Required<AddmmOptions>, m: number, n: number): Wiring {
  const input = p.input('input', [z.rows, z.columns], true);
  const [mat1, mat2] = [p.input('mat1', shape1, true), p.input('mat2', shape2, true)];
  const [a, b] = [matrix(mat1, options.transposeMat1), matrix(mat2, options.transposeMat2)];
  const product = p.activation([m, n], mat1, { name: 'product' });
  const output = p.activation([m, n], mat1, { name: 'output' });
  planProduct(p, 1, a, b, product.buffer);
  const { alpha, beta } = options;
  p.step('axpby', {
    x: product, z: input, y: output, rows: m, columns: n, zRow: z.rows === 1 ? 0 : z.columns, zColumn: z.columns === 1 ? 0 : 1, alpha, beta,
  });
  p.onBackward(output, (dy) => {
    const scaled = p.workspace('scaled', m * n);
    p.step('axpby', { x: dy, z: null, y: scaled, rows: m, columns: n, zRow: 0, zColumn: 0, alpha, beta: 0 });
    planProductBackward(p, 1, a, b, scaled);
    const { dx, accumulate } = p.gradInto(input);
    p.step('sumTo', { x: dy, y: dx, s0: 1, s1: 1, s2: m, s3: n, keep0: 0, keep1: 0, keep2: z.rows === m, keep3: z.columns === n, alpha: beta, accumulate });
  });
  return { inputs: { input, mat1, mat2 }, output };
}

/** a · b, as torch.matmul: vectors, matrices, and batches of matrices that broadcast. */
export function matmul(a: Tensor, b: Tensor): OpResult<'input' | 'other'> {
  checkSize('matmul', 'input', a);
  checkSize('matmul', 'other', b);
  if (a.shape.length === 0 || b.shape.length === 0) throw new ShapeError('matmul: both operands need at least one axis');
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [m, k] = left.slice(-2) as [number, number];
  const [inner, n] = right.slice(-2) as [number, number];
  if (inner !== k) throw new ShapeError(`matmul: ${show(a.shape)} times ${show(b.shape)}: inner sizes ${k} and ${inner} differ`);
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2), a, b);
  const count = elements(batch);
  const wide = { input: expand(a.data, left, batch), other: expand(b.data, right, batch) };
  const plan = planned('matmul', [count, m, k, n], 1, (p) => planMatmul(p, count, m, k, n));
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  const { result } = operate<'input' | 'other'>(plan, wide, shape, { input: [...batch, m, k], other: [...batch, k, n] });
  return {
    ...result,
    backward: (gradOutput) => {
      const { input, other } = result.backward(gradOutput);
      return {
        input: { data: reduce(input.data, left, batch), shape: a.shape },
        other: { data: reduce(other.data, right, batch), shape: b.shape },
      };
    },
  };
}

function planMatmul(p: Plan, count: number, m: number, k: number, n: number): Wiring {
  const [input, other] = [p.input('input', [count, m, k], true), p.input('other', [count, k, n], true)];
  const output = p.activation([count, m, n], input, { name: 'output' });
  const [a, b] = [matrix(input), matrix(other)];
  planProduct(p, count, a, b, output.buffer, STORE);
  p.onBackward(output, (dy) => planProductBackward(p, count, a, b, dy));
  return { inputs: { input, other }, output };
}

/** The shape that both batches broadcast to, by NumPy's rule. */
function broadcast(a: Shape, b: Shape, left: Tensor, right: Tensor): Shape {
  const rank = Math.max(a.length, b.length);
  const [x, y] = [a, b].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]) as [number[], number[]];
  return x.map((size, i) => {
    if (size !== y[i] && size !== 1 && y[i] !== 1) throw new ShapeError(`matmul: ${show(left.shape)} times ${show(right.shape)}: the batches do not broadcast`);
    return size === 1 ? y[i]! : size;
  });
}

/** For every matrix of `batch`, which matrix of `shape` it is. */
function sources(shape: Shape, batch: Shape): number[] {
  const own = [...Array<number>(batch.length + 2 - shape.length).fill(1), ...shape.slice(0, -2)];
  return Array.from({ length: elements(batch) }, (_, i) => {
    let [rest, stride, source] = [i, 1, 0];
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const at = rest % batch[axis]!;
      rest = Math.floor(rest / batch[axis]!);
      if (own[axis] !== 1) source += at * stride;
      stride *= own[axis]!;
    }
    return source;
  });
}

function expand(data: Float32Array, shape: Shape, batch: Shape): Float32Array {
  const from = sources(shape, batch);
  const size = elements(shape.slice(-2));
  if (from.length * size === data.length) return data;
  const wide = new Float32Array(from.length * size);
  from.forEach((source, i) => wide.set(data.subarray(source * size, (source + 1) * size), i * size));
  return wide;
}

/** Adds the gradients of repeated matrices, in float64. */
function reduce(wide: Float32Array, shape: Shape, batch: Shape): Float32Array {
  const from = sources(shape, batch);
  const size = elements(shape.slice(-2));
  if (elements(shape) === wide.length) return wide;
  const sums = new Float64Array(elements(shape));
  from.forEach((source, i) => {
    for (let j = 0; j < size; j++) sums[source * size + j]! += wide[i * size + j]!;
  });
  return Float32Array.from(sums);
}
