import { broadcastIndex, broadcastShape, product, Sums, type Exact, type Numbers } from './array.js';

/** Calls `term(y, a, b)` with flat indices for every product in y[..., i, j] = Σ over k of a[..., i, k] * b[..., k, j], leading dimensions broadcast. */
function everyTerm(a: readonly number[], b: readonly number[], term: (y: number, a: number, b: number) => void): void {
  const [m, k] = a.slice(-2) as [number, number];
  const n = b.at(-1)!;
  const [batchA, batchB] = [a.slice(0, -2), b.slice(0, -2)];
  const batch = broadcastShape(batchA, batchB);
  for (let s = 0; s < product(batch); s++) {
    const atA = broadcastIndex(s, batch, batchA) * m * k;
    const atB = broadcastIndex(s, batch, batchB) * k * n;
    for (let cell = 0; cell < m * n; cell++) {
      const [i, j] = [Math.floor(cell / n), cell % n];
      for (let p = 0; p < k; p++) term(s * m * n + cell, atA + i * k + p, atB + p * n + j);
    }
  }
}

/** A vector counts as one row on the left and as one column on the right; the result drops that dimension. */
function asMatrices(a: Numbers, b: Numbers): { left: readonly number[]; right: readonly number[]; shape: number[] } {
  const left = a.shape.length === 1 ? [1, a.shape[0]!] : a.shape;
  const right = b.shape.length === 1 ? [b.shape[0]!, 1] : b.shape;
  const shape = broadcastShape(left.slice(0, -2), right.slice(0, -2));
  if (a.shape.length > 1) shape.push(left.at(-2)!);
  if (b.shape.length > 1) shape.push(right.at(-1)!);
  return { left, right, shape };
}

export function matmulForward(a: Numbers, b: Numbers): Exact {
  const { left, right, shape } = asMatrices(a, b);
  const y = new Sums(shape);
  everyTerm(left, right, (yi, ai, bi) => y.add(yi, a.data[ai]! * b.data[bi]!));
  return y;
}

export function matmulBackward(a: Numbers, b: Numbers, dy: Numbers): { input: Exact; other: Exact } {
  const { left, right } = asMatrices(a, b);
  const [input, other] = [new Sums(a.shape), new Sums(b.shape)];
  everyTerm(left, right, (yi, ai, bi) => {
    input.add(ai, dy.data[yi]! * b.data[bi]!);
    other.add(bi, dy.data[yi]! * a.data[ai]!);
  });
  return { input, other };
}

/** y[..., o] = Σ over i of x[..., i] * w[o, i] + b[o] */
export function linearForward(x: Numbers, w: Numbers, b: Numbers | null): Exact {
  const [co, ci] = w.shape as [number, number];
  const y = new Sums([...x.shape.slice(0, -1), co]);
  for (let at = 0; at < y.data.length; at++) {
    const [row, o] = [Math.floor(at / co), at % co];
    for (let i = 0; i < ci; i++) y.add(at, x.data[row * ci + i]! * w.data[o * ci + i]!);
    if (b !== null) y.add(at, b.data[o]!);
  }
  return y;
}

export function linearBackward(x: Numbers, w: Numbers, dy: Numbers): { input: Exact; weight: Exact; bias: Exact } {
  const [co, ci] = w.shape as [number, number];
  const [input, weight, bias] = [new Sums(x.shape), new Sums(w.shape), new Sums([co])];
  for (let at = 0; at < dy.data.length; at++) {
    const [row, o] = [Math.floor(at / co), at % co];
    bias.add(o, dy.data[at]!);
    for (let i = 0; i < ci; i++) {
      input.add(row * ci + i, dy.data[at]! * w.data[o * ci + i]!);
      weight.add(o * ci + i, dy.data[at]! * x.data[row * ci + i]!);
    }
  }
  return { input, weight, bias };
}

export interface AddmmOptions {
  readonly alpha: number;
  readonly beta: number;
  readonly transposeMat1: boolean;
  readonly transposeMat2: boolean;
}

/** Calls `term(y, mat1, mat2)` for every product of op(mat1) [m, k] and op(mat2) [k, n]. */
function everyAddmmTerm(mat1: readonly number[], mat2: readonly number[], o: AddmmOptions, term: (y: number, a: number, b: number) => void): void {
  const [m, k] = (o.transposeMat1 ? [mat1[1], mat1[0]] : mat1) as [number, number];
  const n = (o.transposeMat2 ? mat2[0] : mat2[1])!;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let p = 0; p < k; p++) term(i * n + j, o.transposeMat1 ? p * m + i : i * k + p, o.transposeMat2 ? j * k + p : p * n + j);
}

export function addmmShape(mat1: readonly number[], mat2: readonly number[], o: AddmmOptions): [number, number] {
  return [mat1[o.transposeMat1 ? 1 : 0]!, mat2[o.transposeMat2 ? 0 : 1]!];
}

/** y = beta * input + alpha * op(mat1) op(mat2); input broadcasts, and beta = 0 leaves it out even where it is NaN. */
export function addmmForward(input: Numbers, mat1: Numbers, mat2: Numbers, o: AddmmOptions): Exact {
  const y = new Sums(addmmShape(mat1.shape, mat2.shape, o));
  everyAddmmTerm(mat1.shape, mat2.shape, o, (yi, ai, bi) => y.add(yi, o.alpha * mat1.data[ai]! * mat2.data[bi]!));
  if (o.beta !== 0) y.data.forEach((_, i) => y.add(i, o.beta * input.data[broadcastIndex(i, y.shape, input.shape)]!));
  return y;
}

export function addmmBackward(input: Numbers, mat1: Numbers, mat2: Numbers, dy: Numbers, o: AddmmOptions): { input: Exact; mat1: Exact; mat2: Exact } {
  const [dInput, dMat1, dMat2] = [new Sums(input.shape), new Sums(mat1.shape), new Sums(mat2.shape)];
  everyAddmmTerm(mat1.shape, mat2.shape, o, (yi, ai, bi) => {
    dMat1.add(ai, o.alpha * dy.data[yi]! * mat2.data[bi]!);
    dMat2.add(bi, o.alpha * dy.data[yi]! * mat1.data[ai]!);
  });
  for (let i = 0; i < dy.data.length; i++) dInput.add(broadcastIndex(i, dy.shape, input.shape), o.beta * dy.data[i]!);
  return { input: dInput, mat1: dMat1, mat2: dMat2 };
}
