import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { ops, type Tensor } from '../../src/index.js';
import { asRow, rowOf, type Exact, type Numbers } from '../oracle/array.js';
import { conv2dBackward, conv2dForward } from '../oracle/conv2d.js';
import { expectGradients, expectWithin, label, randomTensor, rowsOf } from './within.js';

type Three = [number, number, number];
interface Options { readonly stride?: number; readonly padding?: number | 'same' | 'valid'; readonly dilation?: number; readonly groups?: number }
type Row = [x: Three, w: Three, options?: Options];

const rows: Row[] = [
  ...[1, 3, 4, 5, 7, 8, 9, 17].map((c): Row => [[2, c, 11], [c, c, 3], { padding: 1 }]),
  [[1, 1, 1], [1, 1, 1]],
  [[2, 7, 13], [5, 7, 1]],
  [[3, 4, 33], [8, 2, 5], { stride: 2, padding: 2, dilation: 2, groups: 2 }],
  [[2, 6, 9], [6, 1, 3], { groups: 6, stride: 2 }],
  [[1, 3, 10], [4, 3, 4], { padding: 'same' }],
  [[1, 3, 10], [4, 3, 4], { padding: 'same', dilation: 3 }],
  [[1, 3, 10], [4, 3, 10], { padding: 'valid' }],
  [[1, 2, 3], [3, 2, 2], { padding: 5, stride: 4 }],
];

const both = (padding: Options['padding']) => (typeof padding === 'number' ? ([0, padding] as const) : (padding ?? ([0, 0] as const)));

describe('conv1d', () => {
  rows.forEach(([xs, ws, given = {}], at) =>
    test(label([xs, ws], given), () => {
      const options = { stride: [1, given.stride ?? 1], padding: both(given.padding), dilation: [1, given.dilation ?? 1], groups: given.groups ?? 1 } as const;
      const [x, w, b] = [randomTensor(1, ...xs), randomTensor(2, ...ws), at % 3 === 2 ? null : randomTensor(3, ws[0])];
      const y = ops.conv1d(x, w, b, given);
      expectWithin('y', y, rowOf(conv2dForward(asRow(x), asRow(w), b, options)));
      const dy = randomTensor(4, ...y.shape);
      const { input, weight, bias } = conv2dBackward(asRow(x), asRow(w), asRow(dy), options);
      expectGradients(y.backward(dy), { input: rowOf(input), weight: rowOf(weight), ...(b && { bias }) });
      const single = ops.conv1d({ data: x.data.slice(0, xs[1] * xs[2]), shape: xs.slice(1) }, w, b, given);
      expect(single.shape).toEqual(y.shape.slice(1));
      expect(single.data).toEqual(rowsOf(y, 0).data);
    }),
  );

  test('sides of their own', () => {
    const [x, w] = [randomTensor(1, 2, 3, 6), randomTensor(2, 4, 3, 3)];
    const padded = { data: Float32Array.from({ length: 2 * 3 * 9 }, (_, i) => (i % 9 < 2 || i % 9 > 7 ? 0 : x.data[Math.floor(i / 9) * 6 + (i % 9) - 2]!)), shape: [2, 3, 9] };
    expectWithin('y', ops.conv1d(x, w, null, { padding: [2, 1] }), rowOf(conv2dForward(asRow(padded), asRow(w), null, { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 })));
  });

  test('what does not fit is refused', () => {
    const [x, w] = [randomTensor(1, 1, 4, 5), randomTensor(2, 3, 4, 3)];
    const wrong = [{ stride: 0 }, { stride: 2, padding: 'same' as const }, { dilation: 3 }, { padding: -1 }, { groups: 3 }, { stride: 1.5 }, { padding: [1, -1] as const }];
    for (const options of wrong) {
      expect(() => ops.conv1d(x, w, null, options), JSON.stringify(options)).toThrow(expect.toSatisfy((e) => e instanceof OptionError || e instanceof ShapeError));
    }
    expect(() => ops.conv1d(x, randomTensor(1, 3, 4, 3, 1))).toThrow(ShapeError);
    expect(() => ops.conv1d(randomTensor(1, 1, 4, 5, 5), w)).toThrow(ShapeError);
    expect(() => ops.conv1d(x, w, randomTensor(1, 4))).toThrow(ShapeError);
  });
});

/** Every kernel plane read backwards. */
function turned(w: Numbers): Tensor {
  const plane = w.shape[2]! * w.shape[3]!;
  return { data: Float32Array.from(w.data, (_, i) => w.data[Math.floor(i / plane) * plane + plane - 1 - (i % plane)]!), shape: w.shape };
}

const turnedBack = (w: Exact): Exact => ({ data: Float64Array.from(turned64(w.data, w.shape)), magnitude: Float64Array.from(turned64(w.magnitude, w.shape)), shape: w.shape, terms: w.terms });

function turned64(data: Float64Array, shape: readonly number[]): Float64Array {
  const plane = shape[2]! * shape[3]!;
  return data.map((_, i) => data[Math.floor(i / plane) * plane + plane - 1 - (i % plane)]!);
}

describe('true convolution', () => {
  const options = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
  test.each([
    [[2, 3, 6, 7], [4, 3, 3, 2], {}],
    [[1, 4, 6, 6], [6, 2, 2, 3], { groups: 2, stride: [2, 1], padding: [1, 2] }],
    [[2, 5, 5, 4], [5, 1, 3, 3], { groups: 5, padding: [1, 1] }],
    [[1, 3, 4, 5], [2, 3, 4, 5], {}],
    [[1, 2, 7, 7], [9, 2, 4, 2], { padding: 'same', dilation: [1, 2] }],
  ] as [number[], number[], object][])('%j %j %j', (xs, ws, given) => {
    const full = { ...options, ...given };
    const [x, w, b] = [randomTensor(1, ...xs), randomTensor(2, ...ws), randomTensor(3, ws[0]!)];
    const y = ops.conv2d(x, w, b, { ...full, rotate: true });
    expectWithin('y', y, conv2dForward(x, turned(w), b, full));
    const dy = randomTensor(4, ...y.shape);
    const { input, weight, bias } = conv2dBackward(x, turned(w), dy, full);
    expectGradients(y.backward(dy), { input, weight: turnedBack(weight), bias });
  });
});
