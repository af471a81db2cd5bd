import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/runtime/platform/text.js';
import { read, root } from '../support/sources.js';

// What is published: every entry is there, loads in plain Node, and the default one needs nothing else and is small.

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly bin: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const entries = Object.entries(manifest.exports).filter((one): one is [string, { types: string; default: string }] => typeof one[1] !== 'string');

/** A bundle with everything it imports: files by name, and the packages. */
function closure(file: string): { files: string[]; packages: string[] } {
  const files = [file];
  const packages = new Set<string>();
  for (const one of files) {
    for (const [, from, dynamic] of readFileSync(path.join(root, one), 'utf8').matchAll(/^(?:import|export)\b[^'";]*?(?:from )?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm)) {
      const target = from ?? dynamic!;
      if (!target.startsWith('.')) packages.add(target);
      else if (!files.includes(path.join(path.dirname(one), target))) files.push(path.join(path.dirname(one), target));
    }
  }
  return { files, packages: [...packages] };
}

test.each(entries)('%s is there, with its types', (_, { types, default: file }) => {
  expect([types, file].filter((one) => !existsSync(path.join(root, one)))).toEqual([]);
});

test('every entry loads in plain Node, by import and by require', () => {
  const names = entries.map(([name]) => `convasm${name.slice(1)}`);
  const source = `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    for (const name of ${JSON.stringify(names)}) {
      const imported = Object.keys(await import(name)), required = Object.keys(require(name)).filter((one) => one !== '__esModule');
      console.log(name, imported.length > 0 && imported.join() === required.join());
    }`;
  const done = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', source], { cwd: root, encoding: 'utf8' });
  expect(done.stderr).toBe('');
  expect(done.stdout.trim().split('\n')).toEqual(names.map((name) => `${name} true`));
});

test('the packed package holds every entry, the command line and the types', () => {
  const done = spawnSync('npm', ['pack', '--dry-run', '--json'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  const listing = done.stdout.slice(done.stdout.search(/^[[{]/m));
  const packed = new Set([...listing.matchAll(/"path": "([^"]+)"/g)].map(([, file]) => file));
  const wanted = [...entries.flatMap(([, { types, default: file }]) => [types, file]), manifest.bin['convasm']!].map((file) => file.replace(/^\.\//, ''));
  expect(wanted.filter((file) => !packed.has(file))).toEqual([]);
});

test('the command line is there and can be started', () => {
  const done = spawnSync(process.execPath, [manifest.bin['convasm']!, '--version'], { cwd: root, encoding: 'utf8' });
  expect(done.status).toBe(0);
});

test.each(['simd', 'threads', 'relaxed'])('the text of the %s build stands for its file', async (name) => {
  const { default: text } = (await import(pathToFileURL(path.join(root, `build/wasm/${name}.js`)).href)) as { default: string };
  expect(Buffer.compare(bytesOf(text), readFileSync(path.join(root, `build/wasm/${name}.wasm`)))).toBe(0);
  expect(text).toMatch(/^[ !#-[\]-_a-~]+\n[ !#-[\]-_a-~]+$/);
});

describe('the default entry', () => {
  const { files, packages } = closure('build/dist/index.js');

  test('needs no package and nothing of Node', () => {
    expect(files.length).toBeGreaterThan(1);
    expect(packages).toEqual([]);
    const text = files.map(read).join('\n');
    // Where there is Node, its threads are asked for at run time, by a call that bundlers for browsers leave alone.
    const asked = /process\??\.getBuiltinModule|node\('node:(os|fs|path|stream|zlib)'\)|\('node:worker_threads'\)/g;
    const rest = text.replaceAll(asked, '');
    expect(builtinModules.filter((name) => rest.includes(`'node:${name}'`))).toEqual([]);
    expect(rest).not.toMatch(/\bprocess\.|\bBuffer\.from\(|(?<!\()\brequire\(/);
  });

  // The aim is 40 kB (docs/performance.md says where the bytes are); this bound keeps it from growing unseen.
  test('has at most 77.2 kB in brotli as a minified browser bundle, kernels included', async () => {
    const bundle = await rolldown({ input: path.join(root, 'build/dist/index.js'), platform: 'browser' });
    const { output } = await bundle.generate({ format: 'esm', minify: true });
    await bundle.close();
    // The entry with what it imports at once; what is imported on demand only, threads and checkpoint files, does not count.
    const chunks = new Map(output.filter((one) => one.type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
    const atOnce = [output[0].fileName];
    for (const name of atOnce) atOnce.push(...chunks.get(name)!.imports.filter((one) => chunks.has(one) && !atOnce.includes(one)));
    expect(atOnce.length).toBeLessThan(chunks.size);
    const bytes = brotliCompressSync(atOnce.map((name) => chunks.get(name)!.code).join('\n')).length;
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(77_200);
  });
});

test.each([['build/dist/convasm.min.js', 82_500], ['build/wasm/simd.wasm', 27_800]])('%s has at most %i bytes in brotli', (file, most) => {
  expect(brotliCompressSync(readFileSync(path.join(root, file))).length).toBeLessThanOrEqual(most);
});

test.each(entries.filter(([name]) => name !== './datasets' && name !== './images'))('%s needs no package', (_, { default: file }) => {
  expect(closure(file).packages).toEqual([]);
});
