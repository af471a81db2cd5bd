import { expect, test } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import { ops } from '../../src/index.js';
import { randomTensor } from './within.js';

const [x, dy] = [randomTensor(1, 3, 5), randomTensor(2, 3, 5)];
const mask = Uint8Array.from(x.data, (_, i) => (i % 3 === 0 ? 0 : 1));

test.each([0, 0.25, 0.5])('p %f: kept numbers over 1 − p', (p) => {
  const y = ops.dropout(x, mask, { p });
  expect([...y.data]).toEqual([...x.data].map((v, i) => Math.fround(v * Math.fround(mask[i]! / (1 - p)))));
  expect([...y.backward(dy).input.data]).toEqual([...dy.data].map((v, i) => Math.fround(v * Math.fround(mask[i]! / (1 - p)))));
});

test('p 1: nothing is kept', () => {
  const y = ops.dropout(x, new Uint8Array(15), { p: 1 });
  expect(y.data.every((v) => v === 0)).toBe(true);
  expect(y.backward(dy).input.data.every((v) => v === 0)).toBe(true);
  expect(ops.dropout(x, mask, { p: 1, training: false }).data).toEqual(x.data);
});

test('p out of range is refused', () => {
  for (const p of [-0.1, 1.1, NaN]) expect(() => ops.dropout(x, mask, { p })).toThrow(OptionError);
});
