import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from '../support/sources.js';

/** Installs the packages of a folder that has its own package-lock.json, unless they are there; returns its node_modules. */
export function installed(folder: string): string {
  const done = spawnSync(process.execPath, [path.join(root, 'scripts/packages.mjs'), folder], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return path.join(root, folder, 'node_modules');
}
