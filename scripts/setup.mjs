// Installs and builds what is missing, and only that: every npm script starts here, so a fresh clone needs no other step.
import { install } from './packages.mjs';

async function setUp() {
  let made = 0;
  const note = (name, seconds) => process.stderr.write(`${made++ ? ' · ' : 'Setting up, once: '}${name} ${seconds.toFixed(1)} s`);
  try {
    const start = performance.now();
    if (install()) note('packages', (performance.now() - start) / 1000);
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
