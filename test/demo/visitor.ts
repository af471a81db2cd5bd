import { setTimeout } from 'node:timers/promises';
import { launch } from '../support/chromium.js';
import { installed } from '../consumers/tools.js';

// Somebody who visits the page in Chromium: what playwright-core does, as far as these tests use it.

interface Mouse {
  move(x: number, y: number, options?: { readonly steps?: number }): Promise<void>;
  down(): Promise<void>;
  up(): Promise<void>;
}
interface Keyboard {
  press(key: string): Promise<void>;
}
interface Frame {
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  setInputFiles(selector: string, file: { readonly name: string; readonly mimeType: string; readonly buffer: Buffer }): Promise<void>;
  textContent(selector: string): Promise<string>;
  evaluate<T>(expression: string): Promise<T>;
  screenshot(options: object): Promise<Buffer>;
  context(): { newCDPSession(page: Frame): Promise<{ send(method: string, options: object): Promise<unknown> }> };
  on(event: 'request', hear: (request: { url(): string }) => void): void;
  on(event: 'pageerror', hear: (error: Error) => void): void;
  on(event: 'console', hear: (message: { type(): string; text(): string }) => void): void;
  readonly mouse: Mouse;
  readonly keyboard: Keyboard;
}
interface Browser {
  startTracing(page: Frame, options: { readonly categories: readonly string[] }): Promise<void>;
  stopTracing(): Promise<Buffer>;
  newContext(options: object): Promise<{ newPage(): Promise<Frame>; close(): Promise<void> }>;
  close(): Promise<void>;
}

const PATIENCE_MS = 90_000;
const POLL_MS = 50;

/** An event of Chromium's trace; `tdur` is what its thread had of the processor, in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

export class Visitor {
  readonly page: Frame;
  readonly requests: string[] = [];
  readonly errors: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Frame) {
    this.#browser = browser;
    this.page = page;
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()));
  }

  static async come(options: object = {}): Promise<Visitor> {
    const browser = await launch<Browser>(installed('test/consumers'));
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'no-preference', locale: 'en', ...options })).newPage();
    return new Visitor(browser, page);
  }

  leave(): Promise<void> {
    return this.#browser.close();
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.until("document.querySelector('#train')?.disabled === false");
  }

  async until(condition: string): Promise<void> {
    // Asked from outside: the page's policy forbids what waitForFunction evaluates inside.
    for (const end = Date.now() + PATIENCE_MS; !(await this.page.evaluate<boolean>(condition)); ) {
      if (Date.now() > end) throw new Error(`waited in vain for ${condition}; the page says: ${await this.text('#state')}`);
      await setTimeout(POLL_MS);
    }
  }

  text(selector: string): Promise<string> {
    return this.page.textContent(selector);
  }

  /** Waits until a text no longer changes. */
  async settled(selector: string): Promise<string> {
    for (let before = ''; ; await setTimeout(10 * POLL_MS)) {
      const text = await this.text(selector);
      if (text === before) return text;
      before = text;
    }
  }

  async pause(): Promise<void> {
    await this.page.click('#train');
    await this.until("document.querySelector('#step').disabled === false");
  }

  /** Scrolls the pad into sight; returns where its points are in the window, 0 to 1 to the right and down. */
  async #pad(): Promise<(point: readonly [number, number]) => [number, number]> {
    await this.page.evaluate("document.querySelector('#pad').scrollIntoView({ block: 'center', behavior: 'instant' })");
    const box = await this.page.evaluate<{ x: number; y: number; width: number; height: number }>("(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelector('#pad').getBoundingClientRect())");
    return ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  }

  /** Draws through points of the pad with a finger. */
  async touch(...points: readonly (readonly [number, number])[]): Promise<void> {
    const at = await this.#pad();
    const { send } = await this.page.context().newCDPSession(this.page).then((session) => ({ send: session.send.bind(session) }));
    const touch = (type: string, ...places: readonly [number, number][]): Promise<unknown> => send('Input.dispatchTouchEvent', { type, touchPoints: places.map(([x, y]) => ({ x, y })) });
    await touch('touchStart', at(points[0]!));
    for (const [i, to] of points.slice(1).entries()) {
      const from = points[i]!;
      for (let part = 1; part <= 8; part++) await touch('touchMove', at([from[0] + ((to[0] - from[0]) * part) / 8, from[1] + ((to[1] - from[1]) * part) / 8]));
    }
    await touch('touchEnd');
  }

  /** Draws through points of the pad with the mouse. */
  async draw(...points: readonly (readonly [number, number])[]): Promise<void> {
    const at = await this.#pad();
    await this.page.mouse.move(...at(points[0]!));
    await this.page.mouse.down();
    for (const point of points.slice(1)) await this.page.mouse.move(...at(point), { steps: 8 });
    await this.page.mouse.up();
  }

  /**
   * Milliseconds of processor time of the page's longest task while `work` goes on. Not wall-clock time, in which a task also takes as
   * long as other programs keep the processor.
   */
  async longestTask(work: () => Promise<void>): Promise<number> {
    await this.#browser.startTracing(this.page, { categories: ['toplevel'] });
    let trace: Buffer;
    try {
      await work();
    } finally {
      trace = await this.#browser.stopTracing();
    }
    const { traceEvents: events } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] };
    const main = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`);
    const tasks = events.filter(({ name, ph, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && main.includes(`${pid} ${tid}`));
    if (tasks.length < 20) throw new Error(`the trace has ${tasks.length} tasks of the page, expected many`);
    return Math.max(...tasks.map(({ tdur }) => (tdur ?? 0) / 1000));
  }
}
