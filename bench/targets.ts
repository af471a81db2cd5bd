import type { Row } from './row.js';

// What the library sets out to reach, and how far the rows of a run are from it.

/** A library's time for a workload, over all rounds of bench/peers. */
export interface PeerTime {
  readonly medianMs?: number;
  /** (largest − least) / median of the rounds' medians. */
  readonly spread?: number;
  readonly error?: string;
  readonly cannot?: string;
}

/** One workload of a run of bench/peers: a time by the name of each library. */
export interface PeerRow {
  readonly id: string;
  readonly flops: number | null;
  readonly [peer: string]: PeerTime | string | number | null | undefined;
}

/** The rows of a bench run and of a peers run, by id. */
export interface Results {
  readonly peakGflops: number;
  readonly rows: ReadonlyMap<string, Row>;
  readonly peers: ReadonlyMap<string, PeerRow>;
}

/** A figure of one row, or null where the run has none. */
type Figure = (id: string, results: Results) => number | null;

interface Target {
  readonly work: string;
  readonly what: string;
  /** Rows, each with its bound. */
  readonly bounds: Readonly<Record<string, number>>;
  readonly figure: Figure;
  /** The figure is to be at least the bound; else at most. */
  readonly least: boolean;
  readonly digits: number;
}

const WASM_PEERS = ['tfjs-wasm', 'ort-web', 'jax-js', 'tfjs-cpu', 'convnetjs'] as const;

function timeOf(id: string, peer: string, { peers }: Results): number | null {
  const time = peers.get(id)?.[peer] as PeerTime | undefined;
  return time?.medianMs ?? null;
}

const ratio = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a / b);

/** Direct operations over time, in percent of the peak; from the peers' run where it has the row, which has more rounds. */
const ofPeak: Figure = (id, results) => {
  const [ms, flops] = [timeOf(id, 'ours', results), results.peers.get(id)?.flops ?? null];
  if (ms !== null && flops !== null) return (flops / ms / 1e6 / results.peakGflops) * 100;
  return results.rows.get(id)?.percentOfPeak ?? null;
};
const ofCopy: Figure = (id, { rows }) => rows.get(id)?.percentOfCopy ?? null;
const over = (peer: string, own = 'ours'): Figure => (id, results) => ratio(timeOf(id, own, results), timeOf(id, peer, results));
const overBestWasm: Figure = (id, results) => {
  const times = WASM_PEERS.map((peer) => timeOf(id, peer, results)).filter((time) => time !== null);
  return times.length === 0 ? null : ratio(timeOf(id, 'ours', results), Math.min(...times));
};
const startOverBare: Figure = (id, { rows }) => {
  const [ours, bare] = [rows.get(id)?.medianMs, rows.get('startup_bare_node')?.medianMs];
  return ours && bare ? ours - bare : null;
};
const kilobytes: Figure = (id, { rows }) => {
  const bytes = rows.get(id)?.brotliBytes;
  return bytes === undefined ? null : bytes / 1000;
};

/** The same bound for several rows. */
const all = (bound: number, ...ids: string[]): Record<string, number> => Object.fromEntries(ids.map((id) => [id, bound]));
const BLOCKS = ['c64_56', 'c128_28', 'c256_14', 'c512_7'];
const each = (prefix: string, suffix: string, bounds: readonly number[]): Record<string, number> =>
  Object.fromEntries(BLOCKS.map((block, i) => [`${prefix}${block}${suffix}`, bounds[i] ?? bounds[0]!]));

const OTHERS = ['conv1x1_64_256_56', 'conv1x1_1024_256_14', 'conv7x7s2_3_64_224', 'conv5x5_64_192_27', 'conv11x11s4_3_64_224'];
const GRADIENTS = [
  'gradI_3x3s2_64_128_56_b8', 'gradW_3x3s2_64_128_56_b8', 'gradI_3x3s2_256_512_14_b8', 'gradW_3x3s2_256_512_14_b8', 'gradI_1x1_64_256_56_b8',
  'gradW_1x1_64_256_56_b8', 'gradI_5x5_32_96_28_b8', 'gradW_5x5_32_96_28_b8', 'gradW_7x7s2_3_64_224_b8',
];
const POINTWISE_2 = ['gradI_1x1s2_64_128_56_b8', 'gradW_1x1s2_64_128_56_b8', 'gradI_1x1s2_256_512_14_b8', 'gradW_1x1s2_256_512_14_b8'];
const DEPTHWISE_8 = ['convdw3x3_128_56_b8', 'gradI_dw3x3_128_56_b8', 'gradW_dw3x3_128_56_b8'];

const peak = { figure: ofPeak, least: true, digits: 0 } as const;
const share = { least: false, digits: 2 } as const;

