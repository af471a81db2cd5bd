import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { engines } from '../runtimes/engines/index.js';
import type { Engine, Running } from '../runtimes/engines/engine.js';
import type { BarriersResult } from '../runtimes/programs/threads.js';

/** Workers of each run: more than this machine's cores among them. */
const WORKERS = [1, 2, 3, 4];
/** A run without a result for so long hangs. */
const HANG_MS = 600_000;

/** Keeps every core busy with something else until it is called. */
function crowd(): () => void {
  const busy = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }));
  const stop = (): void => busy.forEach((child) => void child.kill('SIGKILL'));
  process.once('exit', stop);
  return stop;
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result after ${HANG_MS / 1000} s: it hangs`)), HANG_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export interface Soaked {
  readonly runs: number;
  readonly barriers: number;
  readonly failures: number;
}

/** Runs with every number of workers; their weights' digests go to `digests`. Returns the barriers that were passed. */
async function each({ name }: Engine, running: Running, steps: number, digests: string[], say: (line: string) => void): Promise<number> {
  let sum = 0;
  for (const workers of WORKERS) {
    const began = performance.now();
    const found = (await within(running.run({ program: 'barriers', options: { workers, steps } }))) as BarriersResult;
    if (found.workers !== workers) throw new Error(`${found.workers} workers ran, expected ${workers} (${found.warnings.join(' ')})`);
    digests.push(found.digest);
    sum += found.barriers;
    const seconds = (performance.now() - began) / 1000;
    say(`${name.replace(/ .*/, '')} ${running.version}, ${workers} workers: ${steps} steps, ${found.barriers} barriers, ${seconds.toFixed(1)} s, ${found.digest.slice(0, 8)}`);
  }
  return sum;
}

/**
 * Trains a network so small that its workers hardly do anything but meet, in the engines whose names begin so, with other processes on every
 * core. All runs must end, and with the same weights.
 */
export async function barriers(names: readonly string[], steps: number, say: (line: string) => void): Promise<Soaked> {
  const wanted = engines.filter(({ name, threads }) => threads && names.some((start) => name.startsWith(start)));
  const digests: string[] = [];
  let [met, failures] = [0, wanted.length === 0 ? 1 : 0];
  const stop = crowd();
  for (const engine of wanted) {
    const missing = await engine.missing();
    const running = missing ? null : await engine.start();
    try {
      if (!running) throw new Error(`missing: ${missing} installs it`);
      met += await each(engine, running, steps, digests, say);
    } catch (error) {
      failures++;
      say(`${engine.name}: ${String(error)}`);
    } finally {
      await running?.close();
    }
  }
  stop();
  const different = Math.max(0, new Set(digests).size - 1);
  if (different > 0) say(`${different + 1} different weights, expected the same from all`);
  return { runs: digests.length, barriers: met, failures: failures + different };
}
