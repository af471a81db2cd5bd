import type { CompileOptions, Network } from '../../../src/index.js';
import { numbers, type Library, type Program } from './program.js';

export interface BarriersOptions {
  readonly workers: number;
  /** Steps of training. */
  readonly steps: number;
  readonly inWorker?: boolean;
  /** In a page: the package's worker file instead of a blob. */
  readonly file?: string;
}

export interface BarriersResult {
  readonly workers: number;
  readonly barriers: number;
  readonly digest: string;
  /** What was said on console.warn. */
  readonly warnings: readonly string[];
}

const BATCH = 4;
const images = numbers(BATCH * 72);
const labels = [0, 1, 2, 0];

function small({ convasm }: Library, more: Partial<CompileOptions>): Promise<Network> {
  const { compile, layers: { Sequential, Conv2d, Flatten, Linear, Tanh }, losses, optimizers } = convasm;
  const model = new Sequential([new Conv2d(2, 5, 3), new Tanh(), new Flatten(), new Linear(80, 3)]);
  return compile(model, { input: [2, 6, 6], batchSize: BATCH, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.01, momentum: 0.9 }), ...more });
}

/** Trains a network so small that its workers meet all the time. */
export const barriers: Program<BarriersOptions, BarriersResult> = async (library, { workers, steps, inWorker = false, file }) => {
  const warnings: string[] = [];
  const warn = console.warn;
  console.warn = (text) => void warnings.push(String(text));
  const net = await small(library, { workers, inWorker, ...(file ? { workerFile: file } : {}) });
  console.warn = warn;
  for (let i = 0; i < steps; i++) await net.step(images, labels);
  const result = { workers: net.workers, barriers: steps * net.blueprint.train!.all.last, digest: await net.digest(), warnings };
  await net.dispose();
  return result;
};

/** What ends a crew before its time: each must end in an error or quietly, never in silence. */
export const endings: Program<{ readonly workers: number }, Record<string, string>> = async (library, { workers }) => {
  const ended = (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', (error: unknown) => String(error).slice(0, 200));
  const trapped = await small(library, { workers });
  const { engine, blueprint } = trapped;
  engine.integers(engine.integers(blueprint.arena.table, 6)[5]!, 1)[0] = 9999;
  const trap = await ended(trapped.step(images, labels));
  const afterTrap = await ended(trapped.step(images, labels));
  await trapped.dispose();

  const left = await small(library, { workers });
  const turn = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const running = ended((async () => { for (let i = 1; ; i++) await (i % 20 ? left.step(images, labels) : turn(0)); })());
  await turn(100);
  await left.dispose();
  const disposed = await running;

  const both = await small(library, { workers });
  const overlapping = await Promise.all([both.predict(images), both.step(images, labels), both.predict(images.map((value) => -value))]);
  const alone = await small(library, { workers: 1 });
  const apart = [await alone.predict(images), await alone.step(images, labels), await alone.predict(images.map((value) => -value))];
  await Promise.all([both.dispose(), alone.dispose()]);

  const wrong = await small(library, { workers });
  const diverged = await ended(wrong.step(images.map(() => NaN), labels));
  const after = (await wrong.predict(images)).data.every(Number.isFinite) ? 'finite' : 'not finite';
  await wrong.dispose();
  return { trap, afterTrap, disposed, overlapping: JSON.stringify(overlapping) === JSON.stringify(apart) ? 'same' : 'different', diverged, after };
};

/** The longest time that the calling thread was away while a network trained beside it or on it, in milliseconds. */
export const away: Program<{ readonly inWorker: boolean; readonly milliseconds: number }, { readonly longestMs: number; readonly steps: number }> = async ({ convasm }, { inWorker, milliseconds }) => {
  const { compile, losses, models, optimizers } = convasm;
  const net = await compile(models.lenet5(), { input: [1, 32, 32], batchSize: 64, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.01 }), inWorker });
  const pictures = numbers(64 * 1024);
  const targets = Array.from({ length: 64 }, (_, i) => i % 10);
  const began = performance.now();
  let [last, longestMs, steps, on] = [began, 0, 0, true];
  const beat = (): void => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
    if (on) setTimeout(beat, 0);
  };
  beat();
  while (performance.now() - began < milliseconds) {
    if (inWorker) await net.step(pictures, targets);
    else net.stepSync(pictures, targets);
    steps++;
  }
  on = false;
  longestMs = Math.max(longestMs, performance.now() - last);
  await net.dispose();
  return { longestMs, steps };
};
