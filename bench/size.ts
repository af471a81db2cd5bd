import { readFileSync } from 'node:fs';
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

/** Bytes of the entry with the kernels inside, of each smaller entry, and of the kernels alone: raw and as brotli. */
export function sizeRows(emit: Emit): void {
  const rows: Readonly<Record<string, () => URL[]>> = {
    size_index: () => loadedWith(new URL('index.js', folder)),
    size_wasm_simd: () => [new URL('../wasm/simd.wasm', folder)],
  };
  for (const [id, files] of Object.entries(rows)) {
    try {
      const parts = files().map((file) => readFileSync(file));
      const sum = (of: (part: Uint8Array) => number): number => parts.reduce((total, part) => total + of(part), 0);
      emit({ id, group: 'size', ...EMPTY, bytes: sum((part) => part.length), brotliBytes: sum(brotli) });
    } catch (error) {
      emit(errorRow(id, 'size', error));
    }
  }
}
