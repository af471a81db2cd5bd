import type { FromWorker, ToWorker } from './messages.js';
import { Trainer } from './trainer.js';

/** Where the trainer works. */
export interface Line {
  readonly inWorker: boolean;
  send(message: ToWorker, transfer?: Transferable[]): void;
}

/** Starts the trainer in a worker made of `source`, this page's own script; in the page itself where no worker is allowed. */
export function startTrainer(source: string, hear: (message: FromWorker) => void): Line {
  try {
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => hear(data));
    worker.addEventListener('error', (event) => hear({ type: 'refused', what: 'open', message: event.message || 'the worker could not be started' }));
    return { inWorker: true, send: (message, transfer = []) => worker.postMessage(message, transfer) };
  } catch {
    const trainer = new Trainer((message) => setTimeout(() => hear(message), 0));
    return { inWorker: false, send: (message) => trainer.hear(message) };
  }
}
