import { instantiateSync } from '@assemblyscript/loader';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { RUN_DONE } from '../../assembly/abi.js';
import { codeOf, filesUnder, read, root } from '../support/sources.js';
import { SECTION, functionsOfText, sectionsOf } from '../support/wasm.js';

// The kernels own nothing and call nobody: any number of instances share one memory.

// Node 20 has the relaxed build's instructions behind a flag.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

const builds = Object.keys(JSON.parse(read('asconfig.json')).targets as object);

describe.each(builds)('build %s', (build) => {
  const binary = readFileSync(path.join(root, `build/wasm/${build}.wasm`));
  const module = new WebAssembly.Module(binary);
  const text = read(`build/wasm/${build}.wat`);
  const functions = functionsOfText(text);

  test('imports its memory and nothing else', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });

  test('exports the function run and nothing else', () => {
    expect(WebAssembly.Module.exports(module)).toEqual([{ name: 'run', kind: 'function' }]);
  });

  test("AssemblyScript's loader takes it as the engine does", () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: build === 'threads' });
    const { run } = instantiateSync<{ run(...numbers: number[]): number }>(module, { env: { memory } }).exports;
    expect(run(0, 0, 1024, 0, 1)).toBe(RUN_DONE);
  });

  test('has no data, globals, tables, elements or start function', () => {
    const { bytes, custom } = sectionsOf(binary);
    expect(bytes.get(SECTION.code)).toBeGreaterThan(10_000);
    for (const name of ['data', 'dataCount', 'global', 'table', 'element', 'start'] as const) expect(bytes.get(SECTION[name]), name).toBeUndefined();
    expect(custom.filter((name) => name === 'name')).toEqual([]);
  });

  test('never waits, grows memory or calls through a table', () => {
    expect(text.match(/memory\.atomic\.wait\w*|memory\.grow|call_indirect|call_ref/g)).toBeNull();
  });

  // V8 does not replace a running frame: what Binaryen folds into `run` stays slow for a whole first call.
  test('folds no kernel into run', () => {
    const body = functions.get('assembly/index/run') ?? '';
    expect(body).not.toBe('');
    const index = read('assembly/index.ts');
    const called = [...codeOf(index).matchAll(/case abi\.OP_\w+: (\w+)\(/g)].map(([, name]) => name!);
    expect(called.length).toBeGreaterThan(30);
    const kernels = called.map((name) => [...functions.keys()].find((full) => full.endsWith(`/${name}`)) ?? `${name} (vanished)`);
    expect(kernels.filter((full) => !body.includes(`call $${full}`))).toEqual([]);
    expect(body.match(/^ *\(?loop\b/gm)).toHaveLength(1);
  });

  test('keeps every function of the kernels that is not marked @inline', () => {
    const kept = filesUnder('assembly').filter((file) => /^assembly\/(ops|gemm)\//.test(file)).flatMap((file) =>
      [...read(file).matchAll(/^(@inline\s+)?(?:export )?function (\w+)/gm)].filter(([, inline]) => inline === undefined).map(([, , name]) => `${file.replace(/\.ts$/, '')}/${name}`));
    expect(kept.length).toBeGreaterThan(80);
    const absent = kept.filter((name) => !functions.has(name));
    expect(absent).toEqual(build === 'relaxed' ? [] : ['assembly/gemm/talltile/tile_6x8']);
  });

  test('inlines what is marked @inline, and the fields of records', () => {
    expect([...functions.keys()].filter((name) => name.includes('#') || name.startsWith('assembly/simd/'))).toEqual([]);
  });
});

test('assembly/simd.ts alone asks for features', () => {
  expect(filesUnder('assembly').filter((file) => file !== 'assembly/simd.ts' && /ASC_FEATURE/.test(codeOf(read(file))))).toEqual([]);
});

test('kernels have no heap, strings, arrays, throw, mutable globals or Mathf', () => {
  const owned = /\bnew \w|\bthrow\b|\bMathf?\.|^(export )?let |\bStaticArray\b|\bArray</m;
  expect(filesUnder('assembly').filter((file) => owned.test(codeOf(read(file))))).toEqual([]);
});
