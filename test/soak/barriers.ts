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

async function each(engine: Engine, running: Running, steps: number, say: (line: string) => void): Promise<string[]> {
  const digests = [];
  for (const workers of WORKERS) {
    const began = performance.now();
    const found = (await within(running.run({ program: 'barriers', options: { workers, steps } }))) as BarriersResult;
    if (found.workers !== workers) throw new Error(`${found.workers} workers ran, expected ${workers} (${found.warnings.join(' ')})`);
    digests.push(found.digest);
    const seconds = (performance.now() - began) / 1000;
    say(`${engine.name} ${running.version}, ${workers} workers: ${steps} steps, ${found.barriers} barriers, ${seconds.toFixed(1)} s, ${found.digest.slice(0, 8)}`);
  }
  return digests;
}

/**
 * `npm run -s soak -- barriers [--steps N] [ENGINE...]`: trains a network so small that its workers hardly do anything but meet, with other
 * processes on every core. All runs must end, with the same weights. Returns how many failed.
 */
export async function barriers(names: readonly string[], steps: number, say: (line: string) => void): Promise<number> {
  const wanted = engines.filter(({ name, threads }) => threads && names.some((word) => name.toLowerCase().includes(word.toLowerCase())));
  const digests = new Set<string>();
  let failed = 0;
  const stop = crowd();
  for (const engine of wanted) {
    const missing = await engine.missing();
    const running = missing ? null : await engine.start();
    try {
      if (!running) throw new Error(`missing: ${missing} installs it`);
      for (const digest of await each(engine, running, steps, say)) digests.add(digest);
    } catch (error) {
      failed++;
      say(`${engine.name}: ${String(error)}`);
    } finally {
      await running?.close();
    }
  }
  stop();
  if (digests.size > 1) say(`${digests.size} different weights, expected the same from all`);
  return failed + Math.max(0, digests.size - 1) + (wanted.length === 0 ? 1 : 0);
}
