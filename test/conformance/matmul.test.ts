import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../src/core/errors.js';
import { ops } from '../../src/index.js';
import { addmmBackward, addmmForward, addmmShape, linearBackward, linearForward, matmulBackward, matmulForward } from '../oracle/matmul.js';
import { expectGradients, expectWithin, label, randomTensor, rowsOf } from './within.js';

type Dims = number[];

const edges = [1, 3, 4, 5, 7, 8, 9, 17];

const products: [Dims, Dims][] = [
  ...edges.flatMap((size): [Dims, Dims][] => [
    [[size, 6], [6, 5]],
    [[5, size], [size, 6]],
    [[6, 5], [5, size]],
  ]),
  [[7], [7]],
  [[1], [1]],
  [[5], [5, 3]],
  [[4, 5], [5]],
  [[2, 4, 5], [5]],
  [[5], [2, 5, 3]],
  [[3, 8, 12], [3, 12, 5]],
  [[3, 8, 12], [12, 5]],
  [[8, 12], [3, 12, 5]],
  [[2, 1, 4, 5], [3, 5, 6]],
  [[1, 3, 4, 5], [2, 1, 5, 2]],
  [[2, 3, 1, 4], [2, 3, 4, 1]],
  [[3, 300], [300, 5]],
  [[9, 600], [600, 17]],
  [[5, 1100], [1100, 4]],
  [[9, 1100], [1100, 1]],
  [[2, 3, 70], [2, 70, 1]],
  [[1, 37], [37]],
  [[300, 5], [5, 3]],
  [[3, 5], [5, 600]],
  [[70, 70], [70, 70]],
];

describe('matmul', () => {
  for (const [as, bs] of products)
    test(label([as, bs]), () => {
      const [a, b] = [randomTensor(1, ...as), randomTensor(2, ...bs)];
      const y = ops.matmul(a, b);
      expectWithin('y', y, matmulForward(a, b));
      const dy = randomTensor(3, ...y.shape);
      expectGradients(y.backward(dy), { ...matmulBackward(a, b, dy) });
    });

  test('a row that is not finite leaves the rows beside it alone', () => {
    const a = { data: Float32Array.of(1, 2, 3, 4, 5, NaN, Infinity, 1, 1, 1, 5, 4, 3, 2, 1), shape: [3, 5] };
    expect([...ops.matmul(a, { data: Float32Array.of(1, 1, 1, 1, 1), shape: [5, 1] }).data]).toEqual([15, NaN, 15]);
  });

  test('shapes that do not fit are refused', () => {
    const wrong: [Dims, Dims][] = [[[2, 3], [4, 2]], [[3], [4]], [[2, 3, 4], [3, 4, 5]], [[], [3]], [[3], []], [[2, 3], [2]]];
    for (const [as, bs] of wrong) expect(() => ops.matmul(randomTensor(1, ...as), randomTensor(2, ...bs)), label([as, bs])).toThrow(ShapeError);
  });
});

const affine: [Dims, Dims][] = [
  ...edges.map((size): [Dims, Dims] => [[3, size], [size, size]]),
  [[1, 1], [1, 1]],
  [[7], [4, 7]],
  [[1], [1, 1]],
  [[2, 3, 5], [4, 5]],
  [[2, 1, 3, 6], [9, 6]],
  [[1, 1100], [10, 1100]],
  [[2, 300], [300, 300]],
  [[600, 4], [3, 4]],
];

describe('linear: a row alone equals its row in a batch, bit for bit', () => {
  for (const [co, ci] of affine.map(([, ws]) => ws as [number, number]))
    test(label([[co, ci]]), () => {
      const [x, w, b] = [randomTensor(1, 33, ci), randomTensor(2, co, ci), randomTensor(3, co)];
      const batch = ops.linear(x, w, b);
      const dy = randomTensor(4, 33, co);
      const dx = batch.backward(dy).input;
      for (const at of [0, 1, 7, 31, 32]) {
        const alone = ops.linear(rowsOf(x, at), w, b);
        expect(alone.data).toEqual(rowsOf(batch, at).data);
        expect(alone.backward(rowsOf(dy, at)).input.data).toEqual(rowsOf(dx, at).data);
      }
    });
});

