import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import '../../src/entries/default.js';
import { writeSafetensors } from '../../src/io/safetensors.js';
import { readFile, readIndex, readTensors, type GoldenCase } from './cases.js';
import type { Computed } from './given.js';
import { runCase } from './run.js';

const USAGE = 'usage: npm run -s golden -- DIR... [--kind K,..] [--op O,..] [--dump DIR]';

interface Options {
  readonly directories: readonly string[];
  readonly kinds: ReadonlySet<string> | null;
  readonly operators: ReadonlySet<string> | null;
  readonly dump: string | null;
}

const listOf = (values: readonly string[] | undefined): ReadonlySet<string> | null =>
  values === undefined ? null : new Set(values.flatMap((value) => value.split(',').map((word) => word.trim())));

/** The command line's options. Throws an Error with one line where it was used wrongly. */
function optionsOf(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { kind: { type: 'string', multiple: true }, op: { type: 'string', multiple: true }, dump: { type: 'string' } },
  });
  if (positionals.length === 0) throw new Error('no DIR was given');
  for (const directory of positionals)
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${directory} is not a folder`);
  if (values.dump !== undefined) mkdirSync(values.dump, { recursive: true });
  return { directories: positionals, kinds: listOf(values.kind), operators: listOf(values.op), dump: values.dump ?? null };
}

/** Writes what was computed under the case's own file name, as safetensors whatever that file is; integers as I64. */
function dumpCase(folder: string, { file, kind, name, op }: GoldenCase, computed: Computed): void {
  const path = join(folder, file.replace(/json$/, 'safetensors'));
  mkdirSync(dirname(path), { recursive: true });
  const entries = [...computed].map(([tensor, { data, shape }]) => ({
    name: tensor,
    shape,
    data: data instanceof Int32Array ? BigInt64Array.from(data, BigInt) : data,
  }));
  writeFileSync(path, writeSafetensors(entries, { format: 'golden/1', kind, name, op }));
}

/** Runs the cases of one folder that the filters leave; prints one line per failure. */
async function runFolder(directory: string, { kinds, operators, dump }: Options): Promise<{ passed: number; failed: number }> {
  let cases: GoldenCase[];
  try {
    cases = readIndex(directory);
  } catch (error) {
    console.log(`FAIL ${(error as Error).message}`);
    return { passed: 0, failed: 1 };
  }
  const chosen = cases.filter(({ kind, op }) => (kinds?.has(kind) ?? true) && (operators?.has(op) ?? true));
  let failed = 0;
  for (const golden of chosen) {
    const { failure, computed } = await runCase(golden, () => readTensors(directory, golden), () => readFile(directory, golden).toString());
    if (failure !== null) console.log(`FAIL ${golden.kind} ${golden.name}: ${failure}`);
    if (failure !== null) failed++;
    if (dump !== null && computed.size > 0) dumpCase(dump, golden, computed);
  }
  return { passed: chosen.length - failed, failed };
}

/** The whole command; returns its exit status: 0 all passed, 1 some failed, 2 used wrongly. */
async function main(args: string[]): Promise<number> {
  let options: Options;
  try {
    options = optionsOf(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const total = { passed: 0, failed: 0 };
  for (const directory of options.directories) {
    const { passed, failed } = await runFolder(directory, options);
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
