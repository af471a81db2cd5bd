import { startPage } from './page.js';
import { startWorker } from './worker/start.js';

// One script for both: the page starts its worker from its own text, so the library travels once and nothing else is loaded.
if (typeof document === 'undefined') startWorker();
else startPage(document.currentScript!.textContent!);
