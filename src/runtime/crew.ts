import type { Worker } from 'node:worker_threads';
import {
  CONTROL_EPOCH, CONTROL_FIRST, CONTROL_JOB, CONTROL_LAST, CONTROL_SLEEPERS, CONTROL_SPINS, CONTROL_STATUS, CONTROL_WORKERS, RUN_ABORTED, RUN_DONE,
  WORKER_LINE, WORKER_SEEN,
} from '../../assembly/abi.js';
import { ConvasmError } from '../core/errors.js';
import { cores } from './cores.js';
import type { Engine } from './engine.js';
import { workerMain, type WorkerData } from './worker.js';

/** Looks at the barrier before sleeping: longer than a wake-up takes, none where workers share cores. */
const SPINS = 100_000;
/** How long Node's main thread may block before its event loop gets a turn, so that a worker's death is heard of. */
const BLOCK_MS = 50;
/** How long a worker may take to end by itself. */
const CLOSE_MS = 500;

/** Workers over one shared memory; the calling thread is worker 0. The protocol is in docs/threads.md. */
export class Crew {
  readonly #engine: Engine;
  readonly #control: number;
  readonly #words: Int32Array;
  readonly #threads: Worker[] = [];
  #failure: string | null = null;
  #closed = false;

  private constructor(engine: Engine, control: number, workers: number) {
    this.#engine = engine;
    this.#control = control;
    this.#words = new Int32Array(engine.memory.buffer);
    this.#words[(control + CONTROL_SPINS) >> 2] = workers <= cores() ? SPINS : 0;
  }

  /** Starts `workers` - 1 threads and waits until each is ready. */
  static async start(module: WebAssembly.Module, engine: Engine, control: number, workers: number): Promise<Crew> {
    const crew = new Crew(engine, control, workers);
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const code = `(${workerMain.toString()})(require('node:worker_threads'))`;
    const ready = Array.from({ length: workers - 1 }, (_, i) => {
      const workerData: WorkerData = { module, memory: engine.memory, control, worker: i + 1, workers, at: crew.#places(i + 1) };
      const thread = new Worker(code, { eval: true, workerData });
      crew.#threads.push(thread);
      return crew.#hear(thread, i + 1);
    });
    try {
      await Promise.all(ready);
    } catch (error) {
      await crew.close();
      throw error;
    }
    return crew;
  }

  get workers(): number {
    return this.#threads.length + 1;
  }

  #places(worker: number): WorkerData['at'] {
    const index = (offset: number): number => (this.#control + offset) >> 2;
    return {
      epoch: index(CONTROL_EPOCH), status: index(CONTROL_STATUS), sleepers: index(CONTROL_SLEEPERS), job: index(CONTROL_JOB),
      seen: index(CONTROL_WORKERS + WORKER_SEEN + worker * WORKER_LINE),
    };
  }

  /** Resolves at the thread's `ready`; whatever ends it later aborts the crew. */
  #hear(thread: Worker, worker: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (why: string): void => {
        this.#abort(worker, why);
        reject(new ConvasmError(`worker ${worker} did not start: ${why}`));
      };
      thread.on('message', (message: string) => {
        if (message !== 'ready') return lost(message);
        thread.unref();
        resolve();
      });
      thread.on('error', (error) => lost(String(error)));
      thread.on('exit', (code) => {
        if (!this.#closed) lost(`it ended with code ${code}`);
      });
    });
  }

  /** Frees everyone who waits at a barrier, in this order: status, epoch, notify. */
  #abort(worker: number, why: string): void {
    this.#failure ??= `worker ${worker}: ${why}`;
    const { status, epoch } = this.#places(worker);
    Atomics.compareExchange(this.#words, status, 0, worker + 1);
    Atomics.add(this.#words, epoch, 1);
    Atomics.notify(this.#words, epoch);
  }

  /** Runs the steps `first` to `last` with everyone. Throws when a worker failed; the crew is of no use then. */
  async run(first: number, last: number): Promise<number> {
    const words = this.#words;
    const { job } = this.#places(0);
    words[(this.#control + CONTROL_FIRST) >> 2] = first;
    words[(this.#control + CONTROL_LAST) >> 2] = last;
    Atomics.add(words, job, 1);
    Atomics.notify(words, job);
    try {
      return await this.#follow(first, last);
    } catch (error) {
      this.#abort(0, String(error));
      await this.close();
      throw error;
    }
  }

  async #follow(first: number, last: number): Promise<number> {
    const words = this.#words;
    const { epoch, status, sleepers, seen: place } = this.#places(0);
    for (let step = first; ; ) {
      step = this.#engine.run(step, last, this.#control, 0, this.workers);
      if (step === RUN_ABORTED) throw this.#failed();
      if (step < 0) return step;
      const seen = words[place]!;
      while (Atomics.load(words, status) === 0 && Atomics.load(words, epoch) === seen) {
        Atomics.add(words, sleepers, 1);
        const why = Atomics.wait(words, epoch, seen, BLOCK_MS);
        Atomics.sub(words, sleepers, 1);
        if (why === 'timed-out') await new Promise((resolve) => setImmediate(resolve));
      }
      if (Atomics.load(words, status) !== 0) throw this.#failed();
      if (step === last) return RUN_DONE;
    }
  }

  #failed(): ConvasmError {
    return new ConvasmError(`a worker failed and the run was stopped (${this.#failure ?? 'no word from it yet'}). The network's memory is no longer valid: compile again and load the last checkpoint.`);
  }

  /** Ends the threads: asks first, terminates those that do not answer. */
  async close(): Promise<void> {
    this.#closed = true;
    const { job } = this.#places(0);
    Atomics.store(this.#words, job, -1);
    Atomics.notify(this.#words, job);
    await Promise.all(this.#threads.map((thread) => ended(thread)));
  }
}

/** Resolves when the thread has ended, by itself or by force. */
function ended(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => void thread.terminate(), CLOSE_MS);
    thread.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    if (thread.threadId === -1) {
      clearTimeout(force);
      resolve();
    }
  });
}
