import { describe, expect, test } from 'vitest';
import { replaceBetween, report } from '../../bench/report.js';
import { leastBytes, roofline } from '../../bench/roofline.js';
import type { Row } from '../../bench/row.js';
import { TARGETS, targetTable, type PeerRow, type Results } from '../../bench/targets.js';
import { readWorkloads } from '../../bench/workloads.js';
import { read } from '../support/sources.js';

const list = readWorkloads(new URL('../../bench/workloads.json', import.meta.url));
const row = (id: string, rest: Partial<Row>): Row => ({ id, group: 'ops', medianMs: 10, minMs: 9, gflops: null, percentOfPeak: null, spread: 0.02, ...rest });
const times = (id: string, peers: Record<string, number>): PeerRow => ({ id, flops: 2e9, ...Object.fromEntries(Object.entries(peers).map(([name, medianMs]) => [name, { medianMs, spread: 0.1 }])) });

const results: Results = {
  peakGflops: 50,
  rows: new Map([row('startup_lenet5', { medianMs: 90 }), row('startup_bare_node', { medianMs: 60 })].map((one) => [one.id, one])),
  peers: new Map([times('gemm_1024x1024x1024', { 'ours': 50, 'tfjs-wasm': 100 }), times('infer_lenet5_b1', { 'ours': 4, 'ort-web': 8, 'tfjs-wasm': 6, 'ours-2t': 5 })].map((one) => [one.id, one])),
};

describe('targets', () => {
  const lines = targetTable(results).split('\n');
  const line = (work: string, what: string): string => lines.find((one) => one.startsWith(`| ${work} | ${what} |`))!;

  test('say what was reached; what is short is bold, what was not run is a dash', () => {
    expect(line('GEMM', '% of peak')).toContain('gemm_1024x1024x1024 80 ');
    expect(line('GEMM', 'over tfjs-wasm')).toBe('| GEMM | over tfjs-wasm | ≤ 0.7 | gemm_512x512x512 - · gemm_1024x1024x1024 0.50 |');
    expect(line('networks, predicting', 'over the best WebAssembly')).toContain('lenet5_b1 **0.67**');
    expect(line('two workers', 'over one')).toContain('lenet5_b1 **1.25**');
    expect(line('start in Node', 'ms beyond bare Node')).toContain('**30**');
  });

  test('are about rows that the bench has', () => {
    const known = new Set([...list.workloads.map(({ id }) => id), 'size_bundle', 'size_script', 'startup_lenet5']);
    expect(TARGETS.flatMap(({ bounds }) => Object.keys(bounds)).filter((id) => !known.has(id))).toEqual([]);
  });
});

describe('the page', () => {
  const bench = { peakGflops: 50, processor: 'P', cores: 2, node: 'v20', rows: [row('gemm', { gflops: 40, percentOfPeak: 80 }), row('memory', { group: 'memory', medianMs: null, minMs: null, bytes: 12345 })] };
  const peers = { machine: 'M', peakGflops: 50, rounds: 3, versions: { ours: 'convasm', torch: 'PyTorch' }, rows: [times('gemm', { ours: 5, torch: 10 })] };

  test('has a place for every table', () => {
    const page = report(read('docs/performance.md'), bench, peers);
    expect(page).toContain('| gemm | 10 | 9 | 2 % |  | 40 | 80 |');
    expect(page).toContain('| gemm | 5 ±5 % | 10 ±5 % (0.50) |');
    expect(page).toContain('| memory |  |  | 12,345 |  |');
    expect(report(page, bench, peers)).toBe(page);
  });

  test('without a place is refused', () => {
    expect(() => replaceBetween('text', 'targets', '')).toThrow('docs/performance.md: no <!-- targets --> … <!-- /targets -->');
  });
});

describe('roofline', () => {
  test('counts each operand once', () => {
    const conv = { id: 'c', kind: 'conv', N: 2, C: 3, H: 9, W: 9, K: 5, R: 3, S: 3, stride: 2, pad: 1, groups: 1 };
    expect(leastBytes(conv)).toBe(4 * (2 * 3 * 81 + 2 * 5 * 25 + 5 * 3 * 9));
    expect(leastBytes({ id: 'g', kind: 'gemm', M: 2, N: 3, K: 4 } as never)).toBe(4 * (6 + 8 + 12));
  });

  test('draws a point per row that was timed', () => {
    const rows = new Map(list.workloads.slice(0, 8).map(({ id }) => [id, row(id, { gflops: 30 })]));
    const picture = roofline(rows, list.workloads, 50, { cache: 100, beyond: 30 });
    expect(picture.match(/<title>/g)).toHaveLength(8);
    expect(picture).toContain('peak of one thread, 50.0 GFLOP/s');
    expect(picture).not.toContain('NaN');
  });
});
