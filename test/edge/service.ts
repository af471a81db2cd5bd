import { cpSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { tool } from '../runtimes/engines/engine.js';
import { packed } from '../support/packed.js';
import { root } from '../support/sources.js';

// examples/edge, bundled beside the installed package as wrangler does, in workerd behind a real port.

interface Miniflare {
  readonly ready: Promise<URL>;
  getInspectorURL(): Promise<URL>;
  dispose(): Promise<void>;
}

interface Socket {
  on(event: string, listener: (data: unknown) => void): void;
  send(text: string): void;
  close(): void;
}

/** Bytes that the service takes. */
export interface Memory {
  /** JavaScript heap of the isolate, after a collection. */
  readonly heap: number;
  /** Resident memory of workerd's process. */
  readonly resident: number;
}

export interface Service {
  readonly url: string;
  /** Of the bundle with its kernels and weights, in bytes. */
  readonly size: number;
  memory(): Promise<Memory>;
  close(): Promise<void>;
}

async function bundled(folder: string): Promise<string> {
  const kernels: Plugin = { name: 'kernels', resolveId: (id) => (id.endsWith('.wasm') ? { id: './simd.wasm', external: true } : null) };
  const conditionNames = ['workerd', 'worker', 'browser', 'import', 'default'];
  const bundle = await rolldown({ input: path.join(folder, 'worker.js'), platform: 'browser', plugins: [kernels], resolve: { conditionNames } });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false, minify: true });
  await bundle.close();
  return output[0].code;
}

/** One call of the inspector's protocol. */
async function inspected(url: URL, calls: readonly string[]): Promise<Record<string, number>> {
  const targets = (await (await fetch(`http://${url.host}/json`)).json()) as { webSocketDebuggerUrl: string }[];
  const WebSocket = tool('ws') as new (url: string) => Socket;
  const socket = new WebSocket(targets[0]!.webSocketDebuggerUrl);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => calls.forEach((method, id) => socket.send(JSON.stringify({ id, method }))));
    socket.on('message', (data) => {
      const answer = JSON.parse(String(data)) as { id?: number; result?: Record<string, number>; error?: { message: string } };
      if (answer.error) reject(new Error(answer.error.message));
      if (answer.id === calls.length - 1) {
        socket.close();
        resolve(answer.result!);
      }
    });
  });
}

/** Resident bytes of the processes that this one started and that run workerd; Linux. */
function residentOfWorkerd(): number {
  const statusOf = (id: string): string => {
    try {
      return readFileSync(`/proc/${id}/status`, 'utf8');
    } catch {
      return '';
    }
  };
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(statusOf);
  const ours = all.filter((status) => /^Name:\s+workerd$/m.test(status) && new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(status));
  return ours.reduce((sum, status) => sum + 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0), 0);
}

export async function startService(): Promise<Service> {
  const { folder } = packed();
  const place = path.join(folder, 'edge');
  cpSync(path.join(root, 'examples/edge'), place, { recursive: true });
  const contents = await bundled(place);
  const wasm = readFileSync(path.join(folder, 'node_modules/convasm/build/wasm/simd.wasm'));
  const { Miniflare: Server } = tool('miniflare') as { Miniflare: new (options: object) => Miniflare };
  const modules = [{ type: 'ESModule', path: 'worker.mjs', contents }, { type: 'CompiledWasm', path: 'simd.wasm', contents: wasm }];
  const server = new Server({ compatibilityDate: '2026-04-01', modules, port: 0, inspectorPort: 0 });
  const url = (await server.ready).href;
  return {
    url,
    size: contents.length + wasm.length,
    async memory() {
      const { usedSize } = await inspected(await server.getInspectorURL(), ['HeapProfiler.enable', 'HeapProfiler.collectGarbage', 'Runtime.getHeapUsage']);
      return { heap: usedSize!, resident: process.platform === 'linux' ? residentOfWorkerd() : 0 };
    },
    close: () => server.dispose(),
  };
}
