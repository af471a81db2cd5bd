import type { FromWorker, ToWorker } from './messages.js';
import { Trainer } from './trainer.js';

/** What a worker's global scope offers; the page's types do not know it. */
interface Scope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  addEventListener(type: 'message', hear: (event: MessageEvent<ToWorker>) => void): void;
}

/** Runs in the worker: the same script as the page's, with nothing of the page. */
export function startWorker(): void {
  const scope = globalThis as unknown as Scope;
  const trainer = new Trainer((message, transfer = []) => scope.postMessage(message, transfer));
  scope.addEventListener('message', ({ data }) => trainer.hear(data));
}
