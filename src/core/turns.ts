/** Milliseconds of work after which timers, signals and other work of the thread get a turn. */
export const TURN_MS = 40;

/** Gives the thread's event loop a turn, timers included. */
export const turn = (): Promise<void> => new Promise((resolve) => {
  if (typeof setImmediate === 'function') setImmediate(() => setImmediate(resolve));     // Node's timers are looked at between the two; one of its own waits a millisecond
  else setTimeout(resolve, 0);
});

/** Lets a long loop of synchronous work share its thread: `await turns.take()` between two pieces. */
export class Turns {
  #last = performance.now();

  async take(): Promise<void> {
    if (performance.now() - this.#last < TURN_MS) return;
    await turn();
    this.#last = performance.now();
  }
}
