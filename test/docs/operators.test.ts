import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { layers, losses, ops, optimizers, schedules } from '../../src/index.js';
import { filesUnder, read } from '../support/sources.js';

// docs/operators.md against the library: the same names, and the options that constructors accept, with their defaults.

const readme = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');
const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/operators.md'), 'utf8');

/** A row of a table, by the names of its columns. */
type Row = Readonly<Record<string, string>>;

function rowsOf(table: string): Row[] {
  const cells = (line: string): string[] => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim());
  const [head, , ...rows] = table.trim().split('\n');
  return rows.map((row) => Object.fromEntries(cells(row).map((cell, i) => [cells(head!)[i]!, cell])));
}

const rows = [...text.matchAll(/^(?:\|.*\|\n)+/gm)].flatMap(([table]) => rowsOf(table));
/** `conv2d(x, w)` in a cell is the name conv2d. */
const nameIn = (cell: string | undefined): string | undefined => /^`(\w+)\(/.exec(cell ?? '')?.[1];
const named = (column: string): string[] => [...new Set(rows.map((row) => nameIn(row[column])).filter((name) => name !== undefined))].sort();
const valuesOf = (module: object): string[] => Object.keys(module).sort();

describe('every export is in a table, and every name of a table is exported', () => {
  test.each([['layer', layers], ['ops', ops], ['loss', losses], ['optimizer', optimizers], ['schedule', schedules]] as const)('%s', (column, module) => {
    expect(named(column)).toEqual(valuesOf(module));
  });
});

// Networks of test/support bring a layer its directional derivatives, the watched memory and the bits on several workers.
test('every layer is in a watched network', () => {
  const networks = read('test/support/networks.ts');
  expect(valuesOf(layers).filter((name) => !networks.includes(`new ${name}(`))).toEqual([]);
});

test('rows have a cell for each column', () => {
  expect(rows.length).toBeGreaterThan(60);
  expect(rows.filter((row) => Object.values(row).includes('undefined') || Object.keys(row).includes('undefined'))).toEqual([]);
});

test("PyTorch's names are those that the layers' and losses' docstrings give", () => {
  const sources = filesUnder('src').map(read).join('\n');
  const names = rows.map((row) => /^`((?:nn|optim)\.\w+)`$/.exec(row['PyTorch']!)?.[1]).filter((name) => name !== undefined);
  expect(names.length).toBeGreaterThan(45);
  expect(names.filter((name) => !new RegExp(`torch\\.${name}\\b`).test(sources))).toEqual([]);
});

/** Arguments before the options. */
const before: Readonly<Record<string, readonly unknown[]>> = {
  Conv2d: [1, 1, 1], Conv1d: [1, 1, 1], ConvTranspose2d: [1, 1, 1], ConvTranspose1d: [1, 1, 1], FixedFilter2d: [[[1]]], MaxPool2d: [1], MaxPool1d: [1], AvgPool2d: [1],
  AvgPool1d: [1], Upsample: [], Linear: [1, 1], Rbf: [1, 1, [0]], PReLU: [1], BatchNorm2d: [1], BatchNorm1d: [1], LayerNorm: [1], GroupNorm: [1, 1], InstanceNorm2d: [1],
  LocalResponseNorm: [1],
};

/** Option names in a cell: `stride` 1, `padding` 0. */
const optionsIn = (row: Row): string[] => [...row['options and defaults']!.matchAll(/`(\w+)`/g)].map(([, name]) => name!);

/** What an error about an unknown option says is known. */
function known(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    return /unknown option nonsense, expected one of (.*)$/.exec((error as Error).message)?.[1]?.split(', ') ?? [`${String(error)}`];
  }
  return [];
}

describe('options are those that the library accepts', () => {
  const classes = layers as unknown as Readonly<Record<string, new (...args: unknown[]) => unknown>>;
  test.each(rows.filter((row) => row['layer'] !== undefined && optionsIn(row).length > 0))('$layer', (row) => {
    const name = nameIn(row['layer']) ?? '';
    if (name === '') return expect(nameIn(row['ops'])).toBe('addmm');
    expect(optionsIn(row).sort()).toEqual(known(() => new classes[name]!(...before[name]!, { nonsense: 1 })).sort());
  });

  const makers = optimizers as unknown as Readonly<Record<string, (options: object) => unknown>>;
  test.each(rows.filter((row) => row['optimizer'] !== undefined))('$optimizer', (row) => {
    expect(optionsIn(row).sort()).toEqual(known(() => makers[nameIn(row['optimizer'])!]!({ lr: 1, nonsense: 1 })).sort());
  });
});

test('defaults of layers are the ones that stand behind the options', () => {
  const classes = layers as unknown as Readonly<Record<string, new (...args: unknown[]) => Readonly<Record<string, unknown>>>>;
  const wrong: string[] = [];
  for (const row of rows) {
    const name = nameIn(row['layer']);
    if (name === undefined || before[name] === undefined || name === 'Upsample') continue;
    const made = new classes[name]!(...before[name]);
    for (const [, option, value] of row['options and defaults']!.matchAll(/`(\w+)` (true|false|-?[\d.]+(?:e-?\d+)?)(?=,|$)/g)) {
      const has = Array.isArray(made[option!]) ? (made[option!] as unknown[])[0] : made[option!];
      if (has !== undefined && String(has) !== String(JSON.parse(value!))) wrong.push(`${name}: ${option} is ${String(has)}, not ${value}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("what README's table puts beside PyTorch's calls can be written so", () => {
  const spans = [...readme.matchAll(/^\|.*\| (.*) \|$/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([^`…]+)`/g)].map(([, code]) => code!));
  const calls = spans.filter((code) => /^(new |losses\.|optimizers\.|schedules\.)/.test(code));
  expect(calls.length).toBeGreaterThan(12);
  const scope = { ...layers, losses, optimizers, schedules, n: 10 };
  for (const code of calls) expect(() => new Function(...Object.keys(scope), `return ${code};`)(...Object.values(scope)) as unknown, code).not.toThrow();
});
