import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { ops } from '../../src/index.js';
import { Conv2d } from '../../src/layers/index.js';
import { Plan } from '../../src/plan/plan.js';
import { ParameterStore } from '../../src/plan/store.js';
import { conv2dBackward, conv2dForward, type ConvOptions } from '../oracle/conv2d.js';
import { expectGradients, expectWithin, label, randomTensor, rowsOf } from './within.js';

type Four = [number, number, number, number];
type Row = [x: Four, w: Four, options?: Partial<ConvOptions>];

/** Every channel count around the register tile, in and out. */
const channels: Row[] = [1, 3, 4, 5, 7, 8, 9, 16, 17].flatMap((count): Row[] => [
  [[1, count, 5, 6], [4, count, 3, 3]],
  [[2, 4, 5, 6], [count, 4, 3, 3]],
  [[1, count, 4, 5], [count, count, 1, 1]],
]);

const geometry: Row[] = [
  [[1, 1, 1, 1], [1, 1, 1, 1]],
  [[3, 1, 1, 1], [5, 1, 1, 1]],
  [[1, 2, 1, 1], [3, 2, 3, 3], { padding: [1, 1] }],
  [[1, 2, 5, 7], [3, 2, 5, 7]],
  [[3, 3, 4, 4], [2, 3, 6, 6], { padding: [1, 1] }],
  [[1, 3, 9, 9], [4, 3, 2, 2], { stride: [3, 3] }],
  [[2, 3, 11, 10], [5, 3, 1, 1], { stride: [4, 3] }],
  [[2, 3, 7, 9], [4, 3, 3, 3], { stride: [2, 2], padding: [1, 1] }],
  [[1, 3, 8, 8], [4, 3, 3, 3], { stride: [2, 2] }],
  [[1, 3, 8, 6], [4, 3, 2, 5], { stride: [1, 3], padding: [0, 2] }],
  [[2, 2, 6, 1], [3, 2, 3, 1], { padding: [1, 0] }],
  [[2, 2, 1, 6], [3, 2, 1, 4]],
  [[1, 2, 4, 3], [3, 2, 3, 3], { padding: [4, 5] }],
  [[1, 2, 4, 4], [3, 2, 2, 2], { padding: [3, 3], stride: [3, 3] }],
  [[1, 5, 33, 3], [8, 5, 3, 3], { padding: [1, 1] }],
  [[3, 4, 13, 13], [4, 4, 3, 3], { padding: [1, 1] }],
  [[1, 3, 19, 19], [6, 3, 11, 11], { stride: [4, 4], padding: [2, 2] }],
];

const dilated: Row[] = [
  [[1, 2, 7, 8], [3, 2, 3, 3], { dilation: [2, 2] }],
  [[2, 3, 9, 7], [4, 3, 3, 2], { dilation: [3, 2], padding: [3, 1] }],
  [[1, 4, 10, 10], [5, 4, 2, 3], { dilation: [4, 3], stride: [2, 3], padding: [2, 3] }],
  [[1, 2, 5, 5], [3, 2, 3, 3], { dilation: [2, 2], padding: [2, 2], stride: [3, 3] }],
];

const same: Row[] = [
  [[1, 2, 5, 6], [3, 2, 2, 2], { padding: 'same' }],
  [[2, 3, 6, 5], [4, 3, 4, 3], { padding: 'same' }],
  [[1, 2, 7, 7], [3, 2, 2, 4], { padding: 'same', dilation: [3, 1] }],
  [[1, 4, 3, 3], [4, 4, 5, 6], { padding: 'same' }],
  [[1, 2, 5, 6], [3, 2, 3, 2], { padding: 'valid' }],
];

const grouped: Row[] = [
  [[2, 4, 5, 5], [6, 2, 3, 3], { groups: 2, padding: [1, 1] }],
  [[1, 9, 5, 6], [12, 3, 3, 3], { groups: 3 }],
  [[1, 10, 6, 5], [10, 5, 2, 2], { groups: 2, stride: [2, 1], dilation: [1, 2] }],
  [[2, 15, 4, 4], [25, 3, 1, 1], { groups: 5 }],
  [[1, 34, 4, 4], [18, 17, 3, 3], { groups: 2, padding: [1, 1] }],
  [[1, 12, 5, 5], [4, 3, 3, 3], { groups: 4, padding: [1, 1] }],
];

