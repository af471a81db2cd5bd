import type * as WorkerThreads from 'node:worker_threads';

/** Indices of the control block's words, and this worker's place; posted to it at its start. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly worker: number;
  readonly workers: number;
  readonly at: { readonly epoch: number; readonly status: number; readonly sleepers: number; readonly job: number; readonly seen: number };
}

/**
 * What a worker runs. It stands by itself, because it travels as text: nothing outside this function may be named in it.
 * It sleeps until JOB changes, follows the program with the others, and ends when JOB is -1.
 */
export function workerMain({ parentPort, workerData }: typeof WorkerThreads): void {
  const { module, memory, control, worker, workers, at } = workerData as WorkerData;
  const words = new Int32Array(memory.buffer);
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports as { run: (...numbers: number[]) => number };

  /** Passes barriers until the program is through; see docs/threads.md. */
  function follow(first: number, last: number): void {
    for (let step = first; ; ) {
      step = run(step, last, control, worker, workers);
      if (step < 0) return;
      const seen = words[at.seen]!;
      while (Atomics.load(words, at.status) === 0 && Atomics.load(words, at.epoch) === seen) {
        Atomics.add(words, at.sleepers, 1);
        Atomics.wait(words, at.epoch, seen, 1000);
        Atomics.sub(words, at.sleepers, 1);
      }
      if (step === last || Atomics.load(words, at.status) !== 0) return;
    }
  }

  let job = 0;
  parentPort!.postMessage('ready');
  for (;;) {
    while (Atomics.load(words, at.job) === job) Atomics.wait(words, at.job, job, 1000);
    job = Atomics.load(words, at.job);
    if (job === -1) return;
    try {
      follow(words[at.job + 1]!, words[at.job + 2]!);
    } catch (error) {
      Atomics.compareExchange(words, at.status, 0, worker + 1);
      Atomics.add(words, at.epoch, 1);
      Atomics.notify(words, at.epoch);
      parentPort!.postMessage(String(error));
    }
  }
}
