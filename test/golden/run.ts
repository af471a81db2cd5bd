import { UnsupportedError } from '../../src/core/errors.js';
import type { GoldenCase, Value } from './cases.js';
import { judge } from './compare.js';
import { Given, type Computed } from './given.js';
import { runOperator } from './ops.js';
import { runOptimizer } from './optim.js';
import { isTorchvision, runTorchvision } from './torchvision.js';
import { runTraining } from './train.js';

const runners: Readonly<Record<string, (given: Given) => Computed | Promise<Computed>>> = {
  op: runOperator,
  optim: runOptimizer,
  train: runTraining,
};

/** Everything that the library computes for a case. Throws what the library throws, UnsupportedError for an unknown kind or op. */
export async function compute(golden: GoldenCase, read: () => ReadonlyMap<string, Value>): Promise<Computed> {
  const runner = Object.hasOwn(runners, golden.kind) ? runners[golden.kind] : undefined;
  if (runner === undefined) throw new UnsupportedError(`kind ${golden.kind} is not supported`);
  return runner(new Given(golden, read()));
}

/** Runs and judges a case: null where it passed, else the reason in one line. `computed` is what there is to dump. `text`: its file. */
export async function runCase(
  golden: GoldenCase, read: () => ReadonlyMap<string, Value>, text: () => string,
): Promise<{ failure: string | null; computed: Computed }> {
  try {
    if (isTorchvision(golden.kind)) return await runTorchvision(golden.kind, text());
    const computed = await compute(golden, read);
    return { failure: judge(golden, read(), computed), computed };
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { failure: message.replaceAll('\n', ' '), computed: new Map() };
  }
}
