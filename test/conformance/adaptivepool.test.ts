import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { ops } from '../../src/index.js';
import { adaptiveAvgBackward, adaptiveAvgForward, adaptiveMaxBackward, adaptiveMaxForward } from '../oracle/adaptivepool.js';
import { asRow, rowOf } from '../oracle/array.js';
import { avgPool2dBackward, avgPool2dForward, maxPool2dBackward, maxPool2dForward } from '../oracle/pool2d.js';
import { expectGradients, expectWithin, label, randomTensor, rowsOf } from './within.js';

type Four = [number, number, number, number];
type Row = [x: Four, size: [number, number]];

const rows: Row[] = [
  [[1, 1, 1, 1], [1, 1]],
  ...[1, 3, 4, 5, 7, 8, 9, 17].flatMap((c): Row[] => [[[2, c, 7, 5], [1, 1]], [[2, c, 7, 5], [3, 4]]]),
  [[1, 8, 9, 13], [6, 6]],
  [[1, 3, 6, 8], [3, 2]],
  [[3, 2, 2, 3], [5, 7]],
  [[1, 4, 1, 9], [1, 4]],
  [[1, 2, 10, 1], [3, 1]],
  [[1, 3, 6, 7], [6, 7]],
  [[1, 5, 6, 7], [2, 3]],
  [[1, 6, 23, 19], [1, 1]],
  [[1, 2, 31, 29], [7, 1]],
];

describe('adaptive pooling', () => {
  for (const [xs, size] of rows)
    test(label([xs, size]), () => {
      const x = randomTensor(1, ...xs);
      const mean = ops.adaptiveAvgPool2d(x, size);
      expectWithin('mean', mean, adaptiveAvgForward(x, size));
      const dy = randomTensor(2, ...mean.shape);
      expectGradients(mean.backward(dy), { input: adaptiveAvgBackward(x, dy) });
      const most = ops.adaptiveMaxPool2d(x, size);
      const want = adaptiveMaxForward(x, size);
      expectWithin('maximum', most, want.output);
      expect([...most.indices]).toEqual([...want.indices]);
      expectGradients(most.backward(dy), { input: adaptiveMaxBackward(x, dy) });
    });

  test('null keeps a size, one number counts for both, one image needs no batch', () => {
    const x = randomTensor(1, 2, 3, 5, 6);
    expect(ops.adaptiveAvgPool2d(x, [null, 2]).data).toEqual(ops.adaptiveAvgPool2d(x, [5, 2]).data);
    expect(ops.adaptiveMaxPool2d(x, null).data).toEqual(x.data);
    expect(ops.adaptiveAvgPool2d(x, 2).data).toEqual(ops.adaptiveAvgPool2d(x, [2, 2]).data);
    const single = ops.adaptiveMaxPool2d({ data: x.data.slice(0, 90), shape: [3, 5, 6] }, 2);
    expect(single.shape).toEqual([3, 2, 2]);
    expect(single.data).toEqual(rowsOf(ops.adaptiveMaxPool2d(x, 2), 0).data);
  });

  test.each([[[2, 3, 11], 4], [[1, 5, 12], 3], [[2, 1, 3], 7], [[1, 9, 70], 1]] as [number[], number][])('sequences %j to %i', (xs, size) => {
    const x = randomTensor(1, ...xs);
    const mean = ops.adaptiveAvgPool1d(x, size);
    expectWithin('mean', mean, rowOf(adaptiveAvgForward(asRow(x), [1, size])));
    const dy = randomTensor(2, ...mean.shape);
    expectGradients(mean.backward(dy), { input: rowOf(adaptiveAvgBackward(asRow(x), asRow(dy))) });
    const most = ops.adaptiveMaxPool1d(x, size);
    const want = adaptiveMaxForward(asRow(x), [1, size]);
    expectWithin('maximum', most, rowOf(want.output));
    expect([...most.indices]).toEqual([...want.indices]);
    expectGradients(most.backward(dy), { input: rowOf(adaptiveMaxBackward(asRow(x), asRow(dy))) });
  });

  test('NaN, infinities and zeros of both signs', () => {
    for (const values of [[1, NaN, -2, 3], [NaN], [Infinity, 1, -Infinity, 2, -5], [-Infinity], [-0, 0, -0], [3, 3, 3, 3, 1]]) {
      const x = { data: Float32Array.from({ length: 5 * 30 }, (_, i) => values[(i * 7) % values.length]!), shape: [1, 5, 5, 6] };
      for (const size of [[1, 1], [3, 4], [5, 2]] as [number, number][]) {
        const want = adaptiveMaxForward(x, size);
        const most = ops.adaptiveMaxPool2d(x, size);
        expectWithin('maximum', most, want.output);
        expect([...most.indices]).toEqual([...want.indices]);
        expectWithin('mean', ops.adaptiveAvgPool2d(x, size), adaptiveAvgForward(x, size));
      }
    }
  });

  test('sizes out of range are refused', () => {
    const x = randomTensor(1, 1, 2, 4, 4);
    for (const size of [0, -1, 1.5, NaN]) {
      expect(() => ops.adaptiveAvgPool2d(x, size), String(size)).toThrow(OptionError);
      expect(() => ops.adaptiveMaxPool2d(x, [1, size]), String(size)).toThrow(OptionError);
      expect(() => ops.adaptiveAvgPool1d(randomTensor(1, 2, 3), size), String(size)).toThrow(OptionError);
    }
    expect(() => ops.adaptiveAvgPool2d(randomTensor(1, 4), 1)).toThrow(ShapeError);
    expect(() => ops.adaptiveMaxPool1d(x, 1)).toThrow(ShapeError);
  });
});

