import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../../src/io/safetensors.js';
import { readFile, readIndex, readTensors, type GoldenCase, type Value } from './cases.js';
import { compareTensor, judge } from './compare.js';
import type { Computed } from './given.js';
import { compute, runCase } from './run.js';
import { isTorchvision } from './torchvision.js';

const directory = fileURLToPath(new URL('./cases', import.meta.url));
const cases = readIndex(directory);
const read = (golden: GoldenCase) => (): Map<string, Value> => readTensors(directory, golden);

describe('the library gives the reference values', () => {
  for (const golden of cases)
    test(`${golden.kind} ${golden.name}`, async () => {
      expect((await runCase(golden, read(golden), () => readFile(directory, golden).toString())).failure).toBeNull();
    });
});

/** The float32 after `value`. */
function next(value: number): number {
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = value;
  if (value === 0) bits[0] = 1;
  else bits[0]! += 1;
  return float[0]!;
}

/** The expected tensor with element `i` moved by ten times its tolerance, or to the next number where the tolerance is 0. */
function moved({ data, shape }: Value, i: number, { atol, rtol }: { atol: number; rtol: number }): Value {
  const copy = data.slice();
  const by = 10 * (atol + rtol * Math.abs(data[i]!));
  copy[i] = data instanceof Int32Array ? data[i]! + 1 : by > 0 ? data[i]! + by : next(data[i]!);
  return { data: copy, shape };
}

/** A sample of positions that has both ends in it. */
const sample = (length: number, count: number): number[] =>
  [...new Set(Array.from({ length: Math.min(count, length) }, (_, k) => Math.floor((k * (length - 1)) / Math.max(1, Math.min(count, length) - 1))))];

describe('a case fails when what it expects is changed', () => {
  for (const golden of cases.filter(({ kind }) => !isTorchvision(kind)))
    test(`${golden.kind} ${golden.name}`, async () => {
      const stored = readTensors(directory, golden);
      const computed = await compute(golden, read(golden));
      for (const name of golden.expected) {
        const expected = stored.get(name)!;
        const tolerance = golden.tolerance[name]!;
        const failure = (changed: Value): string | null => judge(golden, new Map(stored).set(name, changed), computed);
        for (const i of sample(expected.data.length, 5)) {
          expect(failure(moved(expected, i, tolerance)), `${name}[${i}] moved`).toContain(name);
          const spoilt = { data: Float32Array.from(expected.data), shape: expected.shape };
          spoilt.data[i] = NaN;
          expect(failure(spoilt), `${name}[${i}] NaN`).toContain(name);
          expect(judge(golden, stored, new Map(computed).set(name, spoilt)), `${name}[${i}] computed as NaN`).toContain(name);
        }
        expect(everyElement(expected, computed.get(name)!, tolerance), `${name}: elements that may move unseen`).toEqual([]);
        expectMissing(golden, stored, computed, name);
      }
    });
});

/** The elements whose move leaves the tensor passing. */
function everyElement({ data }: Value, computed: Value, tolerance: { atol: number; rtol: number }): number[] {
  const one = (from: Value['data'], i: number): Value => ({ data: from.subarray(i, i + 1), shape: [1] });
  return Array.from(data.keys()).filter((i) => compareTensor('x', one(computed.data, i), moved(one(data, i), 0, tolerance), tolerance) === null);
}

/** A tensor that the file lacks, that was not computed, or that has another shape fails the case. */
function expectMissing(golden: GoldenCase, stored: Map<string, Value>, computed: Computed, name: string): void {
  const without = <T>(map: ReadonlyMap<string, T>): Map<string, T> => new Map([...map].filter(([key]) => key !== name));
  expect(judge(golden, without(stored), computed)).toContain(`${name}: is missing`);
  expect(judge(golden, stored, without(computed))).toContain(`${name}: was not computed`);
  const { data, shape } = computed.get(name)!;
  expect(judge(golden, stored, new Map(computed).set(name, { data, shape: [1, ...shape] }))).toContain(`${name}: has shape`);
}

describe('comparing', () => {
  const value = (...numbers: number[]): Value => ({ data: Float32Array.from(numbers), shape: [numbers.length] });
  const compare = (x: number, e: number, tolerance = { atol: 0.5, rtol: 0 }) => compareTensor('x', value(x), value(e), tolerance);

  test('NaN equals NaN and an infinity the same infinity', () => {
    for (const same of [NaN, Infinity, -Infinity]) expect(compare(same, same)).toBeNull();
    for (const [x, e] of [[NaN, 1], [1, NaN], [Infinity, -Infinity], [Infinity, 1], [1, Infinity], [NaN, Infinity]]) expect(compare(x!, e!)).not.toBeNull();
  });

  test('the bound itself is within', () => {
    expect(compare(1.5, 1)).toBeNull();
    expect(compare(next(1.5), 1)).not.toBeNull();
    expect(compare(-0, 0, { atol: 0, rtol: 0 })).toBeNull();
  });

  test('the worst element is named with its error', () => {
    const x = { data: Float32Array.of(0, 0, 0, 0, 3, 9), shape: [2, 3] };
    const e = { data: new Float32Array(6), shape: [2, 3] };
    expect(compareTensor('y', x, e, { atol: 0.5, rtol: 0 })!.message).toBe('y[1, 2] is 9, expected 0 (error 9.00, tolerance 0.500)');
    expect(compareTensor('y', x, e, undefined)!.message).toContain('no tolerance');
  });
});

