import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { EMPTY, errorRow, type Emit } from './row.js';

const folder = new URL('../../dist/', import.meta.url);

/** The file and all that it imports by a relative path, at once: what a page loads before it can start. */
export function loadedWith(entry: URL): URL[] {
  const all = new Map<string, URL>();
  const pending = [entry];
  for (let file = pending.pop(); file; file = pending.pop()) {
    if (all.has(file.href)) continue;
    all.set(file.href, file);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*["'](\.\.?\/[^"']+)["']/g)) pending.push(new URL(path!, file));
  }
  return [...all.values()];
}

function brotli(bytes: Uint8Array): number {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 } }).length;
}

/** A page that trains LeNet-5, its parts imported as bundlers can shake them: docs/package.md. */
const APP = `
import { compile } from './index.js';
import { crossEntropy } from './losses.js';
import { lenet5 } from './models.js';
import { sgd } from './optimizers.js';
const network = await compile(lenet5(), { input: [1, 32, 32], loss: crossEntropy(), optimizer: sgd({ lr: 0.05 }) });
console.log(await network.step(new Float32Array(1024), [3]));
`;

/** What a page loads before it can start: `source`, standing in build/dist, as a minified bundle for browsers. What it imports on demand is left out. */
async function bundled(source: string): Promise<Buffer[]> {
  const { rolldown } = await import('rolldown');
  const input = fileURLToPath(new URL('size.js', folder));
  const inline = { name: 'inline', resolveId: (id: string) => (id === input ? id : null), load: (id: string) => (id === input ? source : null) };
  const bundle = await rolldown({ input, platform: 'browser', plugins: [inline] });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const chunks = new Map(output.flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one] as const] : [])));
  const atOnce = [output[0].fileName];
  for (const name of atOnce) atOnce.push(...chunks.get(name)!.imports.filter((one) => chunks.has(one) && !atOnce.includes(one)));
  return [Buffer.from(atOnce.map((name) => chunks.get(name)!.code).join('\n'))];
}

/** Bytes of the entry with the kernels inside, as it is published and minified, of a small page, of the script tag's file, and of the kernels alone: raw and as brotli. */
export async function sizeRows(emit: Emit): Promise<void> {
  const read = (files: URL[]): Buffer[] => files.map((file) => readFileSync(file));
  const rows: Readonly<Record<string, () => Buffer[] | Promise<Buffer[]>>> = {
    size_index: () => read(loadedWith(new URL('index.js', folder))),
    size_bundle: () => bundled("export * from './index.js';"),
    size_app: () => bundled(APP),
    size_script: () => read([new URL('convasm.min.js', folder)]),
    size_wasm_simd: () => read([new URL('../wasm/simd.wasm', folder)]),
  };
  for (const [id, files] of Object.entries(rows)) {
    try {
      const parts = await files();
      const sum = (of: (part: Uint8Array) => number): number => parts.reduce((total, part) => total + of(part), 0);
      emit({ id, group: 'size', ...EMPTY, bytes: sum((part) => part.length), brotliBytes: sum(brotli) });
    } catch (error) {
      emit(errorRow(id, 'size', error));
    }
  }
}
