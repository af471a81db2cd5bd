import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseArgv } from '../../src/cli/argv.js';
import type { Call } from '../../src/cli/commands.js';
import { failureOf, Interrupted, UsageError } from '../../src/cli/failure.js';
import { modelNamed } from '../../src/cli/models.js';
import { editDistance, nearest } from '../../src/cli/nearest.js';
import { existingFile, folder, integer, positive, writableFile } from '../../src/cli/values.js';
import { DivergedError, FormatError, OptionError } from '../../src/core/errors.js';

const dir = mkdtempSync(join(tmpdir(), 'convasm-argv-'));
writeFileSync(join(dir, 'file'), '');
afterAll(() => rmSync(dir, { recursive: true }));

const call = (options: Record<string, string>): Call => ({ args: [], options: new Map(Object.entries(options)) });

describe('the command line', () => {
  test('values as typed, whichever way they are joined', () => {
    const { command, options } = parseArgv(['train', '--seed', '-1', '--out=007', '--lr=1e-3', '--json', '--data', 'a=b']);
    expect(command?.name).toBe('train');
    expect([...options]).toEqual([['seed', '-1'], ['out', '007'], ['lr', '1e-3'], ['json', 'true'], ['data', 'a=b']]);
  });

  test('for cac every value is joined to its option', () => {
    expect(parseArgv(['predict', '--model', 'lenet5', '-h', '--', '-odd.png']).joined).toEqual(['predict', '--model=lenet5', '--help=true', './-odd.png']);
  });

  test.each([
    [['trian'], /^unknown command trian, did you mean train\?$/],
    [['xyzzy'], /^unknown command xyzzy, expected one of start, train, eval, predict, picture, summary$/],
    [['train', '--epoch', '3'], /^unknown option --epoch of train, did you mean --epochs\?$/],
    [['train', '--epcohs=3'], /did you mean --epochs\?/],
    [['train', '-e', '3'], /^unknown option -e of train/],
    [['summary', '--data', 'd'], /^unknown option --data of summary/],
    [['--wat'], /^unknown option --wat, expected one of --debug, --help, --version$/],
    [['train', '--epochs'], /^--epochs needs a value: --epochs N$/],
    [['train', '--epochs', '--json'], /^--epochs needs a value/],
    [['train', '--data='], /^--data needs a value/],
    [['train', '--json=yes'], /^--json takes no value$/],
    [['train', '--seed', '1', '--seed=2'], /^--seed is given twice$/],
    [['train', '--__proto__', '1'], /^unknown option --__proto__/],
  ])('%j is refused', (argv, message) => {
    expect(() => parseArgv(argv)).toThrow(UsageError);
    expect(() => parseArgv(argv)).toThrow(message);
  });
});

describe('values', () => {
  test('integers', () => {
    expect(integer(call({ epochs: '20' }), 'epochs', 5, 1, 100)).toBe(20);
    expect(integer(call({}), 'epochs', 5, 1, 100)).toBe(5);
    for (const text of ['0', '101', '-1', '1.5', 'abc', '0x10', '1e1', ' 1', '9007199254740993']) {
      expect(() => integer(call({ epochs: text }), 'epochs', 5, 1, 100)).toThrow(`--epochs is ${text}, expected an integer from 1 to 100`);
    }
  });

  test('positive numbers', () => {
    expect(['0.05', '.5', '1e-3', '5'].map((lr) => positive(call({ lr }), 'lr', 1))).toEqual([0.05, 0.5, 0.001, 5]);
    for (const lr of ['0', '-0.1', 'abc', 'NaN', 'Infinity', '1e39', '1e-60', '0x1', '1,5']) {
      expect(() => positive(call({ lr }), 'lr', 1)).toThrow(`--lr is ${lr}, expected a number above 0`);
    }
  });

  test('folders and files', () => {
    expect(folder(call({ data: dir }), 'data')).toBe(dir);
    expect(() => folder(call({ data: join(dir, 'none') }), 'data')).toThrow(/--data .*none: no such folder/);
    expect(() => folder(call({ data: join(dir, 'file') }), 'data')).toThrow(/a file, expected a folder/);
    expect(() => existingFile(dir, '--weights')).toThrow(/--weights .*: a folder, expected a file/);
    expect(() => existingFile(join(dir, 'none'), '--weights')).toThrow(/no such file/);
    expect(writableFile(join(dir, 'new'), 'out')).toBe(join(dir, 'new'));
    expect(() => writableFile(join(dir, 'none', 'w'), 'out')).toThrow(/--out .*: no folder .*none/);
    expect(() => writableFile(join(dir, 'file', 'w'), 'out')).toThrow(/is a file, expected a folder/);
    expect(() => writableFile(dir, 'out')).toThrow(/a folder, expected a file/);
  });
});

describe('nearest names', () => {
  test('edit distance', () => {
    expect([editDistance('', 'abc'), editDistance('kitten', 'sitting'), editDistance('a', 'a')]).toEqual([3, 3, 0]);
  });
  test('near or nothing', () => {
    expect([nearest('lenet', ['lenet5', 'lenet5_modern']), nearest('LENET5', ['lenet5']), nearest('resnet50', ['lenet5'])]).toEqual(['lenet5', 'lenet5', null]);
  });
  test('models', () => {
    expect(modelNamed('lenet5_modern').title).toMatch(/modern/);
    expect(() => modelNamed('lenet_5')).toThrow('unknown model lenet_5, did you mean lenet5?');
    expect(() => modelNamed('constructor')).toThrow('unknown model constructor, expected one of lenet5, lenet5_modern');
  });
});

test('errors become one line and a status', () => {
  expect(failureOf(new FormatError('a.gz: cut short'))).toEqual({ line: 'FormatError: a.gz: cut short', status: 1 });
  expect(failureOf(new OptionError('holdout is 9'))).toEqual({ line: 'OptionError: holdout is 9', status: 2 });
  expect(failureOf(new UsageError('--lr is x'))).toEqual({ line: 'convasm: --lr is x', status: 2 });
  expect(failureOf(new Interrupted('Stopped'))).toEqual({ line: 'Stopped', status: 130 });
  expect(failureOf(new DivergedError('Training stopped', 3, null))).toEqual({ line: 'Training stopped', status: 1 });
  expect(failureOf(new TypeError('x is\n undefined'))).toEqual({ line: 'TypeError: x is undefined (--debug shows where)', status: 1 });
});
