import type { Worker as NodeWorker } from 'node:worker_threads';
import { ConvasmError } from '../core/errors.js';
import { callerMayBlock } from './cores.js';
import { follower, workerMain, type WorkerData } from './worker.js';

/** How long a thread may take to end by itself. */
const CLOSE_MS = 500;

const REFUSED = "its script was refused: the page's Content-Security-Policy needs worker-src blob:, or give compile workerFile, the address of convasm/worker.js";

/** A thread that runs `workerMain`. */
export interface Thread {
  post(data: WorkerData): void;
  /** Whether it keeps the process alive: only while the caller awaits its word. */
  hold(busy: boolean): void;
  /** Resolves when it has ended: by itself, which its memory has told it to, or by force. */
  ended(): Promise<void>;
}

/** What a thread says: a message, or that it is gone. */
export interface Hearing {
  message(what: string | number): void;
  lost(why: string): void;
}

/** The workers' script; `port` is an expression. */
const scriptFor = (port: string): string => `(${workerMain.toString()})(${port}, ${follower.toString()})`;

/** Starts a thread. `file` is the address of a page's worker script (convasm/worker.js); without it the script is a blob. */
export function openThread(hearing: Hearing, file?: string | URL): Thread {
  return callerMayBlock() ? nodeThread(hearing) : webThread(hearing, file);
}

function nodeThread({ message, lost }: Hearing): Thread {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const thread: NodeWorker = new Worker(scriptFor("require('node:worker_threads').parentPort"), { eval: true });
  thread.on('message', message);
  thread.on('error', (error) => lost(String(error)));
  thread.on('exit', (code) => lost(`it ended with code ${code}`));
  return {
    post: (data) => thread.postMessage(data),
    hold: (busy) => (busy ? thread.ref() : thread.unref()),
    ended: () => new Promise((resolve) => {
      // Deno tells of no exit when it terminates a thread.
      const force = setTimeout(() => void thread.terminate().then(done), CLOSE_MS);
      const done = (): void => {
        clearTimeout(force);
        resolve();
      };
      if (thread.threadId === -1) done();
      else thread.once('exit', done);
    }),
  };
}

function webThread({ message, lost }: Hearing, file?: string | URL): Thread {
  const url = file ?? URL.createObjectURL(new Blob([scriptFor('self')], { type: 'text/javascript' }));
  const remedy = file ? `${String(file)} could not be loaded as a worker: expected convasm/worker.js from the page's own origin, with its Cross-Origin-Embedder-Policy` : REFUSED;
  let loaded = false;
  let thread: Worker;
  try {
    thread = new Worker(url);
  } catch {
    throw new ConvasmError(remedy);
  }
  thread.onmessage = ({ data }: MessageEvent<string | number>) => {
    if (!loaded && !file) URL.revokeObjectURL(String(url));
    loaded = true;
    message(data);
  };
  thread.onerror = (event) => lost(loaded ? event.message : remedy);
  thread.onmessageerror = () => lost('a message could not be read');
  return {
    post: (data) => thread.postMessage(data),
    hold: () => {},
    ended: async () => thread.terminate(),
  };
}
