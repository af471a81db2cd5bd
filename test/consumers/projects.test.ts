import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { resultOf, served } from '../support/chromium.js';
import { packed } from '../support/packed.js';
import { hasChromium } from '../support/programs.js';
import { read, root } from '../support/sources.js';
import { installed } from './tools.js';

// Small projects beside the installed package, built as their authors would and run for real; all must come to the same weights.

const CSP = { 'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" };

let tools: string;
let folder: string;
let expected: string;

function node(cwd: string, file: string, ...args: string[]): string {
  const done = spawnSync(process.execPath, ['--no-warnings', file, ...args], { cwd, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } });
  expect(done.status, done.stdout + done.stderr).toBe(0);
  return done.stdout.trim();
}

function esbuild(options: object): Promise<unknown> {
  return (createRequire(path.join(tools, 'none.js'))('esbuild') as { build(options: object): Promise<unknown> }).build(options);
}

beforeAll(() => {
  tools = installed('test/consumers');
  folder = path.join(packed().folder, 'projects');
  cpSync(path.join(root, 'test/consumers/projects'), folder, { recursive: true });
  expected = node(folder, 'esbuild/main.js');
});

test('plain Node, import: weights are named by their digest', () => {
  expect(expected).toMatch(/^8,10 [0-9a-f]{64}$/);
});

test('plain Node, require', () => {
  writeFileSync(path.join(folder, 'require.cjs'), `require('./program.js').program().then(console.log);`);
  expect(node(folder, 'require.cjs')).toBe(expected);
});

test('esbuild, for Node, minified', async () => {
  const outfile = path.join(folder, 'esbuild/out.mjs');
  await esbuild({ entryPoints: [path.join(folder, 'esbuild/main.js')], bundle: true, platform: 'node', format: 'esm', minify: true, outfile, logLevel: 'error' });
  expect(node(folder, outfile)).toBe(expected);
});

test('TypeScript, strict, without the types of Node', () => {
  node(path.join(folder, 'types'), path.join(root, 'node_modules/typescript/bin/tsc'), '-p', '.');
});

describe.skipIf(!(await hasChromium()))('in Chromium, under a strict CSP', () => {
  const opened = (place: string): Promise<string> => served(path.join(folder, place), CSP, (origin) => resultOf(`${origin}/index.html`, tools));

  test('Vite', async () => {
    node(path.join(folder, 'vite'), path.join(tools, 'vite/bin/vite.js'), 'build', '--base', './', '--logLevel', 'error');
    expect(await opened('vite/dist')).toBe(expected);
  });

  test('webpack', async () => {
    const webpack = createRequire(path.join(tools, 'none.js'))('webpack') as (config: object, done: (error: Error | null, stats: { toString(): string; hasErrors(): boolean }) => void) => void;
    const config = createRequire(path.join(folder, 'webpack/none.js'))('./webpack.config.cjs') as object;
    await new Promise<void>((resolve, reject) => {
      webpack({ ...config, context: path.join(folder, 'webpack') }, (error, stats) => (error || stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve()));
    });
    expect(await opened('webpack')).toBe(expected);
  });

  // As developers see it: only React's development build runs effects twice under StrictMode.
  test("React: the documents' recipe makes, uses and disposes of networks under StrictMode", async () => {
    const [, recipe] = /^```jsx\n([\s\S]*?)^```/m.exec(read('docs/images.md'))!;
    writeFileSync(path.join(folder, 'react/recipe.jsx'), recipe!);
    const define = { 'process.env.NODE_ENV': '"development"' };
    await esbuild({ entryPoints: [path.join(folder, 'react/main.jsx')], bundle: true, jsx: 'automatic', define, nodePaths: [tools], outfile: path.join(folder, 'react/dist.js'), logLevel: 'error' });
    const { said, failed, ...counts } = JSON.parse(await opened('react')) as Record<string, string>;
    expect(counts).toEqual({ alive: '2 made, 1 disposed of', gone: '2 made, 2 disposed of' });
    expect(said).toMatch(/^1, \d+\.\d %$/);
    expect(failed).toMatch(/^FormatError: /);
  });
});
