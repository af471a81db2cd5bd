import { once } from 'node:events';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Task } from './engine.js';
import { workplace } from './workplace.js';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** The consumer's folder over HTTP. */
export interface PageServer {
  /** Address of the page that runs a task; the page's own query says which headers it gets. */
  url(task: Task): string;
  close(): void;
}

/** Reads what the page found, as its `globalThis.result` has it. */
export function valueOf(text: string): unknown {
  const { value, error, stack } = JSON.parse(text) as { value?: unknown; error?: string; stack?: string };
  if (error !== undefined) throw new Error(`${error}\n${stack}`);
  return value;
}

/** Serves the consumer's folder; every file of a task's page has the page's headers, since workers need them too. */
export async function servePages(): Promise<PageServer> {
  const place = workplace();
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    const [, isolated, policy, rest] = /^\/(isolated|open)\/([^/]*)(\/.*)$/.exec(url.pathname) ?? [];
    // Absolute addresses of the import map come without the page's prefix.
    const file = path.join(place.consumer, rest ?? url.pathname);
    const served = path.relative(place.consumer, file);
    if (served.startsWith('..') || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    const headers = { ...(isolated === 'open' ? {} : ISOLATED), ...(policy && policy !== '-' ? { 'content-security-policy': decodeURIComponent(policy) } : {}) };
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream', ...headers });
    createReadStream(file).pipe(response);
    return response;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = ({ program, options, entry = 'esm', isolated = true, policy = '-' }: Task): string =>
    `http://127.0.0.1:${port}/${isolated ? 'isolated' : 'open'}/${encodeURIComponent(policy)}/${path.basename(place.folder)}/${entry}.html?${new URLSearchParams({ program, options: JSON.stringify(options) })}`;
  return {
    url,
    close() {
      server.closeAllConnections();
      server.close();
      place.close();
    },
  };
}
