// How every peer is timed: a warm-up, then samples until their time is spent; the median counts.

const WARM_UP_MS = 150;
const BUDGET_MS = 350;
const MOST_MS = 2500;
const FEWEST = 5;

/** Median and least of the times of `run`, which may return a promise, in milliseconds. */
export async function time(run) {
  const start = performance.now();
  let runs = 0;
  do {
    await run();
    runs++;
  } while (performance.now() - start < WARM_UP_MS || (runs < 3 && performance.now() - start < MOST_MS));
  const times = [];
  let total = 0;
  while (total < MOST_MS && (total < BUDGET_MS || times.length < FEWEST)) {
    const before = performance.now();
    const pending = run();
    if (pending instanceof Promise) await pending;
    times.push(performance.now() - before);
    total += times.at(-1);
  }
  times.sort((a, b) => a - b);
  const half = times.length >> 1;
  return { medianMs: times.length % 2 ? times[half] : (times[half - 1] + times[half]) / 2, minMs: times[0], samples: times.length };
}
