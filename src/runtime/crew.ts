import {
  CONTROL_EPOCH, CONTROL_FINISHED, CONTROL_FIRST, CONTROL_JOB, CONTROL_LAST, CONTROL_SLEEPERS, CONTROL_SPINS, CONTROL_STATUS, CONTROL_WORKERS,
  RUN_ABORTED, RUN_DONE, RUN_NOT_FINITE, WORKER_LINE, WORKER_SEEN,
} from '../../assembly/abi.js';
import { ConvasmError } from '../core/errors.js';
import { cores } from './cores.js';
import type { Engine } from './engine.js';
import { openThread, type Thread } from './thread.js';
import type { Places } from './worker.js';

/** Looks at the barrier before sleeping: longer than a wake-up takes, none where workers share cores. */
const SPINS = 100_000;
/** How long the calling thread may block before its event loop gets a turn, so that a worker's death is heard of. */
const BLOCK_MS = 50;
/** How long the message of a worker that failed, which says why, may take. */
const WORD_MS = 20;

export interface CrewOptions {
  readonly workers: number;
  /** The calling thread is worker 0, and blocks; else every worker is a thread, and the caller awaits a message. */
  readonly callerWorks: boolean;
  /** Address of a page's worker script. */
  readonly file?: string | URL | undefined;
}

interface Pending {
  resolve(code: number): void;
  reject(error: Error): void;
}

/** Workers over one shared memory. The protocol is in docs/threads.md. */
export class Crew {
  readonly workers: number;
  readonly #callerWorks: boolean;
  readonly #engine: Engine;
  readonly #control: number;
  readonly #words: Int32Array;
  readonly #threads: Thread[] = [];
  /** The run that worker 0, a thread, is at. */
  #pending: Pending | null = null;
  #failure: string | null = null;
  #closed = false;

  private constructor(engine: Engine, control: number, { workers, callerWorks }: CrewOptions) {
    this.workers = workers;
    this.#callerWorks = callerWorks;
    this.#engine = engine;
    this.#control = control;
    this.#words = new Int32Array(engine.memory.buffer);
    this.#words[(control + CONTROL_SPINS) >> 2] = workers <= cores() ? SPINS : 0;
  }

