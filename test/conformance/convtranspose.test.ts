import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { ops } from '../../src/index.js';
import { asRow, rowOf } from '../oracle/array.js';
import { convTransposeBackward, convTransposeForward, type ConvTransposeOptions } from '../oracle/convtranspose.js';
import { expectGradients, expectWithin, label, randomTensor, rowsOf } from './within.js';

type Four = [number, number, number, number];
type Row = [x: Four, w: Four, options?: Partial<ConvTransposeOptions>];

const channels: Row[] = [1, 3, 4, 5, 7, 8, 9, 16, 17].flatMap((count): Row[] => [
  [[1, count, 4, 3], [count, 4, 3, 3]],
  [[2, 4, 3, 4], [4, count, 3, 3], { stride: [2, 2] }],
  [[1, count, 4, 5], [count, count, 1, 1]],
]);

const geometry: Row[] = [
  [[1, 1, 1, 1], [1, 1, 1, 1]],
  [[3, 2, 1, 1], [2, 5, 4, 3]],
  [[1, 2, 1, 1], [2, 3, 5, 5], { padding: [2, 1], stride: [3, 2] }],
  [[2, 4, 5, 7], [4, 6, 2, 2], { stride: [2, 2] }],
  [[1, 6, 8, 8], [6, 3, 4, 4], { stride: [2, 2], padding: [1, 1] }],
  [[1, 3, 4, 5], [3, 4, 3, 3], { stride: [2, 3], padding: [1, 0], outputPadding: [1, 2] }],
  [[2, 3, 4, 3], [3, 4, 2, 1], { stride: [3, 4], outputPadding: [2, 3] }],
  [[1, 3, 5, 4], [3, 2, 3, 3], { padding: [3, 2] }],
  [[2, 2, 4, 4], [2, 3, 1, 1], { padding: [1, 1], stride: [2, 2] }],
  [[1, 5, 9, 2], [5, 3, 2, 5], { stride: [1, 3], padding: [0, 2] }],
];

const dilated: Row[] = [
  [[1, 2, 4, 3], [2, 3, 3, 3], { dilation: [2, 2] }],
  [[2, 3, 4, 5], [3, 4, 3, 2], { dilation: [3, 2], padding: [3, 1], stride: [2, 1] }],
  [[1, 3, 3, 4], [3, 4, 2, 3], { dilation: [4, 3], stride: [2, 3], outputPadding: [3, 2] }],
  [[1, 2, 3, 3], [2, 2, 2, 2], { dilation: [3, 3], outputPadding: [2, 1] }],
  [[1, 2, 5, 5], [2, 3, 3, 3], { dilation: [2, 2], stride: [4, 4], padding: [1, 3] }],
  [[3, 2, 1, 1], [2, 3, 1, 1], { dilation: [3, 2], outputPadding: [2, 1] }],
  [[2, 3, 1, 4], [3, 1, 1, 1], { dilation: [2, 2], outputPadding: [1, 0] }],
];

const grouped: Row[] = [
  [[2, 4, 4, 3], [4, 3, 3, 3], { groups: 2, stride: [2, 1] }],
  [[1, 9, 3, 4], [9, 5, 2, 3], { groups: 3, padding: [1, 1] }],
  [[1, 34, 3, 3], [34, 9, 3, 3], { groups: 2, padding: [1, 1] }],
  ...[2, 5, 8, 17].map((c): Row => [[2, c, 4, 4], [c, 1, 3, 3], { groups: c, padding: [1, 1] }]),
  ...[3, 9].map((c): Row => [[1, c, 4, 3], [c, 1, 3, 3], { groups: c, stride: [2, 3], outputPadding: [1, 0] }]),
  [[1, 6, 4, 4], [6, 1, 2, 4], { groups: 6, stride: [1, 2], dilation: [2, 1] }],
  [[1, 4, 3, 3], [4, 3, 3, 3], { groups: 4 }],
];

const tables = { channels, geometry, dilated, grouped };
const complete = (given: Partial<ConvTransposeOptions> = {}): ConvTransposeOptions => ({ stride: [1, 1], padding: [0, 0], outputPadding: [0, 0], dilation: [1, 1], groups: 1, ...given });

for (const [table, rows] of Object.entries(tables))
  describe(`convTranspose2d: ${table}`, () => {
    rows.forEach(([xs, ws, given], at) =>
      test(label([xs, ws], given), () => {
        const options = complete(given);
        const [x, w] = [randomTensor(1, ...xs), randomTensor(2, ...ws)];
        const b = at % 3 === 2 ? null : randomTensor(3, ws[1] * options.groups);
        const y = ops.convTranspose2d(x, w, b, given);
        expectWithin('y', y, convTransposeForward(x, w, b, options));
        const dy = randomTensor(4, ...y.shape);
        const { input, weight, bias } = convTransposeBackward(x, w, dy, options);
        expectGradients(y.backward(dy), b ? { input, weight, bias } : { input, weight });
      }),
    );
  });

