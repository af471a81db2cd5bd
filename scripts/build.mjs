// `npm run build`: kernels (asc) -> build/wasm, TypeScript (tsc) -> build/js and build/types, bundles (rollup) -> build/dist.
// Each part runs only when its sources changed since its stamp.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { hashOf, readStamp, root, writeStamp } from './stamp.mjs';
import { textOf } from './wasmtext.mjs';

const require = createRequire(import.meta.url);

/** Runs a script; rejects with what it printed unless it ends with status 0. */
async function node(file, ...args) {
  const child = spawn(process.execPath, [file, ...args], { cwd: root });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${path.basename(file)} ${args.join(' ')} failed\n${printed}`);
}

/** Compiles AssemblyScript to build/wasm/NAME.wasm, and puts it into a module as the text that `textOf` makes of it. */
async function compile(name, textOf, ...options) {
  const asc = path.join(path.dirname(require.resolve('assemblyscript/package.json')), 'bin/asc.js');
  await node(asc, ...options, '--transform', './scripts/keepfunctions.mjs');
  const text = textOf(readFileSync(path.join(root, `build/wasm/${name}.wasm`)));
  writeFileSync(path.join(root, `build/wasm/${name}.js`), `export default ${JSON.stringify(text)};\n`);
  writeFileSync(path.join(root, `build/wasm/${name}.d.ts`), `/** ${name}.wasm as text that src/runtime/platform/text.ts reads. */\ndeclare const text: string;\nexport default text;\n`);
}

async function buildKernels() {
  const { targets } = JSON.parse(readFileSync(path.join(root, 'asconfig.json'), 'utf8'));
  await Promise.all([
    ...Object.keys(targets).map((target) => compile(target, textOf, '--config', 'asconfig.json', '--target', target)),
    compile('unpack', (binary) => binary.toString('base64'), '--config', 'unpack/asconfig.json', '--outFile', 'build/wasm/unpack.wasm'),
  ]);
}

/** Weights as modules: base64 text, since half floats hardly compress. */
async function buildWeights() {
  mkdirSync(path.join(root, 'build/weights'), { recursive: true });
  for (const file of readdirSync(path.join(root, 'weights')).filter((one) => one.endsWith('.safetensors'))) {
    const text = readFileSync(path.join(root, 'weights', file)).toString('base64');
    const target = path.join(root, 'build/weights', path.basename(file, '.safetensors'));
    writeFileSync(`${target}.js`, `export default ${JSON.stringify(text)};\n`);
    writeFileSync(`${target}.d.ts`, `/** ${file} as base64 text. */\ndeclare const text: string;\nexport default text;\n`);
  }
}

async function buildTypeScript() {
  for (const folder of ['build/js', 'build/types']) rmSync(path.join(root, folder), { recursive: true, force: true });
  await node(path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc'), '-p', '.');
}

async function buildBundles() {
  const { rollup } = await import('rollup');
  const { rolldown } = await import('rolldown');
  const { default: options, scripts } = await import(pathToFileURL(path.join(root, 'rollup.config.mjs')).href);
  rmSync(path.join(root, 'build/dist'), { recursive: true, force: true });
  const bundle = await rollup({ ...options, onwarn(warning) { throw new Error(`rollup: ${warning.message}`); } });
  await bundle.write(options.output);
  await bundle.close();
  for (const { input, output } of scripts) {
    const single = await rolldown({ ...input, cwd: root });
    await single.write(output);
    await single.close();
  }
  chmodSync(path.join(root, 'build/dist/cli.js'), 0o755);
}

const config = ['package.json', 'package-lock.json', 'scripts'];
const parts = [
  { name: 'kernels', stamp: 'build/wasm/.stamp', sources: ['assembly', 'unpack', 'asconfig.json', ...config], make: buildKernels },
  { name: 'weights', stamp: 'build/weights/.stamp', sources: ['weights', ...config], make: buildWeights },
  { name: 'library', stamp: 'build/js/.stamp', sources: ['assembly/abi.ts', 'src', 'test', 'bench', 'tsconfig.json', ...config], make: buildTypeScript },
  { name: 'bundles', stamp: 'build/dist/.stamp', sources: ['assembly', 'unpack', 'src', 'weights', 'asconfig.json', 'tsconfig.json', 'rollup.config.mjs', ...config], make: buildBundles },
];

/** Makes what is missing or stale; `onDone(name, seconds)` hears of each part made. */
export async function build(onDone = () => {}) {
  for (const { name, stamp, sources, make } of parts) {
    const want = hashOf(...sources);
    if (readStamp(stamp) === want) continue;
    const start = performance.now();
    rmSync(path.join(root, stamp), { force: true });
    await make();
    writeStamp(stamp, want);
    onDone(name, (performance.now() - start) / 1000);
  }
}

if (process.argv[1] === path.join(root, 'scripts/build.mjs')) {
  try {
    await build((name, seconds) => console.error(`built ${name} in ${seconds.toFixed(1)} s`));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
