// Installs and builds what is missing, and only that: every npm script starts here, so a fresh clone needs no other step.
import { spawnSync } from 'node:child_process';
import { hashOf, readStamp, root, writeStamp } from './stamp.mjs';

const PACKAGES = 'node_modules/.convasm-stamp';

function installPackages() {
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.status !== 0) throw new Error(`npm ci failed\n${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
}

async function setUp() {
  const made = [];
  const note = (name, seconds) => {
    process.stderr.write(`${made.length ? ' · ' : 'Setting up, once: '}${name} ${seconds.toFixed(1)} s`);
    made.push(name);
  };
  try {
    const want = hashOf('package-lock.json');
    if (readStamp(PACKAGES) !== want) {
      const start = performance.now();
      installPackages();
      writeStamp(PACKAGES, want);
      note('packages', (performance.now() - start) / 1000);
    }
    const { build } = await import('./build.mjs');
    await build(note);
  } finally {
    if (made.length) process.stderr.write('\n');
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
