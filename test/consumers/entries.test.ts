import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { rolldown } from 'rolldown';
import { rollup, type Plugin } from 'rollup';
import { beforeAll, describe, expect, test } from 'vitest';
import { packed } from '../support/packed.js';
import { installed } from './tools.js';

// Each entry of the packed package does what it is there for.

interface Esbuild {
  build(options: object): Promise<{ readonly outputFiles: readonly { readonly text: string }[] }>;
}

let folder: string;
let esbuild: Esbuild;
let nodeResolve: () => Plugin;
beforeAll(() => {
  const tool = createRequire(path.join(installed('test/consumers'), 'none.js'));
  esbuild = tool('esbuild') as Esbuild;
  ({ nodeResolve } = tool('@rollup/plugin-node-resolve') as { nodeResolve: () => Plugin });
  ({ folder } = packed());
});

/** What a script prints, run beside the installed package. */
function printed(name: string, source: string): string {
  writeFileSync(path.join(folder, name), source);
  const done = spawnSync(process.execPath, ['--no-warnings', name], { cwd: folder, encoding: 'utf8' });
  expect(done.stderr).toBe('');
  return done.stdout.trim();
}

/** What esbuild makes of a source beside the installed package. */
async function filesOf(contents: string, options: object = {}): Promise<string[]> {
  const edge = ['*.wasm', '*.wasm?module'];
  const { outputFiles } = await esbuild.build({ stdin: { contents, resolveDir: folder }, bundle: true, format: 'esm', write: false, outdir: 'out', external: edge, ...options });
  return outputFiles.map(({ text }) => text);
}

const bundled = async (source: string, options: object = {}): Promise<string> => (await filesOf(source, options)).join('\n');

const PROGRAM = `
  const net = await compile(models.lenet5(), { input: [1, 32, 32], seed: 1 });
  console.log((await net.digest()).slice(0, 8), net.predictSync(new Float32Array(1024)).shape.join());`;
const PRINTED = /^[0-9a-f]{8} 1,10$/;

/** The first bytes of every build, as they stand in text: the magic number. */
const KERNELS = '&}-}?}9';

describe('node', () => {
  test('import, require and slim make the same network', () => {
    const imported = printed('import.mjs', `import { compile, models } from 'convasm';${PROGRAM}`);
    const required = printed('require.cjs', `const { compile, models } = require('convasm'); (async () => {${PROGRAM}})();`);
    expect(imported).toMatch(PRINTED);
    expect(required).toBe(imported);
    const bytes = `import { readFileSync } from 'node:fs'; import { fileURLToPath } from 'node:url';
      const bytes = readFileSync(fileURLToPath(import.meta.resolve('convasm/simd.wasm')));`;
    for (const simd of ['bytes', 'new WebAssembly.Module(bytes)']) {
      expect(printed('slim.mjs', `import { compile, models, useKernels } from 'convasm/slim'; ${bytes} useKernels({ simd: ${simd} });${PROGRAM}`)).toBe(imported);
    }
  });

  test('slim without kernels says what is missing', () => {
    const said = printed('none.mjs', `import { compile, models } from 'convasm/slim'; compile(models.lenet5(), { input: [1, 32, 32] }).catch((error) => console.log(String(error)));`);
    expect(said).toBe("UnsupportedError: there are no kernels yet: import 'convasm', which carries them, or hand them to useKernels of 'convasm/slim'");
  });

  test('what is no build is refused', () => {
    const said = printed('wrong.mjs', `import { compile, models, useKernels } from 'convasm/slim';
      for (const simd of ['simd.wasm', new Uint8Array(8)]) {
        useKernels({ simd });
        await compile(models.lenet5(), { input: [1, 32, 32] }).catch((error) => console.log(String(error)));
      }`);
    expect(said.split('\n')).toEqual([
      'OptionError: the simd build of the kernels: expected a WebAssembly.Module or bytes',
      expect.stringMatching(/^UnsupportedError: the kernels could not be compiled .* or these are not the bytes of a build$/),
    ]);
  });
});

