import { describe, expect, test } from 'vitest';
import { codeOf, filesUnder, importsOf, read, type ImportLine } from '../support/sources.js';

// Who may import whom: docs/architecture.md. A folder imports folders of lower rank and itself; folders of one rank stay apart.

const RANKS: Readonly<Record<string, number>> = {
  core: 0, abi: 0, weights: 0, plan: 1, pixels: 1, pictures: 1, data: 2, layers: 2, training: 2, runtime: 2, models: 3, io: 3, top: 4, ops: 4, index: 5, cli: 5, entries: 6,
};

/** The rank's folder of a file; the files that lie in src itself are one. */
function areaOf(file: string): string {
  if (file === 'assembly/abi.ts') return 'abi';
  if (file === 'src/index.ts') return 'index';
  return /^src\/(\w+)\//.exec(file)?.[1] ?? (file.startsWith('src/') ? 'top' : file);
}

/** Operators are plans that run at once: they read images as networks do, and the files above them may use them. */
function allowed({ file, target }: ImportLine): boolean {
  const [from, to] = [areaOf(file), areaOf(target)];
  if (from === to || (from === 'top' && to === 'ops') || (from === 'ops' && target === 'src/images.ts')) return true;
  return (RANKS[to] ?? Infinity) < (RANKS[from] ?? -1);
}

const files = filesUnder('src');
const imports = files.flatMap(importsOf);
const said = ({ file, target }: ImportLine): string => `${file} -> ${target}`;

describe('imports', () => {
  test('the lines are found', () => {
    expect(imports.length).toBeGreaterThan(200);
    expect(imports.map(said)).toContain('src/plan/program.ts -> assembly/abi.ts');
    expect(imports.find((one) => said(one) === 'src/layers/layer.ts -> src/plan/plan.ts')?.typeOnly).toBe(true);
  });

  test('every file has a rank', () => {
    expect(files.filter((file) => RANKS[areaOf(file)] === undefined)).toEqual([]);
  });

  test('every target exists', () => {
    const known = new Set([...files, 'assembly/abi.ts']);
    expect(imports.filter((one) => one.relative && !known.has(one.target)).map(said)).toEqual([]);
  });

  test('go to a lower rank or stay in the folder', () => {
    expect(imports.filter((one) => one.relative && !allowed(one)).map(said)).toEqual([]);
  });

  test('of values have no cycle', () => {
    const targets = new Map(files.map((file) => [file, imports.filter((one) => one.file === file && one.relative && !one.typeOnly).map((one) => one.target)]));
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): string[] => {
      if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')];
      if (done.has(file)) return [];
      const cycles = (targets.get(file) ?? []).flatMap((target) => visit(target, [...path, file]));
      done.add(file);
      return cycles;
    };
    expect(files.flatMap((file) => visit(file, []))).toEqual([]);
  });

  test('of packages stay where they belong', () => {
    const places: Readonly<Record<string, RegExp>> = {
      '#wasm/unpack': /^src\/runtime\/platform\/text\.ts$/, '#wasm/simd': /^src\/runtime\/platform\//, '#wasm/threads': /^src\/runtime\/platform\//, '#wasm/relaxed': /^src\/runtime\/platform\//,
      '#weights/lenet5': /^src\/weights\/lenet5\.ts$/, '#wasm/simd.wasm': /^src\/entries\/workerd\.ts$/, '#wasm/simd.wasm?module': /^src\/entries\/edge-light\.ts$/,
      'fast-png': /^src\/(pixels\/png|cli\/picture)\.ts$/, '@jsquash/jpeg/decode.js': /^src\/data\/images\/jpeg\.ts$/, fflate: /^src\/pixels\/png\.ts$/, 'node:worker_threads': /^src\/runtime\/(crew|thread|worker)\.ts$/,
    };
    const belongs = ({ file, target }: ImportLine): boolean => (places[target] ?? (target.startsWith('node:') ? /^src\/(cli|data)\// : /^src\/cli\//)).test(file);
    expect(imports.filter((one) => !one.relative && !belongs(one)).map(said)).toEqual([]);
  });

  test('above src/runtime nothing but the JPEG decoder mentions WebAssembly', () => {
    expect(files.filter((file) => !file.startsWith('src/runtime/') && file !== 'src/data/images/jpeg.ts' && /\bWebAssembly\./.test(codeOf(read(file))))).toEqual([]);
  });
});
