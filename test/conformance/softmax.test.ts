import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { ops } from '../../src/index.js';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from '../oracle/softmax.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

/** exp, its sum and its division take more roundings than an addition; each is counted as this many. */
const ROUNDINGS = 24;

const pairs = [
  { op: ops.softmax, name: 'softmax', forward: softmaxForward, backward: softmaxBackward },
  { op: ops.logSoftmax, name: 'logSoftmax', forward: logSoftmaxForward, backward: logSoftmaxBackward },
];

const shapes: number[][] = [[1], [5], [1, 1], ...[3, 4, 5, 7, 8, 9, 17].map((c) => [3, c]), [2, 3, 4], [2, 5, 3, 3], [1, 1, 7, 1], [2, 1100]];

const rows: [string, number[]][] = [
  ['one -inf', [1, -Infinity, 2, 0, 3]],
  ['only -inf', [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity]],
  ['+inf', [1, Infinity, 2, 0, 3]],
  ['NaN', [1, NaN, 2, 0, 3]],
  ['NaN at the end', [1, 2, 3, 4, NaN]],
  ['equal numbers', [7, 7, 7, 7, 7]],
  ['far apart', [-1000, 0, 1000, 999, 998]],
  ['huge', [3.4e38, -3.4e38, 0, 1, 2]],
  ['below the normal numbers', [0, -87, -95, -103, -110]],
];

for (const { op, name, forward, backward } of pairs)
  describe(name, () => {
    for (const shape of shapes)
      for (let dim = -shape.length; dim < shape.length; dim++)
        test(label([shape], { dim }), () => {
          const x = { data: randomTensor(1, ...shape).data.map((v) => 8 * v), shape };
          const y = op(x, dim);
          expectWithin('y', y, forward(x, dim), ROUNDINGS);
          const dy = randomTensor(2, ...shape);
          expectGradients(y.backward(dy), { input: backward(x, dy, dim) }, ROUNDINGS);
        });

    test.each(rows)('%s', (_, values) => {
      const x = { data: Float32Array.from([...values, 0.5, -1, 2, 0, 1]), shape: [2, 5] };
      expectWithin('y', op(x, 1), forward(x, 1), ROUNDINGS);
      expectWithin('y', op({ data: x.data.slice(0, 5), shape: [5, 1] }, 0), forward({ data: x.data.slice(0, 5), shape: [5, 1] }, 0), ROUNDINGS);
    });

    test('a dimension that is not there is refused', () => {
      for (const dim of [2, -3, 0.5, NaN])
        expect(() => op(randomTensor(1, 2, 3), dim), String(dim)).toThrow(expect.toSatisfy((e) => e instanceof OptionError || e instanceof ShapeError));
    });
  });
