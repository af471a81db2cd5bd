import { useKernels } from '../src/runtime/builds.js';
import { embedded } from '../src/runtime/platform/embedded.js';
import { startPage } from './page.js';
import { startWorker } from './worker/start.js';

// One script for both: the page starts its worker from its own text, so the library travels once and nothing else is loaded.
useKernels(embedded);
if (typeof document === 'undefined') startWorker();
else startPage(document.currentScript!.textContent!);
