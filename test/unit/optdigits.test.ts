import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.js';
import { openData } from '../../src/data/open.js';
import { optdigits, parseOptdigits } from '../../src/data/optdigits.js';

const dir = mkdtempSync(join(tmpdir(), 'convasm-csv-'));
afterAll(() => rmSync(dir, { recursive: true }));

const row = (label: number) => [...Array.from({ length: 64 }, (_, i) => i % 17), label].join(',');

test('rows become pixels and labels, whatever the line ends', () => {
  const { pixels, labels } = parseOptdigits(`${row(3)}\r\n${row(9)}\n`, 'f.csv');
  expect([...labels]).toEqual([3, 9]);
  expect([pixels.length, pixels[16], pixels[17], pixels[64]]).toEqual([128, 16, 0, 0]);
});

test('a pixel is ink / 16, repeated 4x4', async () => {
  writeFileSync(join(dir, 'd_tra.csv'), `${row(1)}\n${row(2)}\n`);
  writeFileSync(join(dir, 'd_tes.csv.gz'), gzipSync(`${row(7)}\n`));
  const { train, test: held } = await openData(dir);
  expect([train.length, held?.length, train.shape.join()]).toEqual([2, 1, '1,32,32']);
  const out = new Float32Array(1024);
  held?.read(0, out, 0);
  expect([out[0], out[4], out[7], out[8], out[3 * 32 + 4], out[4 * 32]]).toEqual([0, 1 / 16, 1 / 16, 2 / 16, 1 / 16, 8 / 16]);
});

test('one file alone is split by holdout', async () => {
  const alone = mkdtempSync(join(tmpdir(), 'convasm-csv-'));
  writeFileSync(join(alone, 'd_tes.csv'), Array.from({ length: 10 }, (_, i) => row(i)).join('\n'));
  const { train, test: held } = await optdigits(alone, { holdout: 4, seed: 1 });
  expect([train.length, held?.length]).toEqual([6, 4]);
  rmSync(alone, { recursive: true });
});

test.each([
  ['', /f\.csv: empty, expected rows of 65 integers/],
  [`${row(1)}\n1,2,3\n`, /f\.csv: line 2 has 3 columns, expected 65/],
  [`${row(1)},5\n`, /line 1 has 66 columns/],
  [`${row(1)}\n\n${row(1)}\n`, /line 2 has 1 columns/],
  [row(1).replace(/^0/, '17'), /line 1, column 1 is "17", expected an integer from 0 to 16/],
  [row(1).replace(/^0/, '-1'), /column 1 is "-1"/],
  [row(1).replace(/^0/, 'abc'), /column 1 is "abc"/],
  [row(1).replace(/^0/, ''), /column 1 is ""/],
  [row(1).replace(/^0/, '0x1'), /column 1 is "0x1"/],
  [row(1).replace(/^0/, '1e0'), /column 1 is "1e0"/],
  [row(10), /line 1, column 65 is "10", expected an integer from 0 to 9/],
])('refuses %j', (text, message) => {
  expect(() => parseOptdigits(text, 'f.csv')).toThrow(FormatError);
  expect(() => parseOptdigits(text, 'f.csv')).toThrow(message);
});
