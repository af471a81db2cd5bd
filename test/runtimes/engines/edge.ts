import { readFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { tool, toolVersion, type Engine, type Running, type Task } from './engine.js';
import { workplace, type Workplace } from './workplace.js';

// Engines of edge platforms: a bundle made under the platform's condition, the kernels handed over as the platform does.

interface Miniflare {
  dispatchFetch(url: string): Promise<Response>;
  dispose(): Promise<void>;
}

interface EdgeVM {
  evaluate(code: string): unknown;
}

/** What a bundler of the platform makes of a script beside the installed package. */
async function bundled(place: Workplace, file: string, condition: string, format: 'esm' | 'iife', plugin: Plugin): Promise<string> {
  const bundle = await rolldown({ input: path.join(place.folder, file), platform: 'browser', plugins: [plugin], checks: { emptyImportMeta: false }, resolve: { conditionNames: [condition, 'import', 'default'] } });
  const { output } = await bundle.generate({ format, codeSplitting: false });
  await bundle.close();
  return output[0].code;
}

const wasmOf = (place: Workplace): string => path.join(place.consumer, 'node_modules/convasm/build/wasm/simd.wasm');

async function startWorkerd(): Promise<Running> {
  const place = workplace();
  const kernels: Plugin = { name: 'kernels', resolveId: (id) => (id.endsWith('.wasm') ? { id: './simd.wasm', external: true } : null) };
  const contents = await bundled(place, 'service.js', 'workerd', 'esm', kernels);
  const { Miniflare: Server } = tool('miniflare') as { Miniflare: new (options: object) => Miniflare };
  const modules = [{ type: 'ESModule', path: 'main.mjs', contents }, { type: 'CompiledWasm', path: 'simd.wasm', contents: readFileSync(wasmOf(place)) }];
  const server = new Server({ compatibilityDate: '2026-04-01', modules });
  return {
    version: toolVersion('workerd')!,
    async run({ program, options }: Task) {
      const answer = await server.dispatchFetch(`http://localhost/?${new URLSearchParams({ program, options: JSON.stringify(options) })}`);
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    },
    async close() {
      await server.dispose();
      place.close();
    },
  };
}

async function startEdgeVM(): Promise<Running> {
  const place = workplace();
  const kernels: Plugin = {
    name: 'kernels', resolveId: (id) => (id.endsWith('.wasm?module') ? '\0kernels' : null), load: (id) => (id === '\0kernels' ? 'export default globalThis.kernels' : null),
  };
  const code = await bundled(place, 'global.js', 'edge-light', 'iife', kernels);
  const { EdgeVM: VM } = tool('@edge-runtime/vm') as { EdgeVM: new (options: object) => EdgeVM };
  const bytes = JSON.stringify([...readFileSync(wasmOf(place))]);
  const vm = new VM({ initialCode: `globalThis.kernels = new WebAssembly.Module(new Uint8Array(${bytes}));\n${code}` });
  return {
    version: toolVersion('@edge-runtime/vm')!,
    async run({ program, options }: Task) {
      return JSON.parse((await vm.evaluate(`runProgram(${JSON.stringify(program)}, ${JSON.stringify(JSON.stringify(options))})`)) as string);
    },
    close: async () => place.close(),
  };
}

const edge = (name: string, packageName: string, start: () => Promise<Running>): Engine =>
  ({ name, entries: ['esm'], threads: false, missing: async () => (toolVersion(packageName) ? null : 'npm run setup:runtimes'), start });

export const edges: readonly Engine[] = [edge('workerd', 'miniflare', startWorkerd), edge('Edge VM', '@edge-runtime/vm', startEdgeVM)];
