/** How long one row may take. */
export interface Timing {
  /** Runs before anything is timed, for at least this long: kernels tier up and caches fill. */
  readonly warmUpMs: number;
  /** Samples are taken until they add up to this. */
  readonly budgetMs: number;
  /** Fewest samples, unless they exceed `mostMs`. */
  readonly samples: number;
  readonly mostMs: number;
}

export const TIMING: Timing = { warmUpMs: 150, budgetMs: 350, samples: 5, mostMs: 3000 };
/** For rows of which there are many. */
export const SHORT: Timing = { warmUpMs: 80, budgetMs: 160, samples: 5, mostMs: 1500 };

/** Shorter samples than this are gathered into one, so that the clock's own time does not show. */
const SAMPLE_MS = 0.05;

export interface Measured {
  readonly medianMs: number;
  readonly minMs: number;
  /** (third quartile − first quartile) / median. */
  readonly spread: number;
  readonly samples: number;
}

/** The value below which the fraction `q` of the sorted numbers lies, interpolated. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (at - low);
}

/** Median, least and spread of times in milliseconds. */
export function summarizeTimes(times: readonly number[]): Measured {
  const sorted = [...times].sort((a, b) => a - b);
  const medianMs = quantile(sorted, 0.5);
  return { medianMs, minMs: sorted[0]!, spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / medianMs, samples: sorted.length };
}

/** Times `run` after a warm-up. `between` runs untimed before each sample: it puts back what the samples wear out. */
export async function measure(run: () => void | Promise<void>, timing: Timing = TIMING, between: () => void = () => {}): Promise<Measured> {
  const runs = await warmUp(run, timing);
  const times: number[] = [];
  let total = 0;
  while (total < timing.mostMs && (total < timing.budgetMs || times.length < timing.samples)) {
    between();
    const start = performance.now();
    for (let i = 0; i < runs; i++) {
      const pending = run();
      if (pending) await pending;
    }
    const elapsed = performance.now() - start;
    times.push(elapsed / runs);
    total += elapsed;
  }
  return summarizeTimes(times);
}

/** Runs until the warm-up is over; returns how many runs make one sample. */
async function warmUp(run: () => void | Promise<void>, timing: Timing): Promise<number> {
  const start = performance.now();
  let [count, last] = [0, start];
  let shortest = Infinity;
  do {
    await run();
    const now = performance.now();
    shortest = Math.min(shortest, now - last);
    last = now;
    count++;
  } while (last - start < timing.warmUpMs || (count < 3 && last - start < timing.mostMs / 2));
  return Math.max(1, Math.ceil(SAMPLE_MS / Math.max(shortest, 1e-4)));
}
