import { browsers } from './browser.js';
import { commands } from './command.js';
import { edges } from './edge.js';
import type { BrowserEngine, Engine } from './engine.js';
import { webkit } from './webkit.js';

export const allBrowsers: readonly BrowserEngine[] = [...browsers, webkit];

/** Every engine that the identity suite knows; docs/runtimes.md lists them. */
export const engines: readonly Engine[] = [...commands, ...allBrowsers, ...edges];
