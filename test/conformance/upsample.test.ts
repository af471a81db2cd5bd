import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { ops } from '../../src/index.js';
import { upsampleBackward, upsampleForward, type UpsampleOracleOptions } from '../oracle/upsample.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

type Row = [x: [number, number, number, number], where: { size: [number, number] } | { scaleFactor: [number, number] }];

const rows: Row[] = [
  [[1, 1, 1, 1], { scaleFactor: [3, 4] }],
  ...[1, 3, 4, 5, 7, 8, 9, 16, 17, 33].map((c): Row => [[2, c, 3, 4], { scaleFactor: [2, 2] }]),
  [[3, 2, 4, 5], { scaleFactor: [3, 1] }],
  [[1, 3, 5, 4], { scaleFactor: [1.5, 2.7] }],
  [[1, 3, 7, 9], { scaleFactor: [0.5, 0.3] }],
  [[1, 4, 4, 4], { scaleFactor: [1.05, 1] }],
  [[2, 3, 3, 5], { size: [7, 11] }],
  [[1, 2, 8, 6], { size: [3, 1] }],
  [[1, 2, 1, 6], { size: [4, 6] }],
  [[1, 2, 3, 3], { size: [1, 6] }],
];

const modes: UpsampleOracleOptions[] = [{ mode: 'nearest' }, { mode: 'bilinear' }, { mode: 'bilinear', alignCorners: true }];

describe('upsample', () => {
  for (const [xs, where] of rows)
    for (const mode of modes)
      test(label([xs], { ...where, ...mode }), () => {
        const x = randomTensor(1, ...xs);
        const options = { ...where, ...mode };
        const y = ops.upsample(x, options);
        expectWithin('y', y, upsampleForward(x, options), 16);
        const dy = randomTensor(2, ...y.shape);
        expectGradients(y.backward(dy), { input: upsampleBackward(x, dy, options) }, 16);
      });

  test('nearest copies what it reads, bit for bit', () => {
    const x = { data: Float32Array.of(NaN, -0, Infinity, 1e-45), shape: [1, 1, 2, 2] };
    const y = ops.upsample(x, { scaleFactor: 2 });
    expect([...y.data]).toEqual([NaN, NaN, -0, -0, NaN, NaN, -0, -0, Infinity, Infinity, 1.401298464324817e-45, 1.401298464324817e-45, Infinity, Infinity, 1.401298464324817e-45, 1.401298464324817e-45]);
  });

  test('what does not fit is refused', () => {
    const x = randomTensor(1, 1, 2, 4, 4);
    const wrong = [{}, { size: 2, scaleFactor: 2 }, { size: 0 }, { scaleFactor: 0 }, { scaleFactor: -1 }, { scaleFactor: NaN }, { scaleFactor: Infinity }, { scaleFactor: 0.1 }, { scaleFactor: 1e9 }, { size: 1.5 }, { scaleFactor: 2, alignCorners: true }, { scaleFactor: 2, mode: 'cubic' as 'nearest' }];
    for (const options of wrong) expect(() => ops.upsample(x, options), JSON.stringify(options)).toThrow(OptionError);
    expect(() => ops.upsample(randomTensor(1, 4), { scaleFactor: 2 })).toThrow(ShapeError);
  });
});
