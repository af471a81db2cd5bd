// `npm test [-- FILTER...]`: lint, then every test; ends with one line that counts them all.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { install } from './packages.mjs';
import { root } from './stamp.mjs';

const require = createRequire(import.meta.url);
const report = path.join(root, 'build/test-report.json');
const filters = process.argv.slice(2);

function run(file, ...args) {
  return spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' }).status === 0;
}

const bin = (name, file) => path.join(path.dirname(require.resolve(`${name}/package.json`)), file);
const linted = filters.length > 0 || run(bin('oxlint', 'bin/oxlint'), '--deny-warnings', 'src', 'test', 'bench', 'scripts', 'demo');

// Other engines are a large download: only for the tests that run them.
const runtimes = readdirSync(path.join(root, 'test/runtimes')).filter((file) => file.endsWith('.test.ts')).map((file) => `test/runtimes/${file}`);
if (filters.length === 0 || filters.some((filter) => runtimes.some((file) => file.includes(filter)))) install('test/runtimes');

rmSync(report, { force: true });
const tested = run(bin('vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters);

const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = JSON.parse(readFileSync(report, 'utf8'));
if (!linted) console.log('lint failed: see the top of this output');
const unseen = tested || failed > 0 ? 0 : 1;
console.log(`${passed} passed, ${failed + unseen + (linted ? 0 : 1)} failed${skipped ? `, ${skipped} skipped` : ''}`);
if (!tested || !linted || passed === 0) process.exitCode = 1;
