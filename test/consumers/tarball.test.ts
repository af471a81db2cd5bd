import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { packed, type Packed } from '../support/packed.js';
import { installed } from './tools.js';

// The packed package in the eyes of the field's checkers.

let tools: string;
let convasm: Packed;
beforeAll(() => {
  tools = installed('test/consumers');
  convasm = packed();
});

const bin = (name: string, ...args: string[]) => spawnSync(process.execPath, [path.join(tools, name), ...args], { encoding: 'utf8' });

test('publint finds nothing', () => {
  const done = bin('publint/src/cli.js', convasm.tarball, '--strict');
  expect(`${done.stdout}${done.stderr}`).toContain('All good!');
  expect(done.status).toBe(0);
});

test('the types fit, to attw', () => {
  const done = bin('@arethetypeswrong/cli/dist/index.js', convasm.tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii', '--exclude-entrypoints', 'worker.js', 'lenet5.safetensors', 'simd.wasm', 'threads.wasm', 'relaxed.wasm');
  expect(done.status, done.stdout).toBe(0);
  expect(done.stdout).toContain('node16 (from ESM): OK (ESM)');
});

test('source is published once: what is built, its types, the kernels', () => {
  const strange = convasm.files.filter((file) => !/^(build\/(dist\/[\w.-]+\.js(\.map)?|types\/(src|assembly)\/[\w/-]+\.d\.ts|wasm\/\w+\.wasm)|weights\/\w+\.safetensors|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(file));
  expect(strange).toEqual([]);
});
