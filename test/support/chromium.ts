import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { CHROMIUM_FLAGS, programPath } from './programs.js';

// Pages in Chromium, driven by playwright-core.

interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(expression: string): Promise<T>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Playwright {
  readonly chromium: { launch(options: object): Promise<unknown> };
}

/** A browser from `tools`, a node_modules with playwright-core; to be closed. */
export async function launch<B>(tools: string): Promise<B> {
  const { chromium } = createRequire(path.join(tools, 'none.js'))('playwright-core') as Playwright;
  return chromium.launch({ executablePath: await programPath('chromium'), args: CHROMIUM_FLAGS }) as Promise<B>;
}

/** Opens `url` and returns what the promise `globalThis.result` of the page comes to. `tools`: a node_modules with playwright-core. */
export async function resultOf(url: string, tools: string): Promise<string> {
  const browser = await launch<Browser>(tools);
  try {
    const page = await browser.newPage();
    await page.goto(url);
    return await page.evaluate<string>('globalThis.result');
  } finally {
    await browser.close();
  }
}

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Serves a folder with these headers while `work` runs. */
export async function served<T>(folder: string, headers: Readonly<Record<string, string>>, work: (origin: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    const file = path.join(folder, new URL(request.url!, 'http://host').pathname);
    if (!file.startsWith(folder) || !existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream', ...headers }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}