describe('pooling of sequences', () => {
  const cases: [number[], number, { stride?: number; padding?: number; ceilMode?: boolean }][] = [
    [[2, 3, 12], 2, {}],
    [[2, 3, 15], 3, { stride: 2 }],
    [[1, 5, 10], 3, { stride: 2, padding: 1, ceilMode: true }],
    [[3, 1, 7], 7, {}],
    [[1, 9, 8], 2, { stride: 3, padding: 1 }],
  ];
  for (const [xs, kernel, given] of cases)
    test(label([xs, [kernel]], given), () => {
      const x = randomTensor(1, ...xs);
      const windows = { kernel: [1, kernel], stride: [1, given.stride ?? kernel], padding: [0, given.padding ?? 0], ceilMode: given.ceilMode ?? false } as const;
      for (const dilation of [1, 2]) {
        if (dilation === 2 && kernel === 7) continue;
        const options = { ...windows, dilation: [1, dilation] } as const;
        const most = ops.maxPool1d(x, kernel, { ...given, dilation });
        const want = maxPool2dForward(asRow(x), options);
        expectWithin('maximum', most, rowOf(want.output));
        expect([...most.indices]).toEqual([...want.indices]);
        const dy = randomTensor(2, ...most.shape);
        expectGradients(most.backward(dy), { input: rowOf(maxPool2dBackward(asRow(x), asRow(dy), options)) });
      }
      for (const countIncludePad of [true, false]) {
        const options = { ...windows, countIncludePad, divisorOverride: null };
        const mean = ops.avgPool1d(x, kernel, { ...given, countIncludePad });
        expectWithin('mean', mean, rowOf(avgPool2dForward(asRow(x), options)));
        const dy = randomTensor(2, ...mean.shape);
        expectGradients(mean.backward(dy), { input: rowOf(avgPool2dBackward(asRow(x), asRow(dy), options)) });
      }
    });

  test('what does not fit is refused', () => {
    const x = randomTensor(1, 1, 2, 4);
    for (const options of [{ stride: 0 }, { padding: -1 }, { padding: 2 }, { stride: 0.5 }]) {
      expect(() => ops.maxPool1d(x, 2, options), JSON.stringify(options)).toThrow(OptionError);
      expect(() => ops.avgPool1d(x, 2, options), JSON.stringify(options)).toThrow(OptionError);
    }
    expect(() => ops.maxPool1d(x, 5)).toThrow(OptionError);
    expect(() => ops.avgPool1d(randomTensor(1, 1, 2, 4, 4), 2)).toThrow(ShapeError);
  });
});
