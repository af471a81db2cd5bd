import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { programPath } from '../../support/programs.js';
import type { BrowserEngine, RunningBrowser } from './engine.js';
import { servePages, valueOf } from './server.js';

// WebKitGTK, by plain WebDriver calls, on a display of its own.

const SCRIPT_MS = 900_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Xvfb picks a free display and says which. */
async function display(file: string): Promise<{ name: string; child: ChildProcess }> {
  const child = spawn(file, ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [text] = (await once(child.stdio[3] as Readable, 'data')) as [Buffer];
  return { name: `:${String(text).trim()}`, child };
}

type Call = (method: string, path: string, body?: object) => Promise<unknown>;

function caller(port: number): Call {
  return async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const { value } = (await answer.json()) as { value: { error?: string; message?: string } | null };
    if (value?.error) throw new Error(`WebDriver: ${value.message}`);
    return value;
  };
}

async function ready(call: Call): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await call('GET', '/status');
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function session(call: Call, binary: string): Promise<{ path: string; version: string }> {
  const options = { binary, args: ['--automation'] };
  const { sessionId, capabilities } = (await call('POST', '/session', { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } } })) as { sessionId: string; capabilities: { browserVersion: string } };
  await call('POST', `/session/${sessionId}/timeouts`, { script: SCRIPT_MS });
  return { path: `/session/${sessionId}`, version: capabilities.browserVersion };
}

async function start(): Promise<RunningBrowser> {
  const [driver, binary, xvfb] = await Promise.all((['webdriver', 'minibrowser', 'xvfb'] as const).map(programPath));
  const screen = await display(xvfb!);
  const port = await freePort();
  const child = spawn(driver!, [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, DISPLAY: screen.name, WEBKIT_DISABLE_COMPOSITING_MODE: '1', LIBGL_ALWAYS_SOFTWARE: '1' } });
  const stop = (): void => [child, screen.child].forEach((one) => one.kill());
  process.once('exit', stop);
  const call = caller(port);
  await ready(call);
  const { path, version } = await session(call, binary!);
  const server = await servePages();
  const open = async (url: string): Promise<string> => {
    await call('POST', `${path}/url`, { url });
    return (await call('POST', `${path}/execute/async`, { script: 'const done = arguments[arguments.length - 1]; globalThis.result.then(done, (error) => done(String(error)));', args: [] })) as string;
  };
  return {
    version,
    open,
    run: async (task) => valueOf(await open(server.url(task))),
    async close() {
      await call('DELETE', path);
      process.removeListener('exit', stop);
      stop();
      server.close();
    },
  };
}

const missing = async (): Promise<string | null> => {
  const found = await Promise.all((['webdriver', 'minibrowser', 'xvfb'] as const).map(programPath));
  return found.every(Boolean) ? null : 'npm run setup:runtimes';
};

/** WebKitGTK gives pages no shared memory. */
export const webkit: BrowserEngine = { name: 'WebKitGTK', entries: ['esm', 'iife'], threads: false, missing, start };