describe('conditions', () => {
  const source = `import { compile, models } from 'convasm'; export { compile, models };`;

  test.each([['workerd', '../wasm/simd.wasm'], ['edge-light', '../wasm/simd.wasm?module']])('%s imports the compiled module and carries no text', async (condition, file) => {
    const text = await bundled(source, { conditions: [condition] });
    expect(text.includes(`from "${file}"`)).toBe(true);
    expect(text.includes(KERNELS) || /\bimport\(/.test(text)).toBe(false);
  });

  test('slim carries no kernels', async () => {
    expect((await bundled(source.replace(`'convasm'`, `'convasm/slim'`))).includes(KERNELS)).toBe(false);
  });

  test('the default carries one build; the others stay files of their own', async () => {
    const files = await filesOf(source, { splitting: true });
    expect(files.map((text) => text.split(KERNELS).length - 1).filter((count) => count > 0)).toEqual([1, 1, 1]);
  });
});

describe('script tag', () => {
  const script = (): string => readFileSync(path.join(folder, 'node_modules/convasm/build/dist/convasm.min.js'), 'utf8');

  test('is one file with one build, and makes the global convasm', async () => {
    const text = script();
    expect(text.split(KERNELS).length).toBe(2);
    expect([...text.matchAll(/\bimport\s*\(|\bimport\.meta\b|\beval\s*\(|\bFunction\s*\(/g)].map(String)).toEqual([]);
    const said: string[] = [];
    const page = createContext({ WebAssembly, atob, crypto, TextEncoder, TextDecoder, performance, console: { log: (...words: unknown[]) => said.push(words.join(' ')) } });
    runInContext(text, page);
    await runInContext(`(async () => { const { compile, models } = convasm;${PROGRAM} })()`, page);
    expect(said[0]).toMatch(PRINTED);
    expect(runInContext(`Object.keys(globalThis).includes('convasm')`, page)).toBe(true);
  });

  test('is what unpkg and jsdelivr serve', () => {
    const { unpkg, jsdelivr } = JSON.parse(readFileSync(path.join(folder, 'node_modules/convasm/package.json'), 'utf8')) as Record<string, string>;
    expect([unpkg, jsdelivr]).toEqual(['./build/dist/convasm.min.js', './build/dist/convasm.min.js']);
  });
});

describe('tree-shaking', () => {
  // Texts of errors and tables that only these parts hold: a sign that the part is in a bundle.
  const signs = { models: 'lenet', optimizers: 'nesterov with momentum', losses: 'labelSmoothing', schedules: 'milestones', safetensors: '__metadata__', datasets: 'idx3' };
  const bundlers: Readonly<Record<string, (source: string) => Promise<string>>> = {
    esbuild: (source) => bundled(source, { conditions: ['workerd'] }),
    rollup: async (source) => chunksOf(await (await rollup({ input: fileOf(source), plugins: [nodeResolve()] })).generate({})),
    rolldown: async (source) => chunksOf(await (await rolldown({ input: fileOf(source) })).generate({})),
  };

  const fileOf = (source: string): string => {
    const file = path.join(folder, `${createHash('sha256').update(source).digest('hex').slice(0, 8)}.mjs`);
    writeFileSync(file, source);
    return file;
  };
  const chunksOf = ({ output }: { output: readonly object[] }): string => output.map((one) => ('code' in one ? one.code : '')).join('\n');

  describe.each(Object.keys(bundlers))('%s', (name) => {
    const held = async (source: string): Promise<string[]> => {
      const text = await bundlers[name]!(source);
      return Object.entries(signs).flatMap(([part, sign]) => (text.includes(sign) ? [part] : []));
    };

    test('the signs are signs', async () => {
      expect(await held(`import * as all from 'convasm'; import { idx } from 'convasm/datasets'; console.log(all, idx);`)).toEqual(Object.keys(signs));
    });

    test('one model leaves out losses, optimizers, schedules, data sets', async () => {
      expect(await held(`import { compile } from 'convasm'; import { lenet5 } from 'convasm/models'; console.log(compile, lenet5);`)).toEqual(['models', 'safetensors']);
    });

    test('compile alone leaves out models too', async () => {
      expect(await held(`import { compile } from 'convasm'; console.log(compile);`)).toEqual(['safetensors']);
    });
  });
});