describe('what cannot be run is a failed case', () => {
  const golden = cases.find(({ op }) => op === 'conv2d')!;
  const failureOf = async (changes: Partial<GoldenCase>): Promise<string | null> => (await runCase({ ...golden, ...changes }, read({ ...golden, ...changes }), () => '{}')).failure;

  test.each([
    [{ kind: 'torchvision_video' }, 'kind torchvision_video is not supported'],
    [{ kind: 'torchvision_meta' }, 'the file is of kind undefined'],
    [{ kind: 'constructor' }, 'kind constructor is not supported'],
    [{ op: 'conv9d' }, 'op conv9d is not supported'],
    [{ op: 'toString' }, 'op toString is not supported'],
    [{ file: 'ops/nothing.safetensors' }, 'no such file'],
    [{ file: '../golden.test.ts' }, 'outside'],
    [{ file: 'index.json' }, 'FormatError'],
    [{ inputs: ['weight'] }, 'input input is missing'],
    [{ params: { ...golden.params, stride: 'two' } }, 'parameter stride is "two"'],
    [{ tolerance: {} }, 'no tolerance'],
    [{ expected: [], tolerance: {} }, 'expects nothing'],
    [{ tensors: { ...golden.tensors, output: { dtype: 'F32', shape: [1] } } }, 'expected F32 [1]'],
    [{ tensors: { extra: { dtype: 'F32', shape: [1] } } }, 'tensor extra is missing'],
  ] as [Partial<GoldenCase>, string][])('%j', async (changes, message) => {
    expect(await failureOf(changes)).toContain(message);
  });
});

/** The compiled driver, as the command runs it. */
const driver = fileURLToPath(new URL('../../build/js/test/golden/main.js', import.meta.url));

describe('the command', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'golden-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [driver, ...args], { encoding: 'utf8' });
    return { status, lines: stdout.trimEnd().split('\n'), stderr };
  };

  test('counts after the filters and ends with the totals', () => {
    expect(run(directory, '--kind', 'op', '--op', 'relu,tanh')).toMatchObject({ status: 0, lines: ['2 passed, 0 failed'] });
    expect(run(directory, directory, '--op=SGD')).toMatchObject({ status: 0, lines: ['10 passed, 0 failed'] });
  });

  test('prints one line per failing case and exits with 1', () => {
    const copy = join(folder, 'changed');
    cpSync(directory, copy, { recursive: true });
    const path = join(copy, 'ops/relu_random.safetensors');
    const bytes = new Uint8Array(readFileSync(path));
    bytes.fill(255, bytes.length - 4);
    writeFileSync(path, bytes);
    rmSync(join(copy, 'ops/tanh_random.safetensors'));
    const { status, lines } = run(copy, '--op', 'relu,tanh,sigmoid');
    expect(status).toBe(1);
    expect(lines).toHaveLength(3);
    expect(lines.join('\n')).toMatch(/FAIL op relu_random: .* expected NaN/);
    expect(lines.join('\n')).toMatch(/FAIL op tanh_random: .*no such file/);
    expect(lines.at(-1)).toBe('1 passed, 2 failed');
  });

  test('a folder whose index cannot be read is one failed case', () => {
    expect(run(folder)).toMatchObject({ status: 1, lines: [expect.stringContaining('no such file'), '0 passed, 1 failed'] });
  });

  test('dumps what it computed under the same names', () => {
    expect(run(directory, '--op', 'max_pool2d', '--dump', join(folder, 'dump')).status).toBe(0);
    const golden = cases.find(({ op }) => op === 'max_pool2d')!;
    const { tensors } = readSafetensors(readFileSync(join(folder, 'dump', golden.file)), 'dump');
    expect([...tensors.keys()].sort()).toEqual([...golden.expected].sort());
    for (const [name, { dtype, shape }] of tensors) expect({ dtype, shape }).toEqual(golden.tensors[name]);
  });

  test('wrong usage exits with 2', () => {
    for (const args of [[], ['--kind', 'op'], [directory, '--what'], [join(folder, 'nothing')], [directory, '--op']]) {
      const { status, stderr } = run(...args);
      expect(status, args.join(' ')).toBe(2);
      expect(stderr).toContain('usage:');
    }
  });
});
