// `npm run -s bench -- [GROUP] [--workloads FILE] [--workers N] [--build simd|relaxed] [--json]`: times the library on a list of workloads.
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FormatError } from '../src/core/errors.js';
import '../src/entries/default.js';
import { memoryRows } from './memory.js';
import { peakGflops } from './peak.js';
import { GROUPS, percentOf, type Emit, type Group, type Row, type Setting } from './row.js';
import { choose } from './runner.js';
import { sizeRows } from './size.js';
import { startupRows } from './startup.js';
import { heading, tableLine } from './table.js';
import { workloadRows } from './workloadrows.js';
import { readWorkloads, type WorkloadList } from './workloads.js';

const USAGE = `usage: npm run -s bench -- [${GROUPS.join('|')}] [--workloads FILE] [--workers N] [--build simd|relaxed] [--json]`;
const OWN_LIST = new URL('../../../bench/workloads.json', import.meta.url);

class UsageError extends Error {}

interface Options {
  readonly groups: readonly Group[];
  readonly list: WorkloadList;
  readonly workers: number;
  readonly build: string;
  readonly json: boolean;
}

function readOptions(argv: readonly string[]): Options {
  const { values, positionals } = parse(argv);
  if (positionals.length > 1) throw new UsageError(`one group at most, not ${positionals.join(' ')}`);
  const group = positionals[0];
  if (group !== undefined && !GROUPS.includes(group as Group)) throw new UsageError(`unknown group ${group}`);
  const workers = Number(values.workers);
  if (!/^[0-9]+$/.test(values.workers) || workers < 1 || workers > 64) throw new UsageError(`--workers is ${values.workers}, expected an integer from 1 to 64`);
  if (!['simd', 'relaxed'].includes(values.build)) throw new UsageError(`--build is ${values.build}, expected simd or relaxed`);
  try {
    const list = readWorkloads(values.workloads ?? OWN_LIST);
    return { groups: group === undefined ? GROUPS : [group as Group], list, workers, build: values.build, json: values.json };
  } catch (error) {
    if (error instanceof FormatError) throw new UsageError(error.message);
    throw error;
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv], allowPositionals: true,
      options: {
        workloads: { type: 'string' }, workers: { type: 'string', default: '1' }, build: { type: 'string', default: 'simd' },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function groupRows(group: Group, list: WorkloadList, setting: Setting, emit: Emit): Promise<void> {
  if (group === 'startup') await startupRows(setting, emit);
  else if (group === 'size') await sizeRows(emit);
  else if (group === 'memory') memoryRows(list, setting, emit);
  else await workloadRows(group, list, setting, emit);
}

function measurePeak(setting: Setting): void {
  setting.peakGflops = Math.max(setting.peakGflops, Number(peakGflops().toPrecision(4)));
}

/** Prints the rows as they come; with --json the table goes to stderr and one object to stdout. Returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`bench: ${error.message}\n${USAGE}`);
    return 2;
  }
  const { groups, list, workers, build, json } = options;
  const print = (text: string): boolean => (json ? process.stderr : process.stdout).write(`${text}\n`);
  const setting: Setting = { peakGflops: 0, workers, build, refused: await choose(build, workers) };
  measurePeak(setting);
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version, load: loadavg()[0]! };
  print(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}, load ${machine.load.toFixed(1)}; peak ${setting.peakGflops} GFLOP/s per worker`);
  if (machine.load > machine.cores / 2) print('others keep this machine busy: rows of more than a few milliseconds will look slower than they are');
  print(heading());
  const rows: Row[] = [];
  for (const group of groups) {
    await groupRows(group, list, setting, (row) => {
      rows.push(row);
      print(tableLine(row));
    });
    measurePeak(setting);
  }
  print(`peak ${setting.peakGflops} GFLOP/s per worker`);
  if (json) console.log(JSON.stringify({ ...setting, ...machine, rows: rows.map((row) => ({ ...row, percentOfPeak: percentOf(row.gflops, setting) })) }));
  return rows.some((row) => row.wrong) ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // A reader that went away, as `head` does, wants no more rows.
  process.stdout.on('error', () => process.exit());
  process.exitCode = await main(process.argv.slice(2));
}
