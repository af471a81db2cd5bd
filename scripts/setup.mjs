// Installs and builds what is missing, and only that: every npm script starts here, so a fresh clone needs no other step.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './stamp.mjs';

const packagesOf = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;

/** True when node_modules holds what package-lock.json names. npm writes its own list last, so an interrupted install is none. */
function packagesInstalled() {
  try {
    const installed = packagesOf('node_modules/.package-lock.json');
    const wanted = Object.entries(packagesOf('package-lock.json')).filter(([place, { optional }]) => place !== '' && !optional);
    return wanted.every(([place, { version }]) => installed[place]?.version === version);
  } catch {
    return false;
  }
}

function installPackages() {
  const done = spawnSync('npm', ['ci', '--include=dev'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.status !== 0) throw new Error(`npm ci failed\n${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
}

async function setUp() {
  let made = 0;
  const note = (name, seconds) => process.stderr.write(`${made++ ? ' · ' : 'Setting up, once: '}${name} ${seconds.toFixed(1)} s`);
  try {
    if (!packagesInstalled()) {
      const start = performance.now();
      installPackages();
      note('packages', (performance.now() - start) / 1000);
    }
    const { build } = await import('./build.mjs');
    await build(note);
  } finally {
    if (made) process.stderr.write('\n');
  }
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`convasm needs Node 20.19 or later; this is ${process.version}`);
  process.exitCode = 1;
} else {
  try {
    await setUp();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
