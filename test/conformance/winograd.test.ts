import { describe, expect, test } from 'vitest';
import { Conv2d } from '../../src/layers/index.js';
import type { Shape, Tensor } from '../../src/core/shape.js';
import { ops } from '../../src/index.js';
import { wire } from '../../src/ops/layers.js';
import { operate, planned, type OpResult } from '../../src/ops/run.js';
import { convMethod, type ConvGeometry, type WinogradTile } from '../../src/plan/convolution.js';
import type { Exact } from '../oracle/array.js';
import { conv2dBackward, conv2dForward, convOutputShape, padsOf, type ConvOptions } from '../oracle/conv2d.js';
import { label, randomTensor, rowsOf } from './within.js';

// Convolutions by Winograd's transforms: both tiles, on channels around vectors, panels and lines, images that tiles do not divide, any padding.

type Four = [number, number, number, number];
type Row = [x: Four, w: Four, padding?: [number, number] | Four];

const channels: Row[] = [
  [[2, 16, 8, 8], [16, 16, 3, 3], [1, 1]],
  [[1, 17, 6, 6], [19, 17, 3, 3], [1, 1]],
  [[2, 9, 8, 8], [33, 9, 3, 3], [1, 1]],
  [[1, 35, 8, 4], [8, 35, 3, 3], [1, 1]],
  [[1, 66, 4, 4], [13, 66, 3, 3], [1, 1]],
  [[1, 12, 8, 8], [70, 12, 3, 3], [1, 1]],
  [[3, 63, 4, 4], [65, 63, 3, 3], [1, 1]],
  [[1, 131, 6, 6], [26, 131, 3, 3], [1, 1]],
];

const geometry: Row[] = [
  [[1, 16, 6, 10], [17, 16, 3, 3]],
  [[3, 18, 7, 7], [16, 18, 3, 3], [1, 1]],
  [[1, 16, 13, 5], [16, 16, 3, 3], [1, 1]],
  [[2, 16, 4, 23], [20, 16, 3, 3], [1, 1]],
  [[1, 16, 31, 8], [16, 16, 3, 3], [1, 2]],
  [[2, 16, 14, 10], [16, 16, 3, 3], [2, 2]],
  [[1, 16, 10, 12], [17, 16, 3, 3], [3, 4]],
  [[1, 16, 12, 9], [16, 16, 3, 3], [0, 2, 1, 0]],
  [[2, 16, 9, 12], [18, 16, 3, 3], [2, 0, 0, 3]],
];

/** Several blocks of tiles, of channels; sums longer than a block. */
const blocks: Row[] = [
  [[2, 16, 30, 33], [16, 16, 3, 3], [1, 1]],
  [[9, 24, 8, 8], [16, 24, 3, 3], [1, 1]],
  [[2, 300, 4, 8], [70, 300, 3, 3], [1, 1]],
  [[1, 16, 8, 8], [520, 16, 3, 3], [1, 1]],
  [[5, 520, 4, 4], [40, 520, 3, 3], [1, 1]],
];

const tables = { channels, geometry, blocks };

function geometryOf([x, w, padding = [0, 0]]: Row): ConvGeometry {
  const options: ConvOptions = { stride: [1, 1], padding, dilation: [1, 1], groups: 1 };
  const [, co, ho, wo] = convOutputShape(x, w, options) as Four;
  const [[padTop, padBottom], [padLeft, padRight]] = [padsOf(padding, 0, 3, 1), padsOf(padding, 1, 3, 1)];
  return { ci: x[1], hi: x[2], wi: x[3], co, ho, wo, kh: w[2], kw: w[3], strideH: 1, strideW: 1, padTop, padLeft, padBottom, padRight, dilationH: 1, dilationW: 1, groups: 1 };
}

/** ops.conv2d by the largest tile given; operators take 4. */
function conv2d(tile: WinogradTile, x: Tensor, w: Tensor, b: Tensor | null, padding: Shape): OpResult<'input' | 'weight' | 'bias'> {
  const [n, ci, hi, wi] = x.shape as Four;
  const layer = new Conv2d(ci, w.shape[0]!, 3, { padding: padding as Four, bias: b !== null });
  let out: Shape = [];
  const plan = planned(`conv2d by tiles of ${tile}`, [x.shape, w.shape, padding, b !== null], n, (p) => {
    Object.assign(p, { winograd: tile });
    return wire('conv2d', p, p.input('x', [ci, hi, wi], true), layer);
  });
  out = plan.wiring.output.shape;
  return operate<'input' | 'weight' | 'bias'>(plan, { input: x.data, weight: w.data, ...(b && { bias: b.data }) }, [n, ...out], { input: x.shape, weight: w.shape, bias: [w.shape[0]!] }).result;
}

/** Largest error over what half of the golden cases' least tolerance allows, 1e-5·|e| + 32·2^-23·max |e|. */
function excess(x: Tensor, want: Exact): number {
  const largest = want.data.reduce((most, e) => Math.max(most, Math.abs(e)), 0);
  return want.data.reduce((most, e, i) => Math.max(most, Math.abs(x.data[i]! - e) / (1e-5 * Math.abs(e) + 32 * 2 ** -23 * largest) * 2), 0);
}