  /** Starts the threads and waits until each is ready. Throws ConvasmError, all of them ended, where one cannot start. */
  static async start(module: WebAssembly.Module, engine: Engine, control: number, options: CrewOptions): Promise<Crew> {
    const crew = new Crew(engine, control, options);
    const first = options.callerWorks ? 1 : 0;
    try {
      await Promise.all(Array.from({ length: options.workers - first }, (_, i) => crew.#open(module, first + i, options.file)));
    } catch (error) {
      await crew.close();
      throw error;
    }
    return crew;
  }

  #places(worker: number): Places {
    const index = (offset: number): number => (this.#control + offset) >> 2;
    return {
      epoch: index(CONTROL_EPOCH), status: index(CONTROL_STATUS), sleepers: index(CONTROL_SLEEPERS), job: index(CONTROL_JOB), finished: index(CONTROL_FINISHED),
      seen: index(CONTROL_WORKERS + WORKER_SEEN + worker * WORKER_LINE),
    };
  }

  /** Resolves at the thread's `ready`; whatever ends it later aborts the crew. */
  #open(module: WebAssembly.Module, worker: number, file?: string | URL): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (why: string): void => {
        if (this.#closed) return;
        this.#abort(worker, why);
        reject(new ConvasmError(`worker ${worker} did not start: ${why}`));
      };
      const message = (what: string | number): void => {
        if (typeof what === 'number') return this.#pending?.resolve(what);
        if (what !== 'ready') return lost(what);
        thread.hold(false);
        resolve();
      };
      const thread = openThread({ message, lost }, file);
      this.#threads.push(thread);
      thread.post({ module, memory: this.#engine.memory, control: this.#control, worker, workers: this.workers, at: this.#places(worker) });
    });
  }

  /** Frees everyone who waits at a barrier, in this order: status, epoch, notify. */
  #abort(worker: number, why: string): void {
    this.#failure ??= `worker ${worker}: ${why}`;
    const { status, epoch, finished } = this.#places(worker);
    Atomics.compareExchange(this.#words, status, 0, worker + 1);
    Atomics.add(this.#words, epoch, 1);
    Atomics.notify(this.#words, epoch);
    Atomics.notify(this.#words, finished);
    this.#pending?.reject(this.#failed());
  }

  /** Runs the steps `first` to `last` with everyone. Throws when a worker failed; the crew is of no use then. */
  async run(first: number, last: number): Promise<number> {
    const words = this.#words;
    const { job, status } = this.#places(0);
    if (Atomics.load(words, status) !== 0) throw this.#failed();
    words[(this.#control + CONTROL_FIRST) >> 2] = first;
    words[(this.#control + CONTROL_LAST) >> 2] = last;
    try {
      if (!this.#callerWorks) return await this.#awaited();
      Atomics.add(words, job, 1);
      Atomics.notify(words, job);
      return await this.#follow(first, last);
    } catch (error) {
      if (error instanceof ConvasmError) await new Promise((resolve) => setTimeout(resolve, WORD_MS));
      else this.#abort(0, String(error));
      const failed = this.#failed();
      await this.close();
      throw failed;
    }
  }

  /** Wakes the crew and awaits worker 0's message: a page's main thread may store and notify, not wait. */
  async #awaited(): Promise<number> {
    const { job } = this.#places(0);
    const [leader] = this.#threads;
    leader!.hold(true);
    const code = await new Promise<number>((resolve, reject) => {
      this.#pending = { resolve, reject };
      Atomics.add(this.#words, job, 1);
      Atomics.notify(this.#words, job);
    });
    this.#pending = null;
    leader!.hold(false);
    if (code === RUN_ABORTED) throw this.#failed();
    return code;
  }

  async #follow(first: number, last: number): Promise<number> {
    const words = this.#words;
    const { epoch, status, sleepers, finished, job, seen: place } = this.#places(0);
    for (let step = first; ; ) {
      step = this.#engine.run(step, last, this.#control, 0, this.workers);
      if (step === RUN_ABORTED) throw this.#failed();
      // A run that ends between barriers ends when it has for all: the others still read what the next run may write.
      if (step === RUN_NOT_FINITE) await this.#sleep(finished, (done) => done !== Math.imul(words[job]!, this.workers - 1));
      if (step < 0) return step;
      const seen = words[place]!;
      Atomics.add(words, sleepers, 1);
      await this.#sleep(epoch, (now) => now === seen);
      Atomics.sub(words, sleepers, 1);
      if (Atomics.load(words, status) !== 0) throw this.#failed();
      if (step === last) return RUN_DONE;
    }
  }

  /** Blocks while the word at `place` is such, and nobody failed. */
  async #sleep(place: number, such: (value: number) => boolean): Promise<void> {
    const words = this.#words;
    const { status } = this.#places(0);
    for (let value; such((value = Atomics.load(words, place))) && Atomics.load(words, status) === 0; ) {
      if (Atomics.wait(words, place, value, BLOCK_MS) === 'timed-out') await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #failed(): ConvasmError {
    if (this.#closed) return new ConvasmError('the network was disposed of while it ran: compile a new one');
    return new ConvasmError(`a worker failed and the run was stopped (${this.#failure ?? 'no word from it yet'}). The network's memory is no longer valid: compile again and load the last checkpoint.`);
  }

  /** Ends the threads: asks first, terminates those that do not answer. A run under way ends with an error. */
  async close(): Promise<void> {
    this.#closed = true;
    const { job } = this.#places(0);
    this.#abort(0, 'closed');
    Atomics.store(this.#words, job, -1);
    Atomics.notify(this.#words, job);
    await Promise.all(this.#threads.map((thread) => thread.ended()));
  }
}
