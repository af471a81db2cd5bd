/** Milliseconds of work after which timers, signals and other work of the thread get a turn. */
const TURN_MS = 40;

/** Lets a long loop of synchronous work share its thread: `await turns.take()` between two pieces. */
export class Turns {
  #last = performance.now();

  async take(): Promise<void> {
    if (performance.now() - this.#last < TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#last = performance.now();
  }
}