for (const tile of [4, 2] as const) {
  for (const [table, rows] of Object.entries(tables)) {
    describe(`conv2d by tiles of ${tile}x${tile}: ${table}`, () => {
      rows.forEach((row, at) => test(label([row[0], row[1]], row[2]), () => {
        const [xs, ws, padding = [0, 0]] = row;
        const options: ConvOptions = { stride: [1, 1], padding, dilation: [1, 1], groups: 1 };
        const [x, w, b] = [randomTensor(1, ...xs), randomTensor(2, ...ws), at % 3 === 2 ? null : randomTensor(3, ws[0])];
        const y = conv2d(tile, x, w, b, padding);
        const dy = randomTensor(4, ...y.shape);
        const [given, want] = [y.backward(dy), conv2dBackward(x, w, dy, options)];
        const errors = { y: excess(y, conv2dForward(x, w, b, options)), dx: excess(given.input, want.input), dw: excess(given.weight, want.weight) };
        for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(1);
      }));
    });
  }

  test(`an image alone equals its row in a batch, bit for bit, by tiles of ${tile}x${tile}`, () => {
    for (const [[, ...image], ws, padding = [0, 0]] of Object.values(tables).flat()) {
      const [x, w, b] = [randomTensor(1, 5, ...image), randomTensor(2, ...ws), randomTensor(3, ws[0])];
      const batch = conv2d(tile, x, w, b, padding);
      const dy = randomTensor(4, ...batch.shape);
      const dx = batch.backward(dy).input;
      for (const at of [0, 4]) {
        const alone = conv2d(tile, rowsOf(x, at), w, b, padding);
        expect(alone.data).toEqual(rowsOf(batch, at).data);
        expect(alone.backward(rowsOf(dy, at)).input.data).toEqual(rowsOf(dx, at).data);
      }
    }
  });
}

test('several blocks of tiles and of channels leave what an image alone leaves', () => {
  const [x, w] = [randomTensor(1, 70, 520, 4, 4), randomTensor(2, 40, 520, 3, 3)];
  const batch = ops.conv2d(x, w, null, { padding: 1 });
  for (const at of [0, 33, 65, 66, 69]) expect(ops.conv2d(rowsOf(x, at), w, null, { padding: 1 }).data).toEqual(rowsOf(batch, at).data);
});

describe('the planner chooses', () => {
  const methods = (tile: WinogradTile): string[] => Object.values(tables).flat().map((row) => convMethod(geometryOf(row), tile));

  test('tiles for every shape above', () => {
    expect(new Set(methods(4))).toEqual(new Set(['winograd4']));
    expect(new Set(methods(2))).toEqual(new Set(['winograd2']));
    expect(new Set(methods(false))).toEqual(new Set(['patches']));
  });

  const square = (ci: number, size: number, co = ci): string => convMethod(geometryOf([[1, ci, size, size], [co, ci, 3, 3], [1, 1]]));

  test('by the size of the map: half of the tiles that stand out are too many', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 28, 56].filter((size) => square(64, size) === 'winograd4')).toEqual([4, 6, 7, 8, 9, 14, 28, 56]);
  });

  test('by the channels: too few do not pay for the transforms', () => {
    expect([1, 3, 8, 15, 16, 64, 512].filter((channels) => square(channels, 14) === 'winograd4')).toEqual([16, 64, 512]);
    expect([square(3, 224, 64), square(8, 28, 32), square(64, 56, 8), square(8, 28, 16)]).toEqual(['patches', 'winograd4', 'winograd4', 'patches']);
  });

  test('never for another kernel, stride, dilation or for groups', () => {
    const g = geometryOf([[1, 64, 14, 14], [64, 64, 3, 3], [1, 1]]);
    for (const change of [{ kh: 1 }, { kw: 5 }, { strideH: 2 }, { strideW: 2 }, { dilationH: 2 }, { dilationW: 3 }, { groups: 2 }]) expect(convMethod({ ...g, ...change })).toBe('patches');
  });
});

test('NaN and infinity spread over their tile: to outputs that do not see them, but not beyond the tile', () => {
  const [x, w] = [randomTensor(1, 1, 16, 12, 12), randomTensor(2, 16, 16, 3, 3)];
  x.data[0] = Infinity;
  const spoilt = (y: Tensor): number[] => Array.from(y.data.subarray(0, 144), (value, i) => (Number.isFinite(value) ? -1 : i)).filter((i) => i >= 0);
  expect(spoilt(ops.conv2d(x, w, null, { padding: 1 })).every((i) => i % 12 < 4 && i / 12 < 4)).toBe(true);
  expect(spoilt(ops.conv2d(x, w, null, { padding: 1 })).length).toBeGreaterThan(4);
  expect(spoilt(conv2d(false, x, w, null, [1, 1]))).toEqual([0, 1, 12, 13]);
});