test('an image alone equals its row in a batch, bit for bit', () => {
  for (const [[, ...image], ws, given = {}] of Object.values(tables).flat()) {
    const [x, w] = [randomTensor(1, 3, ...image), randomTensor(2, ...ws)];
    const batch = ops.convTranspose2d(x, w, null, given);
    const alone = ops.convTranspose2d(rowsOf(x, 2), w, null, given);
    expect(alone.data).toEqual(rowsOf(batch, 2).data);
    const dy = randomTensor(4, ...batch.shape);
    expect(alone.backward(rowsOf(dy, 2)).input.data).toEqual(rowsOf(batch.backward(dy).input, 2).data);
  }
});

test.each([
  [[2, 4, 9], [4, 5, 3], { stride: 2, padding: 1, outputPadding: 1 }],
  [[1, 6, 5], [6, 2, 4], { groups: 3, dilation: 3, outputPadding: 2 }],
  [[3, 1, 1], [1, 7, 5], {}],
  [[2, 5, 6], [5, 1, 3], { groups: 5, stride: 3 }],
] as [[number, number, number], [number, number, number], Record<string, number>][])('convTranspose1d %j %j %j', (xs, ws, given) => {
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = given;
  const [x, w, b] = [randomTensor(1, ...xs), randomTensor(2, ...ws), randomTensor(3, ws[1] * groups)];
  const options = { stride: [1, stride], padding: [0, padding], outputPadding: [0, outputPadding], dilation: [1, dilation], groups } as const;
  const y = ops.convTranspose1d(x, w, b, given);
  expectWithin('y', y, rowOf(convTransposeForward(asRow(x), asRow(w), b, options)));
  const dy = randomTensor(4, ...y.shape);
  const { input, weight, bias } = convTransposeBackward(asRow(x), asRow(w), asRow(dy), options);
  expectGradients(y.backward(dy), { input: rowOf(input), weight: rowOf(weight), bias });
  const single = ops.convTranspose1d({ data: x.data.slice(0, xs[1] * xs[2]), shape: xs.slice(1) }, w, b, given);
  expect(single.shape).toEqual(y.shape.slice(1));
  expect(single.data).toEqual(rowsOf(y, 0).data);
});

test('what does not fit is refused', () => {
  const [x, w] = [randomTensor(1, 1, 4, 3, 3), randomTensor(2, 4, 3, 2, 2)];
  const wrong = [{ stride: 0 }, { padding: -1 }, { padding: 2 }, { outputPadding: 1 }, { outputPadding: 2, stride: 2 }, { outputPadding: -1 }, { groups: 3 }, { groups: 0 }, { dilation: 0 }, { stride: NaN }];
  for (const options of wrong) expect(() => ops.convTranspose2d(x, w, null, options), JSON.stringify(options)).toThrow(OptionError);
  expect(() => ops.convTranspose2d(x, randomTensor(1, 3, 3, 2, 2))).toThrow(ShapeError);
  expect(() => ops.convTranspose2d(x, w, randomTensor(1, 4))).toThrow(ShapeError);
  expect(() => ops.convTranspose2d(x, randomTensor(1, 4, 3, 2))).toThrow(ShapeError);
  expect(() => ops.convTranspose1d(x, w)).toThrow(ShapeError);
  expect(() => ops.convTranspose2d(x, w, null, { outputPadding: 1, dilation: 2 })).not.toThrow();
});

test('it is the matrix of the convolution, transposed: <conv(a), b> = <a, convTranspose(b)>', () => {
  const [a, w] = [randomTensor(1, 1, 3, 7, 8), randomTensor(2, 5, 3, 3, 2)];
  const options = { stride: [2, 3] as const, padding: [1, 0] as const };
  const forward = ops.conv2d(a, w, null, options);
  const b = randomTensor(3, ...forward.shape);
  const back = ops.convTranspose2d(b, w, null, { ...options, outputPadding: [0, 0] });
  expect(back.shape).toEqual(a.shape);
  const dot = (p: Float32Array, q: Float32Array): number => p.reduce((sum, v, i) => sum + v * q[i]!, 0);
  expect(Math.abs(dot(forward.data, b.data) - dot(a.data, back.data))).toBeLessThan(1e-4);
});