export const TARGETS: readonly Target[] = [
  { work: 'GEMM', what: '% of peak', bounds: all(78, 'gemm_512x512x512', 'gemm_1024x1024x1024'), ...peak },
  { work: 'GEMM', what: 'over tfjs-wasm', bounds: all(0.7, 'gemm_512x512x512', 'gemm_1024x1024x1024'), figure: over('tfjs-wasm'), ...share },
  { work: '3x3, predicting', what: '% of peak', bounds: each('conv3x3_', '', [200]), ...peak },
  { work: '3x3, predicting', what: 'over tfjs-wasm', bounds: each('conv3x3_', '', [0.35]), figure: over('tfjs-wasm'), ...share },
  { work: '3x3, predicting', what: 'over PyTorch', bounds: each('conv3x3_', '', [1]), figure: over('torch'), ...share },
  { work: '3x3, training forward', what: '% of peak', bounds: each('conv3x3_', '_b8', [200, 200, 195, 170]), ...peak },
  { work: '3x3, input gradient', what: '% of peak', bounds: each('gradI_3x3_', '_b8', [155]), ...peak },
  { work: '3x3, weight gradient', what: '% of peak', bounds: each('gradW_3x3_', '_b8', [155]), ...peak },
  { work: '3x3, input gradient', what: 'over PyTorch', bounds: each('gradI_3x3_', '_b8', [0.85, 0.85, 1.35, 1.35]), figure: over('torch'), ...share },
  { work: '3x3, weight gradient', what: 'over PyTorch', bounds: each('gradW_3x3_', '_b8', [0.85, 0.85, 1.35, 1.35]), figure: over('torch'), ...share },
  { work: '3x3, input gradient', what: 'over the best WebAssembly', bounds: each('gradI_3x3_', '_b8', [0.3]), figure: overBestWasm, ...share },
  { work: '3x3, weight gradient', what: 'over the best WebAssembly', bounds: each('gradW_3x3_', '_b8', [0.3]), figure: overBestWasm, ...share },
  { work: 'other convolutions', what: '% of peak', bounds: all(65, ...OTHERS, 'conv3x3s2_64_128_56_b8', 'conv3x3s2_256_512_14_b8'), ...peak },
  { work: 'other convolutions', what: 'over tfjs-wasm', bounds: all(0.7, ...OTHERS), figure: over('tfjs-wasm'), ...share },
  { work: 'their gradients', what: '% of peak', bounds: all(65, ...GRADIENTS), ...peak },
  { work: '1x1 with stride 2, gradients', what: '% of peak', bounds: all(50, ...POINTWISE_2), ...peak },
  { work: 'depthwise 3x3', what: 'over tfjs-wasm', bounds: all(0.6, 'dwconv3x3_128_56'), figure: over('tfjs-wasm'), ...share },
  { work: 'depthwise 3x3, batch 8', what: '% of copy', bounds: all(50, ...DEPTHWISE_8), figure: ofCopy, least: true, digits: 0 },
  {
    work: 'networks, predicting', what: 'over the best WebAssembly', figure: overBestWasm, ...share,
    bounds: { infer_resnet50_b1: 0.45, infer_resnet18_b1: 0.36, infer_googlenet_b1: 0.43, infer_alexnet_b1: 0.57, infer_lenet5_b1: 0.55 },
  },
  { work: 'networks, predicting', what: 'over PyTorch', bounds: all(1, 'infer_resnet18_b1', 'infer_googlenet_b1'), figure: over('torch'), ...share },
  {
    work: 'two workers', what: 'over one', figure: over('ours', 'ours-2t'), ...share,
    bounds: { ...all(0.55, 'infer_resnet50_b1', 'infer_resnet18_b1', 'infer_googlenet_b1'), infer_lenet5_b1: 1 },
  },
  {
    work: 'two workers', what: 'over ORT-web with two threads', figure: over('ort-web-2t', 'ours-2t'), ...share,
    bounds: all(0.55, 'infer_resnet50_b1', 'infer_resnet18_b1', 'infer_googlenet_b1'),
  },
  { work: 'LeNet-5, training', what: 'over PyTorch', bounds: { train_lenet5_published_b32: 0.59, train_lenet5_published_b1: 0.125, train_lenet5_b32: 0.75, train_lenet5_b1: 0.17 }, figure: over('torch'), ...share },
  { work: 'LeNet-5, training', what: 'over the best WebAssembly', bounds: all(0.0125, 'train_lenet5_b32', 'train_lenet5_b1'), figure: overBestWasm, least: false, digits: 4 },
  { work: 'ResNet-18 on 32², training', what: 'over PyTorch', bounds: all(1, 'train_resnet18_32_b16'), figure: over('torch'), ...share },
  { work: 'download', what: 'kB brotli', bounds: { size_bundle: 40, size_script: 45 }, figure: kilobytes, least: false, digits: 1 },
  { work: 'start in Node', what: 'ms beyond bare Node', bounds: all(20, 'startup_lenet5'), figure: startOverBare, least: false, digits: 0 },
];

const label = (id: string): string => id.replace(/^(gradI|gradW|conv3x3|infer|train)_/, '').replace(/^3x3_/, '').replace(/_b8$/, '');

/** The targets as a table: each row's figure, with a mark where it is short of its bound. A figure that no run has is a dash. */
export function targetTable(results: Results): string {
  const lines = TARGETS.map((target) => {
    const cells = Object.entries(target.bounds).map(([id, bound]) => {
      const value = target.figure(id, results);
      if (value === null) return `${label(id)} -`;
      const met = target.least ? value >= bound : value <= bound;
      return `${label(id)} ${met ? value.toFixed(target.digits) : `**${value.toFixed(target.digits)}**`}`;
    });
    const bounds = [...new Set(Object.values(target.bounds))].join(', ');
    return `| ${target.work} | ${target.what} | ${target.least ? '≥' : '≤'} ${bounds} | ${cells.join(' · ')} |`;
  });
  return ['| work | figure | target | reached |', '|---|---|---|---|', ...lines].join('\n');
}
