import { RUN_DONE } from '../assembly/abi.js';
import { TURN_MS, turn } from './core/turns.js';
import type { Range } from './plan/plan.js';

/** Runs steps to their end: what `run` of the kernels returns, or a promise of it. */
type Run = (first: number, last: number) => number | Promise<number>;

interface Cuts {
  /** Images of the run that was measured. */
  readonly live: number;
  /** Steps before which a turn is taken. */
  readonly at: readonly number[];
}

/**
 * Cuts long programs into slices of about 40 ms, so that whatever else the thread has to do gets a turn between them. The first run of a range, one
 * over more images than any before, and one after a slice that took twice as long go step by step and look at the clock; others are cut where those were.
 */
export class Slices {
  readonly #cuts = new Map<number, Cuts>();
  readonly #run: Run;
  /** From here on a range stays whole. */
  readonly #whole: number;

  constructor(run: Run, whole: number) {
    this.#run = run;
    this.#whole = whole;
  }

  /** Runs a range over `live` images; between two slices a signal that has come ends it with its reason. */
  async run({ first, last }: Range, live: number, signal?: AbortSignal): Promise<number> {
    const known = this.#cuts.get(first);
    const measured = known && known.live >= live ? known.at : null;
    const cuts: number[] = [];
    let began = performance.now();
    for (let at = first, next = 0; at < last; ) {
      const end = measured ? (measured[next++] ?? last) : at === this.#whole ? last : at + 1;
      const run = this.#run(at, end);
      const code = typeof run === 'number' ? run : await run;
      if (code !== RUN_DONE) return code;
      const ms = performance.now() - began;
      if (measured && ms > 2 * TURN_MS && end - at > 1 && !(at <= this.#whole && this.#whole < end)) this.#cuts.delete(first);
      at = end;
      if (at === last || (!measured && ms < TURN_MS)) continue;
      cuts.push(at);
      await turn();
      signal?.throwIfAborted();
      began = performance.now();
    }
    if (!measured) this.#cuts.set(first, { live, at: cuts });
    return RUN_DONE;
  }
}
