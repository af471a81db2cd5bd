import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { changes } from '../../bench/compare.js';
import { measure, quantile, summarizeTimes } from '../../bench/measure.js';
import { peakGflops, peakModule } from '../../bench/peak.js';
import type { Row } from '../../bench/row.js';

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

const script = (name: string): string => join(import.meta.dirname, '../../build/js/bench', name);

function bench(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [script('run.js'), ...args], { cwd: folder, encoding: 'utf8' });
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

interface Result {
  readonly peakGflops: number;
  readonly workers: number;
  readonly build: string;
  readonly rows: readonly Row[];
}

describe('bench --json', () => {
  const list = file('list.json', {
    workloads: [
      { id: 'small', kind: 'gemm', M: 16, N: 16, K: 16, flops: 8192 },
      { id: 'pool', kind: 'maxpool', N: 1, C: 4, H: 8, W: 8, R: 2, S: 2, stride: 2, pad: 0 },
      { id: 'odd', kind: 'fft', M: 4 },
      { id: 'sizeless', kind: 'gemm', M: 4 },
      { id: 'branch', kind: 'infer', net: 'branch', N: 1 },
      { id: 'nowhere', kind: 'infer', net: 'absent', N: 1 },
    ],
    nets: { branch: [{ op: 'input', C: 1, H: 4, W: 4 }, { op: 'mystery', in: [0] }] },
  });

  test('has the peak and one row per workload; what is unknown is a row with an error, status 0', () => {
    const { status, stdout } = bench('--workloads', list, '--json', 'ops');
    expect(status).toBe(0);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Result;
    expect(result).toMatchObject({ workers: 1, build: 'simd', peakGflops: expect.any(Number) });
    expect(result.rows.map(({ id }) => id)).toEqual(['small', 'pool', 'odd', 'sizeless']);
    const [small, pool, odd, sizeless] = result.rows as [Row, Row, Row, Row];
    for (const name of ['medianMs', 'minMs', 'gflops', 'percentOfPeak', 'spread', 'firstMs'] as const) expect(small[name], name).toEqual(expect.any(Number));
    expect(small.percentOfPeak! / ((100 * small.gflops!) / result.peakGflops)).toBeCloseTo(1, 1);
    expect(small.minMs!).toBeLessThanOrEqual(small.medianMs!);
    expect(pool).toMatchObject({ gflops: null, percentOfPeak: null, gbPerSecond: expect.any(Number) });
    expect(odd.error).toMatch(/^unknown kind fft, expected one of gemm, conv/);
    expect(sizeless.error).toBe('sizeless: N is undefined, expected an integer of at least 1');
  });

  test('nodes and networks that are not there are rows with errors', () => {
    const { status, stdout } = bench('models', '--workloads', list, '--json');
    expect(status).toBe(0);
    const { rows } = JSON.parse(stdout) as Result;
    expect(rows.map(({ error }) => error)).toEqual(['node 1 mystery: this version has no such layer', 'nowhere: no network absent among branch']);
  });

  test('the relaxed build is timed where the engine has it; elsewhere every row says why not', () => {
    const { status, stdout } = bench('ops', '--workloads', list, '--build', 'relaxed', '--json');
    expect(status).toBe(0);
    const { rows } = JSON.parse(stdout) as Result;
    if (process.versions.node.startsWith('20.')) expect(rows.every(({ error }) => error?.startsWith('build relaxed: this engine lacks'))).toBe(true);
    else expect(rows[0]).toMatchObject({ id: 'small', medianMs: expect.any(Number) });
  });

  test('workers share the rows; the peak is of all of them', () => {
    const { status, stdout } = bench('ops', '--workloads', list, '--workers', '2', '--json');
    expect(status).toBe(0);
    const { rows, workers, peakGflops } = JSON.parse(stdout) as Result;
    expect(workers).toBe(2);
    expect(rows[0]!.percentOfPeak! / ((100 * rows[0]!.gflops!) / (2 * peakGflops))).toBeCloseTo(1, 1);
    expect(bench('ops', '--workloads', list, '--workers', '2', '--build', 'relaxed', '--json').stdout).toContain('it takes one worker');
  });

  test('sizes are of what was built', () => {
    const { rows } = JSON.parse(bench('size', '--json').stdout) as Result;
    expect(rows.map(({ id }) => id)).toEqual(['size_index', 'size_bundle', 'size_app', 'size_script', 'size_wasm_simd']);
    for (const { bytes, brotliBytes } of rows) expect(bytes!).toBeGreaterThan(brotliBytes!);
  });
});

describe('used wrongly', () => {
  test.each([
    ['unknown group', ['opps']],
    ['two groups', ['ops', 'models']],
    ['unknown option', ['--fast']],
    ['no number', ['--workers', 'two']],
    ['no worker', ['--workers', '0']],
    ['unknown build', ['--build', 'debug']],
    ['no such file', ['--workloads', join(folder, 'absent.json')]],
    ['not JSON', ['--workloads', file('text.json', 'hello')]],
    ['no workloads', ['--workloads', file('empty.json', {})]],
    ['no id', ['--workloads', file('nameless.json', { workloads: [{ kind: 'gemm' }] })]],
  ])('%s: status 2, one line and the usage, no stack', (_, args) => {
    const { status, stdout, stderr } = bench(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^bench: .+\nusage: npm run -s bench -- \[ops\|/);
    expect(stderr).not.toContain('    at ');
  });
});

describe('measuring', () => {
  test('quantiles and spread', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(summarizeTimes([5, 1, 2, 3, 4])).toEqual({ medianMs: 3, minMs: 1, spread: 2 / 3, samples: 5 });
  });

  test('runs in between are not timed, short runs are gathered', async () => {
    let [runs, betweens] = [0, 0];
    const { samples, medianMs } = await measure(() => void runs++, { warmUpMs: 1, budgetMs: 1, samples: 5, mostMs: 20 }, () => void betweens++);
    expect(betweens).toBe(samples);
    expect(runs).toBeGreaterThan(samples);
    expect(medianMs).toBeLessThan(0.05);
  });

  test('the peak loop is a module of one function', () => {
    const module = new WebAssembly.Module(peakModule());
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(WebAssembly.Module.exports(module)).toEqual([{ name: 'loop', kind: 'function' }]);
    expect(peakGflops()).toBeGreaterThan(1);
  });
});

describe('compare', () => {
  const row = (id: string, medianMs: number, spread = 0.01): Row => ({ id, group: 'ops', medianMs, minMs: medianMs, gflops: null, percentOfPeak: null, spread });

  test('names what moved beyond the spread, fastest first', () => {
    const found = changes([row('a', 10), row('b', 10), row('c', 10, 0.3), row('gone', 1)], [row('a', 12), row('b', 8), row('c', 12), row('new', 1)]);
    expect(found.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(found[0]!.change).toBeCloseTo(-0.2);
  });

  test('compares saved files; refuses others', () => {
    const compare = (...args: string[]): SpawnSyncReturns<string> => spawnSync(process.execPath, [script('compare.js'), ...args], { encoding: 'utf8' });
    const [before, after] = [file('before.json', { rows: [row('a', 10)] }), file('after.json', { rows: [row('a', 20)] })];
    expect(compare(before, after).stdout).toMatch(/^a +10 -> 20 {2}\+100\.0 %\n1 rows moved beyond their spread\n$/);
    expect(compare(before).status).toBe(2);
    expect(compare(before, file('other.json', {})).status).toBe(2);
  });
});