describe('linear', () => {
  affine.forEach(([xs, ws], at) =>
    test(label([xs, ws]), () => {
      const [x, w, b] = [randomTensor(1, ...xs), randomTensor(2, ...ws), at % 3 === 2 ? null : randomTensor(3, ws[0]!)];
      const y = ops.linear(x, w, b);
      expectWithin('y', y, linearForward(x, w, b));
      const dy = randomTensor(4, ...y.shape);
      const { input, weight, bias } = linearBackward(x, w, dy);
      expectGradients(y.backward(dy), b === null ? { input, weight } : { input, weight, bias });
    }),
  );

  test('shapes that do not fit are refused', () => {
    expect(() => ops.linear(randomTensor(1, 2, 3), randomTensor(2, 4, 5), null)).toThrow(ShapeError);
    expect(() => ops.linear(randomTensor(1, 2, 3), randomTensor(2, 4, 3), randomTensor(3, 3))).toThrow(ShapeError);
    expect(() => ops.linear(randomTensor(1), randomTensor(2, 4, 1), null)).toThrow(ShapeError);
  });
});

/** m, k, n, the shape of input, and which factors are transposed. */
const sums: [number, number, number, Dims, number, number, boolean, boolean][] = [
  ...[false, true].flatMap((first) => [false, true].map((second): (typeof sums)[number] => [5, 7, 9, [5, 9], 1, 1, first, second])),
  [1, 1, 1, [1, 1], 2, 3, false, false],
  [4, 8, 17, [17], 0.5, -2, true, false],
  [4, 3, 5, [1, 5], -1, 0.25, false, true],
  [4, 3, 5, [4, 1], 1, 1, false, false],
  [4, 3, 5, [], 1, 2, true, true],
  [9, 300, 3, [9, 3], 1, 1, true, true],
  [3, 600, 5, [5], 2, 1, false, true],
  [4, 1100, 4, [4, 4], 1, 0.5, true, false],
  [6, 5, 4, [6, 4], 0, 1, false, false],
  [6, 5, 4, [6, 4], 1, 0, false, false],
];

describe('addmm', () => {
  for (const [m, k, n, shape, alpha, beta, transposeMat1, transposeMat2] of sums) {
    const options = { alpha, beta, transposeMat1, transposeMat2 };
    test(label([[m, k, n], shape], options), () => {
      const input = randomTensor(1, ...shape);
      const mat1 = transposeMat1 ? randomTensor(2, k, m) : randomTensor(2, m, k);
      const mat2 = transposeMat2 ? randomTensor(3, n, k) : randomTensor(3, k, n);
      const y = ops.addmm(input, mat1, mat2, options);
      expectWithin('y', y, addmmForward(input, mat1, mat2, options));
      const dy = randomTensor(4, ...addmmShape(mat1.shape, mat2.shape, options));
      expectGradients(y.backward(dy), { ...addmmBackward(input, mat1, mat2, dy, options) });
    });
  }

  test('beta 0 leaves the input out, even where it is NaN', () => {
    const nan = { data: new Float32Array(4).fill(NaN), shape: [2, 2] };
    const y = ops.addmm(nan, randomTensor(1, 2, 3), randomTensor(2, 3, 2), { beta: 0 });
    expect(y.data.some(Number.isNaN)).toBe(false);
  });

  test('shapes that do not fit are refused', () => {
    const [a, b] = [randomTensor(1, 2, 3), randomTensor(2, 3, 4)];
    expect(() => ops.addmm(randomTensor(3, 2, 4), a, randomTensor(2, 4, 4))).toThrow(ShapeError);
    expect(() => ops.addmm(randomTensor(3, 3, 4), a, b)).toThrow(ShapeError);
    expect(() => ops.addmm(randomTensor(3, 1, 2, 4), a, b)).toThrow(ShapeError);
    expect(() => ops.addmm(randomTensor(3, 2, 4), a, b, { transposeMat1: true })).toThrow(ShapeError);
  });
});
