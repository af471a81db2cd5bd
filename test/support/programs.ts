import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './sources.js';

export type ProgramName = 'chromium' | 'firefox' | 'webdriver' | 'minibrowser' | 'xvfb';

/** Path of a browser or of what drives it, as `npm run setup:runtimes` finds it; null where there is none. */
export async function programPath(name: ProgramName): Promise<string | null> {
  // From scripts/, which is not compiled with the tests.
  const scripts = (await import(pathToFileURL(path.join(root, 'scripts/runtimes.mjs')).href)) as { programPath(name: string): string | null };
  return scripts.programPath(name);
}

/** What Chromium is started with: as root it has no sandbox; the rest keeps it from the network. */
export const CHROMIUM_FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'];

/** Whether there is a Chromium; none is an error in CI. */
export async function hasChromium(): Promise<boolean> {
  const found = await programPath('chromium');
  if (found === null && process.env['CI'] === 'true') throw new Error('no Chromium found: npm run setup:runtimes installs it, or name its file in CHROMIUM');
  return found !== null;
}
