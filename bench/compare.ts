// `node build/js/bench/compare.js BEFORE.json AFTER.json`: which rows of two saved results (bench --json) moved beyond their spread.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Row } from './row.js';

/** What two runs on a busy machine differ by anyway. */
const LEAST_CHANGE = 0.03;

export interface Change {
  readonly id: string;
  readonly before: number;
  readonly after: number;
  /** after / before − 1: below 0 is faster, or smaller. */
  readonly change: number;
}

const figure = ({ medianMs, brotliBytes, bytes }: Row): number | null => medianMs ?? brotliBytes ?? bytes ?? null;

/** Rows of both results whose times differ by more than the larger spread of the two; sizes by any. */
export function changes(before: readonly Row[], after: readonly Row[]): Change[] {
  const found: Change[] = [];
  for (const row of after) {
    const old = before.find(({ id }) => id === row.id);
    const [a, b] = [old ? figure(old) : null, figure(row)];
    if (!old || a === null || b === null) continue;
    const least = row.medianMs === null ? 0 : Math.max(LEAST_CHANGE, row.spread ?? 0, old.spread ?? 0);
    if (Math.abs(b / a - 1) > least) found.push({ id: row.id, before: a, after: b, change: b / a - 1 });
  }
  return found.sort((a, b) => a.change - b.change);
}

function rowsOf(file: string): Row[] {
  const { rows } = JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1)!) as { rows?: Row[] };
  if (!Array.isArray(rows)) throw new Error(`${file}: no rows, expected what bench --json prints`);
  return rows;
}

/** Prints the changes, fastest first. Returns the exit status: 0, or 2 when used wrongly. */
export function main(argv: readonly string[]): number {
  if (argv.length !== 2) {
    console.error('usage: node build/js/bench/compare.js BEFORE.json AFTER.json');
    return 2;
  }
  try {
    const found = changes(rowsOf(argv[0]!), rowsOf(argv[1]!));
    for (const { id, before, after, change } of found) console.log(`${id.padEnd(52)} ${before} -> ${after}  ${change > 0 ? '+' : ''}${(100 * change).toFixed(1)} %`);
    console.log(`${found.length} rows moved beyond their spread`);
    return 0;
  } catch (error) {
    console.error(`compare: ${(error as Error).message}`);
    return 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
