import { CHROMIUM_FLAGS, programPath } from '../../support/programs.js';
import { tool, toolVersion, type BrowserEngine, type RunningBrowser } from './engine.js';
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

function browserEngine(name: string, program: 'chromium' | 'firefox', settings: object): BrowserEngine {
  const missing = async (): Promise<string | null> =>
    toolVersion('puppeteer-core') && (await programPath(program)) ? null : 'npm run setup:runtimes';
  const start = async (): Promise<RunningBrowser> => {
    const puppeteer = tool('puppeteer-core') as Puppeteer;
    const executablePath = await programPath(program);
    const browser = await puppeteer.launch({ executablePath, headless: true, protocolTimeout: 900_000, ...settings });
    const server = await servePages();
    const open = async (url: string): Promise<string> => {
      const page = await browser.newPage();
      try {
        await page.goto(url);
        return await page.evaluate('globalThis.result');
      } finally {
        await page.close();
      }
    };
    return {
      version: (await browser.version()).match(/[\d.]+/)![0],
      open,
      run: async (task) => valueOf(await open(server.url(task))),
      async close() {
        await browser.close();
        server.close();
      },
    };
  };
  return { name, entries: ['esm', 'iife'], threads: true, missing, start };
}

export const browsers: readonly BrowserEngine[] = [
  browserEngine('Chromium', 'chromium', { browser: 'chrome', args: CHROMIUM_FLAGS }),
  browserEngine('Firefox', 'firefox', { browser: 'firefox' }),
];
