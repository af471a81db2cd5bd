import { describe, expect, test } from 'vitest';
import { engines } from './engines/index.js';
import type { Task } from './engines/engine.js';
import { using } from './using.js';
import type { BarriersResult } from './programs/threads.js';

// Crews in every engine that has threads, from the packed package; `npm run -s soak -- barriers` is the long form of the first test.

const LONG = { timeout: 600_000 };
const withThreads = engines.filter(({ threads }) => threads);
const browsers = engines.filter(({ entries, threads }) => threads && entries.includes('iife'));

const barriers = (options: object, task: Partial<Task> = {}): Task => ({ program: 'barriers', options: { workers: 1, steps: 200, ...options }, ...task });

describe.each(withThreads)('$name', (engine) => {
  test('1 to 4 workers meet thousands of times and leave the same bits', LONG, () => using(engine, async ({ run }) => {
    const alone = (await run(barriers({}))) as BarriersResult;
    for (const options of [{ workers: 2 }, { workers: 3 }, { workers: 4 }, { inWorker: true }]) {
      const found = (await run(barriers(options))) as BarriersResult;
      expect(found).toEqual({ ...alone, workers: options.workers ?? 1 });
    }
    expect(alone.warnings).toEqual([]);
  }));

  test.each([2, 3])('%i workers stop for a trap, for dispose, for a loss that is not finite, and calls wait for each other', LONG, (workers) => using(engine, async ({ run }) => {
    expect(await run({ program: 'endings', options: { workers } })).toEqual({
      trap: expect.stringMatching(/unreachable|Unreachable|a worker failed/) as string, afterTrap: expect.stringContaining('disposed') as string,
      disposed: expect.stringMatching(/disposed/) as string, overlapping: 'same', diverged: expect.stringContaining('DivergedError') as string, after: 'finite',
    });
  }));
});

describe.each(browsers)('a page in $name', (engine) => {
  test('takes its workers from a blob, from a file where the policy refuses blobs, or has none and says why', LONG, () => using(engine, async ({ run }) => {
    const alone = (await run(barriers({}))) as BarriersResult;
    const policy = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self'";
    const file = '/node_modules/convasm/build/dist/worker.js';
    expect(await run(barriers({ workers: 2, file }, { policy }))).toEqual({ ...alone, workers: 2 });
    expect(await run(barriers({ workers: 2 }, { policy: `${policy} blob:` }))).toEqual({ ...alone, workers: 2 });
    const said = async (task: Task): Promise<string> => {
      const { warnings, ...rest } = (await run(task)) as BarriersResult;
      expect({ ...rest, warnings: [] }).toEqual(alone);
      expect(warnings).toHaveLength(1);
      return warnings[0]!;
    };
    expect(await said(barriers({ workers: 2 }, { policy }))).toMatch(/no threads \(.*worker-src blob:.*2 workers were asked for, one runs. The results are the same./);
    expect(await said(barriers({ workers: 2 }, { isolated: false }))).toMatch(/Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp/);
    expect(await said(barriers({ inWorker: true }, { isolated: false }))).toMatch(/the network runs on the calling thread/i);
    expect(await said(barriers({ workers: 2, file: '/none.js' }))).toMatch(/none\.js could not be loaded as a worker/);
  }));

  test('stays free while a network trains beside it', LONG, () => using(engine, async ({ run }) => {
    const times = async (inWorker: boolean): Promise<{ longestMs: number; steps: number }> =>
      (await run({ program: 'away', options: { inWorker, milliseconds: 3000 } })) as { longestMs: number; steps: number };
    const [beside, here] = [await times(true), await times(false)];
    expect(Math.min(beside.steps, here.steps)).toBeGreaterThan(1);
    // Synchronous steps do not give way, so without a worker the page is away all the time.
    expect(here.longestMs).toBeGreaterThan(2900);
    expect(beside.longestMs).toBeLessThan(1500);
  }));
});
