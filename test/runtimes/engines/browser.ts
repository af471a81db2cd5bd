import { programPath, tool, toolVersion, type Engine, type Running } from './engine.js';
import { servePages, valueOf } from './server.js';

// Chromium and Firefox, driven by puppeteer (Firefox over WebDriver BiDi).

interface Page {
  goto(url: string): Promise<unknown>;
  evaluate(script: string): Promise<string>;
  close(): Promise<void>;
}

interface Puppeteer {
  launch(options: object): Promise<{ version(): Promise<string>; newPage(): Promise<Page>; close(): Promise<void> }>;
}

/** As root, Chromium has no sandbox; the rest keeps it from the network. */
const QUIET = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'];

function browserEngine(name: string, program: 'chromium' | 'firefox', settings: object): Engine {
  const missing = async (): Promise<string | null> =>
    toolVersion('puppeteer-core') && (await programPath(program)) ? null : 'npm run setup:runtimes';
  const start = async (): Promise<Running> => {
    const puppeteer = tool('puppeteer-core') as Puppeteer;
    const executablePath = await programPath(program);
    const browser = await puppeteer.launch({ executablePath, headless: true, protocolTimeout: 900_000, ...settings });
    const server = await servePages();
    return {
      version: (await browser.version()).match(/[\d.]+/)![0],
      async run(task) {
        const page = await browser.newPage();
        try {
          await page.goto(server.url(task));
          return valueOf(await page.evaluate('globalThis.result'));
        } finally {
          await page.close();
        }
      },
      async close() {
        await browser.close();
        server.close();
      },
    };
  };
  return { name, entries: ['esm', 'iife'], threads: true, missing, start };
}

export const browsers: readonly Engine[] = [
  browserEngine('Chromium', 'chromium', { browser: 'chrome', args: QUIET }),
  browserEngine('Firefox', 'firefox', { browser: 'firefox' }),
];
