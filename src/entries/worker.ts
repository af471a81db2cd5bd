// `convasm/worker.js`: the script of a page's workers as a file, for pages whose Content-Security-Policy refuses blobs.
import { follower, workerMain, type WorkerPort } from '../runtime/worker.js';

workerMain(globalThis as unknown as WorkerPort, follower);
