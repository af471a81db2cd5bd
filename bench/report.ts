// `node build/js/bench/report.js BENCH.json PEERS.json`: writes the tables of docs/performance.md and docs/roofline.svg from saved runs
// (`npm run -s bench -- --json`, `node bench/peers/run.mjs --rounds 3 --json`).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { copyBandwidth } from './peak.js';
import { roofline } from './roofline.js';
import type { Row } from './row.js';
import { targetTable, type PeerRow, type PeerTime, type Results } from './targets.js';
import { readWorkloads } from './workloads.js';

const root = new URL('../../../', import.meta.url);
const PAGE = new URL('docs/performance.md', root);

interface BenchRun {
  readonly peakGflops: number;
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  readonly rows: readonly Row[];
}

interface PeersRun {
  readonly machine: string;
  readonly peakGflops: number;
  readonly rounds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly PeerRow[];
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1)!);

const number = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
};

type Column = readonly [string, (row: Row) => string];
const TIME: readonly Column[] = [
  ['median ms', (row) => number(row.medianMs)], ['min ms', (row) => number(row.minMs)],
  ['spread', (row) => (row.spread === null ? '' : `${(100 * row.spread).toFixed(0)} %`)], ['first ms', (row) => number(row.firstMs)],
];
const WORK: readonly Column[] = [['GFLOP/s', (row) => number(row.gflops)], ['% of peak', (row) => number(row.percentOfPeak)]];
const BYTES: readonly Column[] = [['GB/s', (row) => number(row.gbPerSecond)], ['% of copy', (row) => number(row.percentOfCopy)]];
const IMAGES: readonly Column[] = [['images/s', (row) => number(row.imagesPerSecond)]];
const SIZE: readonly Column[] = [['bytes', (row) => number(row.bytes)], ['brotli', (row) => number(row.brotliBytes)]];

function table(rows: readonly Row[], columns: readonly Column[]): string {
  const lines = rows.map((row) => `| ${row.id} | ${row.error === undefined ? columns.map(([, show]) => show(row)).join(' | ') : `${row.error}${' |'.repeat(columns.length - 1)}`} |`);
  return [`| row | ${columns.map(([name]) => name).join(' | ')} |`, `|---|${'---:|'.repeat(columns.length)}`, ...lines].join('\n');
}

/** What stands in a cell: the median, ours over theirs, and how far the rounds lie apart. */
function cell(time: PeerTime | undefined, ours: PeerTime | undefined, own: boolean): string {
  if (!time || time.cannot) return '-';
  if (time.medianMs === undefined) return 'error';
  const spread = time.spread ? ` ±${(50 * time.spread).toFixed(0)} %` : '';
  return own || !ours?.medianMs ? `${number(time.medianMs)}${spread}` : `${number(time.medianMs)}${spread} (${(ours.medianMs / time.medianMs).toFixed(2)})`;
}

function peersTable({ rows, versions }: PeersRun): string {
  const names = Object.keys(versions);
  const lines = rows.map((row) => {
    const times = row as unknown as Readonly<Record<string, PeerTime | undefined>>;
    return `| ${row.id} | ${names.map((name) => cell(times[name], times['ours'], name === 'ours')).join(' | ')} |`;
  });
  return [`| workload | ${names.join(' | ')} |`, `|---|${'---:|'.repeat(names.length)}`, ...lines].join('\n');
}

/** Puts `content` between `<!-- name -->` and `<!-- /name -->`. Throws where the page has no such place. */
export function replaceBetween(page: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md: no ${open} … ${close}`);
  return `${page.slice(0, from + open.length)}\n\n${content}\n\n${page.slice(to)}`;
}

/** The page with every table made anew. */
export function report(page: string, bench: BenchRun, peers: PeersRun): string {
  const rowsOf = (...groups: string[]): Row[] => bench.rows.filter(({ group }) => groups.includes(group));
  const operators = rowsOf('ops');
  const steps = (row: Row): boolean => row.id.includes(': ');
  const results: Results = { peakGflops: peers.peakGflops, rows: new Map(bench.rows.map((row) => [row.id, row])), peers: new Map(peers.rows.map((row) => [row.id, row])) };
  const parts: Readonly<Record<string, string>> = {
    targets: `${peers.machine}, peak ${peers.peakGflops} GFLOP/s; median of ${peers.rounds} rounds.\n\n${targetTable(results)}`,
    machine: `${bench.processor}, ${bench.cores} virtual cores, Node ${bench.node}, simd build, one worker, peak ${bench.peakGflops} GFLOP/s.`,
    products: table(operators.filter((row) => row.gflops !== null && row.gbPerSecond === undefined), [...TIME, ...WORK]),
    elementwise: table(operators.filter((row) => row.gflops === null || row.gbPerSecond !== undefined), [...TIME, ...BYTES]),
    networks: table(rowsOf('models', 'training').filter((row) => !steps(row)), [...TIME, ...WORK, ...IMAGES]),
    steps: table(rowsOf('training').filter(steps), [...TIME.slice(0, 1), ...WORK]),
    rest: table(rowsOf('startup', 'size', 'memory'), [...TIME.slice(0, 2), ...SIZE]),
    peers: `${peersTable(peers)}\n\n${peers.machine}, peak ${peers.peakGflops} GFLOP/s; median of ${peers.rounds} rounds, ± half of how far they lie apart.\n\n${Object.entries(peers.versions).map(([name, version]) => `- ${name}: ${version}`).join('\n')}`,
  };
  return Object.entries(parts).reduce((text, [name, content]) => replaceBetween(text, name, content), page);
}

/** Returns the exit status: 0, or 2 when used wrongly. */
export function main(argv: readonly string[]): number {
  if (argv.length !== 2) {
    console.error('usage: node build/js/bench/report.js BENCH.json PEERS.json');
    return 2;
  }
  try {
    const [bench, peers] = argv.map((file) => readJson(file)) as [BenchRun, PeersRun];
    writeFileSync(PAGE, report(readFileSync(PAGE, 'utf8'), bench, peers));
    const { workloads } = readWorkloads(new URL('bench/workloads.json', root));
    const bandwidths = { 'copy in cache': copyBandwidth(1 << 18), 'copy beyond cache': copyBandwidth(1 << 26) };
    writeFileSync(new URL('docs/roofline.svg', root), roofline(new Map(bench.rows.map((row) => [row.id, row])), workloads, bench.peakGflops, bandwidths));
    return 0;
  } catch (error) {
    console.error(`report: ${(error as Error).message}`);
    return 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
