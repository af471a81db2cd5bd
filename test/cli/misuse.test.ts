import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { convasm, writeDigits } from './command.js';

const dir = mkdtempSync(join(tmpdir(), 'convasm-misuse-'));
afterAll(() => rmSync(dir, { recursive: true }));

beforeAll(() => {
  for (const name of ['data', 'empty', 'cut']) mkdirSync(join(dir, name));
  writeDigits(join(dir, 'data'), 40);
  writeDigits(join(dir, 'cut'), 40);
  writeFileSync(join(dir, 'cut', 'digits-labels-idx1-ubyte'), new Uint8Array([0, 0, 8, 1, 0, 0, 0, 40, 1]));
  writeFileSync(join(dir, 'noise'), new Uint8Array(64).fill(255));
  writeFileSync(join(dir, 'photo.jpg'), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0));
});

const TRAIN = ['train', '--model', 'lenet5', '--data', 'data'];

test.each([
  [[], 2, /a command is missing: start, train, eval, predict, picture, summary/],
  [['trian'], 2, /unknown command trian, did you mean train\?/],
  [['train'], 2, /--model is missing: --model NAME/],
  [['train', '--model', 'lenet'], 2, /unknown model lenet, did you mean lenet5\?/],
  [[...TRAIN, '--epoch', '3'], 2, /unknown option --epoch of train, did you mean --epochs\?/],
  [[...TRAIN, '--epochs', '0'], 2, /--epochs is 0, expected an integer from 1/],
  [[...TRAIN, '--epochs'], 2, /--epochs needs a value/],
  [[...TRAIN, '--lr', 'abc'], 2, /--lr is abc, expected a number above 0/],
  [[...TRAIN, '--lr', '0'], 2, /--lr is 0/],
  [[...TRAIN, '--seed', '-1'], 2, /--seed is -1, expected an integer from 0/],
  [[...TRAIN, '--batch-size', '1.5'], 2, /--batch-size is 1\.5/],
  [[...TRAIN, '--workers', '0'], 2, /--workers is 0/],
  [[...TRAIN, '--holdout', '20000'], 2, /holdout is 20,000, expected less than the 40 images of data/],
  [[...TRAIN, '--holdout', '-3'], 2, /--holdout is -3/],
  [[...TRAIN, '--out', 'none/w.safetensors'], 2, /--out none\/w\.safetensors: no folder .*none/],
  [[...TRAIN, '--out', 'data'], 2, /--out data: a folder, expected a file/],
  [[...TRAIN, '--checkpoint', 'none/c'], 2, /--checkpoint none\/c: no folder/],
  [[...TRAIN, '--resume', 'none'], 2, /--resume none: no such file/],
  [[...TRAIN, '--resume', 'noise'], 1, /^FormatError: noise: /],
  [[...TRAIN, '--seed', '1', '--seed', '2'], 2, /--seed is given twice/],
  [[...TRAIN, 'extra'], 2, /Unused args: "extra"/],
  [['train', '--model', 'lenet5', '--data', 'nowhere'], 2, /--data nowhere: no such folder/],
  [['train', '--model', 'lenet5', '--data', 'noise'], 2, /--data noise: a file, expected a folder/],
  [['train', '--model', 'lenet5', '--data', 'empty'], 1, /^FormatError: empty: no files, expected IDX files/],
  [['train', '--model', 'lenet5', '--data', 'cut'], 1, /^FormatError: digits-labels-idx1-ubyte: header promises 40 labels, 1 follow byte 8/],
  [['eval', '--model', 'lenet5', '--data', 'data'], 2, /--weights is missing/],
  [['eval', '--model', 'lenet5', '--weights', 'none', '--data', 'data'], 2, /--weights none: no such file/],
  [['eval', '--model', 'lenet5', '--weights', 'noise', '--data', 'data'], 1, /^FormatError: noise: /],
  [['predict', '--model', 'lenet5', '--weights', 'noise'], 2, /missing required args/],
  [['predict', '--model', 'lenet5', '--weights', 'noise', 'none.png'], 2, /image none\.png: no such file/],
  [['summary'], 2, /missing required args/],
  [['summary', 'resnet500'], 2, /unknown model resnet500, did you mean resnet50\?/],
  [['summary', 'yolo'], 2, /unknown model yolo, expected one of lenet5, lenet5_modern, .*resnet50/],
  [['summary', 'lenet5', '--input', '1,32'], 2, /--input is 1,32, expected C,H,W/],
  [['summary', 'lenet5', '--input', '3,32,32'], 1, /^ShapeError: c1: /],
  [['summary', 'lenet5', '--depth', '0'], 2, /--depth is 0/],
])('convasm %j: status %d', (args, status, message) => {
  const before = readdirSync(dir);
  const done = convasm(dir, ...args);
  expect(done.stderr).toMatch(message);
  expect(done.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect({ status: done.status, stdout: done.stdout }).toEqual({ status, stdout: '' });
  expect(readdirSync(dir)).toEqual(before);
});

test('--debug shows the stack', () => {
  expect(convasm(dir, 'train', '--debug').stderr).toMatch(/UsageError: --model is missing[^]*\n +at /);
});

test.each([['--help'], ['-h'], ['train', '--help'], ['--version'], ['train', '--version']])('convasm %s %s says it and ends well', (...args) => {
  const { status, stdout, stderr } = convasm(dir, ...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^convasm\/\d+\.\d+\.\d+/);
});
