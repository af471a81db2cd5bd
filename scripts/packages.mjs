// The npm packages of a folder that has its own package-lock.json: whether they are there, and how they are installed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './stamp.mjs';

const packagesOf = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;

/** True when node_modules holds what package-lock.json names. npm writes its own list last, so an interrupted install is none. */
function installed(folder) {
  try {
    const there = packagesOf(path.join(folder, 'node_modules/.package-lock.json'));
    const wanted = Object.entries(packagesOf(path.join(folder, 'package-lock.json'))).filter(([place, { optional }]) => place !== '' && !optional);
    return wanted.every(([place, { version }]) => there[place]?.version === version);
  } catch {
    return false;
  }
}

/** Installs the packages of `folder`, relative to the project, unless they are there. Returns whether there was anything to do. */
export function install(folder = '.') {
  if (installed(folder)) return false;
  const done = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: path.join(root, folder), encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.status !== 0) throw new Error(`npm ci in ${folder} failed\n${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
  return true;
}

if (process.argv[1] === path.join(root, 'scripts/packages.mjs')) install(process.argv[2]);