/** One filter per channel, or several ("multiplier"). */
const depthwise: Row[] = [1, 3, 4, 5, 8, 9, 17].flatMap((count): Row[] => [
  [[2, count, 6, 5], [count, 1, 3, 3], { groups: count, padding: [1, 1] }],
  [[1, count, 7, 8], [count * 2, 1, 3, 2], { groups: count, stride: [2, 1] }],
  [[1, count, 6, 6], [count * 3, 1, 2, 2], { groups: count, dilation: [2, 2], padding: 'same' }],
]);

/** Many channels on both sides: the weight gradient copies x and dy into panels; chunks of image rows, terms that do not come in fours. */
const many: Row[] = [
  [[1, 32, 3, 3], [64, 32, 3, 3], { padding: [1, 1] }],
  [[3, 33, 7, 5], [65, 33, 3, 3], { padding: [1, 1] }],
  [[2, 36, 9, 11], [70, 36, 3, 2], { stride: [2, 2], padding: [0, 1] }],
  [[2, 35, 24, 23], [67, 35, 2, 3], { dilation: [1, 2] }],
  [[5, 32, 7, 7], [64, 32, 1, 1], { stride: [2, 2] }],
  [[1, 32, 2, 390], [64, 32, 1, 2]],
];

/** Contractions longer than a cache block: over channels and taps forward, over images and pixels for the weights. */
const long: Row[] = [
  [[1, 300, 3, 3], [5, 300, 1, 1]],
  [[2, 67, 4, 4], [6, 67, 3, 3], { padding: [1, 1] }],
  [[1, 1100, 2, 2], [3, 1100, 1, 1]],
  [[1, 44, 6, 6], [9, 44, 5, 5]],
  [[3, 3, 20, 20], [4, 3, 2, 2]],
  [[1, 6, 12, 12], [300, 6, 1, 1]],
  [[1, 3, 8, 8], [261, 3, 3, 3], { padding: [1, 1] }],
];

/** One pixel, alone a single row: panels by fours, of which some or a part of one are left; sums of several blocks. */
const rows: Row[] = [[1, 8], [1, 25], [5, 32], [3, 33], [800, 77], [30, 18, 4]].map(([ci, co, side = 1]): Row => [[2, ci!, side, side], [co!, ci!, side, side]]);

/** 3x3 in tiles of four pixels, beside borders; sums of weights over more pixels than one block. */
const depthwiseTiles: Row[] = [4, 6, 33].flatMap((count): Row[] => [
  [[3, count, 12, 15], [count, 1, 3, 3], { groups: count, padding: [1, 1] }],
  [[1, count, 9, 14], [count, 1, 3, 3], { groups: count, padding: [0, 2] }],
  [[2, count, 3, 10], [count, 1, 3, 3], { groups: count, padding: [2, 0] }],
  [[2, count, 23, 21], [count, 1, 3, 3], { groups: count, stride: [2, 2], padding: [1, 1] }],
  [[1, count, 8, 11], [count, 1, 3, 3], { groups: count, stride: [2, 1], padding: [1, 1] }],
  [[1, count, 1, 6], [count, 1, 3, 3], { groups: count, padding: [1, 1] }],
]);

const tables = { channels, geometry, dilated, same, grouped, depthwise, depthwiseTiles, many, long, rows };

function conforms([xs, ws, given = {}]: Row, withBias: boolean): void {
  const options: ConvOptions = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, ...given };
  const [x, w, b] = [randomTensor(1, ...xs), randomTensor(2, ...ws), withBias ? randomTensor(3, ws[0]) : null];
  const y = ops.conv2d(x, w, b, options);
  expectWithin('y', y, conv2dForward(x, w, b, options));
  const dy = randomTensor(4, ...y.shape);
  const { input, weight, bias } = conv2dBackward(x, w, dy, options);
  expectGradients(y.backward(dy), withBias ? { input, weight, bias } : { input, weight });
}

