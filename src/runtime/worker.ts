/** What a worker is given at its start: the shared memory, its place in the crew, and the indices of the control block's words. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly worker: number;
  readonly workers: number;
  readonly at: Places;
}

export interface Places {
  readonly epoch: number;
  readonly status: number;
  readonly sleepers: number;
  readonly job: number;
  readonly finished: number;
  readonly seen: number;
}

/** The side of a message channel that a worker has: its global scope on the web, `parentPort` in Node. */
export interface WorkerPort {
  onmessage: ((event: { readonly data: WorkerData }) => void) | null;
  postMessage(message: string | number): void;
  /** Deno's has none. */
  close?(): void;
}

/** Runs steps as one of the crew; returns what `run` of the kernels returns at the end. */
type Follow = (first: number, last: number) => number;

/** Passes barriers until the program is through; see docs/threads.md. It stands by itself, because it travels as text. */
export function follower({ module, memory, control, worker, workers, at }: WorkerData): Follow {
  const words = new Int32Array(memory.buffer);
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports as { run: (...numbers: number[]) => number };
  return (first, last) => {
    for (let step = first; ; ) {
      step = run(step, last, control, worker, workers);
      if (step < 0) return step;
      const seen = words[at.seen]!;
      while (Atomics.load(words, at.status) === 0 && Atomics.load(words, at.epoch) === seen) {
        Atomics.add(words, at.sleepers, 1);
        Atomics.wait(words, at.epoch, seen, 1000);
        Atomics.sub(words, at.sleepers, 1);
      }
      if (Atomics.load(words, at.status) !== 0) return -3;
      if (step === last) return -1;
    }
  };
}

/**
 * What a worker runs. It travels as text, too: nothing outside this function may be named in it.
 * It sleeps until JOB changes, follows the program with the others, and ends when JOB is -1. Worker 0, where it is a thread and not
 * the caller, posts what `run` returned. Messages: 'ready', that number, or another text for a trap.
 */
export function workerMain(port: WorkerPort, makeFollow: (data: WorkerData) => Follow): void {
  port.onmessage = ({ data }) => {
    const { memory, worker, workers, at } = data;
    const words = new Int32Array(memory.buffer);
    const follow = makeFollow(data);
    /** A run that ends between barriers ends for worker 0 when it has for all: they still read what the next run may write. */
    const others = (job: number): void => {
      for (let done; (done = Atomics.load(words, at.finished)) !== Math.imul(job, workers - 1) && Atomics.load(words, at.status) === 0; ) Atomics.wait(words, at.finished, done, 1000);
    };
    port.postMessage('ready');
    for (let job = 0; ; ) {
      while (Atomics.load(words, at.job) === job) Atomics.wait(words, at.job, job, 1000);
      job = Atomics.load(words, at.job);
      if (job === -1) break;
      try {
        const code = follow(words[at.job + 1]!, words[at.job + 2]!);
        if (worker === 0 && code === -2) others(job);
        if (worker === 0) port.postMessage(code);
      } catch (error) {
        Atomics.compareExchange(words, at.status, 0, worker + 1);
        Atomics.add(words, at.epoch, 1);
        Atomics.notify(words, at.epoch);
        port.postMessage(String(error));
      }
      if (worker > 0) Atomics.add(words, at.finished, 1);
      Atomics.notify(words, at.finished);
    }
    // What still listens would keep a thread of Node alive.
    port.onmessage = null;
    port.close?.();
  };
}