for (const [table, rows] of Object.entries(tables))
  describe(`conv2d: ${table}`, () => {
    rows.forEach((row, at) => test(label([row[0], row[1]], row[2]), () => conforms(row, at % 3 !== 2)));
  });

describe('conv2d: an image alone equals its row in a batch, bit for bit', () => {
  for (const [[, ...image], ws, given = {}] of Object.values(tables).flat())
    test(label([image, ws], given), () => {
      const [x, w, b] = [randomTensor(1, 5, ...image), randomTensor(2, ...ws), randomTensor(3, ws[0])];
      const batch = ops.conv2d(x, w, b, given);
      const dy = randomTensor(4, ...batch.shape);
      const dx = batch.backward(dy).input;
      for (const at of [0, 3, 4]) {
        const alone = ops.conv2d(rowsOf(x, at), w, b, given);
        expect(alone.data).toEqual(rowsOf(batch, at).data);
        expect(alone.backward(rowsOf(dy, at)).input.data).toEqual(rowsOf(dx, at).data);
      }
    });
});

test('conv2d: a 1x1 kernel turns its weights for the input gradient of many pixels', () => {
  const stepsOf = (size: number): string[] => {
    const p = new Plan({ batchSize: 1, training: true, workers: 1 }, new ParameterStore());
    const y = p.layer('conv', new Conv2d(2, 3, 1, { bias: false }), p.input('x', [2, size, size], true));
    p.seedGradient(y, p.input('dy', y.shape).buffer);
    p.emitBackward();
    return p.steps.map(({ op }) => op).filter((op) => op.endsWith('BackwardInput') || op.endsWith('RotateWeight'));
  };
  expect(stepsOf(3)).toEqual(['linearBackwardInput']);
  expect(stepsOf(4)).toEqual(['conv2dRotateWeight', 'conv2dBackwardInput']);
});

describe('conv2d: options', () => {
  const [x, w] = [randomTensor(1, 1, 2, 5, 5), randomTensor(2, 3, 2, 3, 3)];

  test('a single number counts for both dimensions, and 1, 0, 1, 1 are the defaults', () => {
    expect(ops.conv2d(x, w, null, { stride: 2, padding: 1, dilation: 1 }).data).toEqual(ops.conv2d(x, w, null, { stride: [2, 2], padding: [1, 1] }).data);
    expect(ops.conv2d(x, w, null).data).toEqual(ops.conv2d(x, w, null, { stride: 1, padding: 0, dilation: 1, groups: 1 }).data);
  });

  test('what does not fit is refused', () => {
    const wrong = [{ stride: 0 }, { stride: -1 }, { stride: 1.5 }, { dilation: 0 }, { dilation: 3 }, { padding: -1 }, { groups: 0 }, { groups: 2 }, { groups: 1.5 }, { stride: NaN }];
    for (const options of wrong) {
      const call = (): unknown => ops.conv2d(x, w, null, options);
      expect(call, JSON.stringify(options)).toThrow(/^conv2d\b.*: /i);
      expect(call, JSON.stringify(options)).toThrow(expect.toSatisfy((e) => e instanceof OptionError || e instanceof ShapeError));
    }
    expect(() => ops.conv2d(x, randomTensor(1, 3, 3, 3, 3), null)).toThrow(ShapeError);
    expect(() => ops.conv2d(x, w, randomTensor(1, 2))).toThrow(ShapeError);
    expect(() => ops.conv2d(randomTensor(1, 5, 5), randomTensor(1, 5), null)).toThrow(ShapeError);
    expect(() => ops.conv2d({ data: new Float32Array(3), shape: [1, 2, 5, 5] }, w, null)).toThrow(ShapeError);
    expect(() => ops.conv2d(x, w, null).backward(randomTensor(1, 1, 3, 3, 2))).toThrow(ShapeError);
  });

  test('a NaN in the input reaches only the outputs that see it', () => {
    const spoilt = { data: x.data.slice(), shape: x.shape };
    spoilt.data[0] = NaN;
    const y = ops.conv2d(spoilt, w, null);
    expect(Array.from(y.data, Number.isNaN)).toEqual(Array.from(y.data, (_, i) => i % 9 === 0));
  });
});
