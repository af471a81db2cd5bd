import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_RUN, runAddress } from '../../demo/address.js';
import { compile, fit, losses, models, optimizers } from '../../src/index.js';
import { digits } from '../../src/data/digits.js';
import { hasChromium } from '../support/programs.js';
import { root } from '../support/sources.js';
import { Visitor } from './visitor.js';

// The page as people meet it: the one file, opened from disk in Chromium.

const url = pathToFileURL(path.join(root, 'build/demo/index.html')).href;
const SEVEN = [[0.28, 0.22], [0.74, 0.22], [0.46, 0.84]] as const;

/** The digest that the library, here in Node, has after as many steps of the page's default run. */
async function digestAfter(steps: number): Promise<string> {
  const net = await compile(models.lenet5(), { input: [1, 32, 32], batchSize: 32, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.05, momentum: 0.9 }), seed: 1 });
  const stop = new AbortController();
  const run = fit(net, digits({ seed: 1, lazy: true }).train, { epochs: 1, signal: stop.signal, onStep: () => net.steps === steps && stop.abort() });
  await run.next().catch((error: unknown) => { if (!stop.signal.aborted) throw error; });
  return (await net.digest()).slice(0, 8);
}

describe.skipIf(!(await hasChromium()))('the page', () => {
  let visitor: Visitor;
  beforeAll(async () => {
    execFileSync(process.execPath, [path.join(root, 'scripts/demo.mjs'), '--build']);
    visitor = await Visitor.come();
    await visitor.open(url);
  });
  afterAll(() => visitor?.leave());

  test('reads a digit before anything is trained, by the weights that come along', async () => {
    await visitor.draw(...SEVEN);
    await visitor.until("/says 7/.test(document.querySelector('#verdict').textContent) && !document.querySelector('#shipped').hidden");
  });

  test('steps one by one to the bits that Node has', async () => {
    for (const step of ['1', '2', '3']) {
      await visitor.page.click('#step');
      await visitor.until(`document.querySelector('#steps').textContent === '${step}' && !document.querySelector('#step').disabled`);
    }
    expect(await visitor.text('#digest')).toBe(await digestAfter(3));
  });

  test('trains to more than 95 % on digits that it has not seen, and no task of the page takes 50 ms', async () => {
    const longest = await visitor.longestTask(async () => {
      await visitor.page.click('#train');
      await visitor.until("parseFloat(document.querySelector('#accuracy').textContent.replace('> ', '')) > 95");
    });
    expect(longest).toBeLessThanOrEqual(50);
  });

  test('reads a drawn digit while it trains', async () => {
    const longest = await visitor.longestTask(async () => {
      await visitor.draw(...SEVEN);
      await visitor.until("/says 7/.test(document.querySelector('#verdict').textContent)");
    });
    expect(longest).toBeLessThanOrEqual(50);
  });

  test('pauses, stays, and resumes', async () => {
    await visitor.pause();
    const [steps, digest] = [await visitor.text('#steps'), await visitor.text('#digest')];
    expect(digest).toMatch(/^[0-9a-f]{8}$/);
    await visitor.page.click('#train');
    await visitor.until(`document.querySelector('#steps').textContent !== '${steps}'`);
    await visitor.pause();
    expect(await visitor.text('#digest')).not.toBe(digest);
  });

  test('opens a value down to its sum and takes it apart', async () => {
    await visitor.page.evaluate("document.querySelector('.sum-panel').scrollIntoView({ behavior: 'instant' })");
    await visitor.until("/Σ/.test(document.querySelector('#sum').textContent)");
    const said = await visitor.settled('#sum');
    expect(said).toMatch(/^C1 map 3, row 13, column 15: Σ x·w \+ .+; tanh/);
    const sum = /[=≈] ([^;]+);/.exec(said)![1]!;
    await visitor.page.click('#apart');
    expect((await visitor.text('#sentence')).endsWith(`${sum}.`)).toBe(true);
  });

  test('opens a unit of each dense layer down to its products', async () => {
    for (const [layer, said, cells] of [['c5', /^C5 unit \d+: Σ x·w \+ .+ [=≈] .+; tanh [=≈] /, 16], ['f6', /^F6 unit \d+: Σ x·w \+ .+; tanh /, 120], ['out', /^Output for digit \d: Σ x·w \+ .+; softmax/, 84]] as const) {
      await visitor.page.evaluate(`document.querySelector('.maps.${layer} button').click()`);
      await visitor.until(`document.querySelectorAll('.sum-text td').length === ${cells}`);
      expect(await visitor.text('#sum')).toMatch(said);
    }
  });

  test('keeps weights in the browser, and the run across a reload', async () => {
    await visitor.page.click('#save-browser');
    await visitor.until("/Kept \\d+ kB/.test(document.querySelector('#files-told').textContent)");
    const [steps, digest] = [await visitor.text('#steps'), await visitor.text('#digest')];
    await visitor.page.reload();
    await visitor.until("document.querySelector('#continue .primary') !== null && !document.querySelector('#train').disabled");
    expect(await visitor.text('#steps')).toBe('0');
    await visitor.page.click('#load-browser');
    await visitor.until(`document.querySelector('#digest').textContent === '${digest}'`);
    await visitor.draw(...SEVEN);
    await visitor.until("/says 7/.test(document.querySelector('#verdict').textContent)");
    await visitor.page.evaluate("document.querySelector('#continue .primary').click()");
    await visitor.until(`document.querySelector('#steps').textContent === '${steps}'`);
    await visitor.page.click('#step');
    await visitor.until(`document.querySelector('#digest').textContent !== '–' && !document.querySelector('#step').disabled`);
    expect(Number((await visitor.text('#steps')).replace(',', ''))).toBe(Number(steps.replace(',', '')) + 1);
  });

  test('asks for nothing after itself, and reports no error', () => {
    expect(visitor.requests.filter((request) => request !== url && !request.startsWith('blob:'))).toEqual([]);
    expect(visitor.errors).toEqual([]);
  });
});

describe.skipIf(!(await hasChromium()))('a phone', () => {
  test('takes a finger while it trains: no scrolling, and the digit is read', async () => {
    const visitor = await Visitor.come({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    try {
      await visitor.open(url);
      await visitor.page.click('#train');
      await visitor.until("parseFloat(document.querySelector('#accuracy').textContent.replace('> ', '')) > 95");
      await visitor.touch(...SEVEN);
      const scrolled = await visitor.page.evaluate<number>('scrollY');
      await visitor.until("/says 7/.test(document.querySelector('#verdict').textContent)");
      await visitor.page.click('#clear');
      await visitor.touch([0.5, 0.1], [0.5, 0.95]);
      expect(await visitor.page.evaluate<number>('scrollY')).toBe(scrolled);
      expect(await visitor.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
      expect(await visitor.text('#train')).toBe('Pause');
    } finally {
      await visitor.leave();
    }
  });
});

describe.skipIf(!(await hasChromium()))('a link', () => {
  const follow = async (digest: string): Promise<string> => {
    const visitor = await Visitor.come({ locale: 'zh-CN' });
    try {
      await visitor.open(`${url}#v=1&story=train&model=lenet5&seed=1&lr=0.05&batch=32&momentum=0.9&step=4&digest=${digest}&lang=en`);
      await visitor.page.click('#train');
      await visitor.until("/good|bad/.test(document.querySelector('#promise').className)");
      return await visitor.text('#promise');
    } finally {
      await visitor.leave();
    }
  };

  test('is confirmed by the same bits', async () => {
    const digest = await digestAfter(4);
    expect(await follow(digest)).toMatch(`Same bits as the link: digest ${digest} at step 4`);
  });

  test('of other bits differs', async () => {
    expect(await follow('00000000')).toMatch(/^Differs: the link says 00000000 at step 4/);
  });

  test('brings its drawing along', async () => {
    const ink = runAddress(DEFAULT_RUN, null, 'en', [{ pen: 0.09, points: SEVEN.flat() }]);
    const visitor = await Visitor.come();
    try {
      await visitor.open(`${url}#${ink}`);
      await visitor.until("/says 7/.test(document.querySelector('#verdict').textContent)");
      await visitor.page.click('#share');
      await visitor.until("document.querySelector('#share-out input') !== null");
      expect(await visitor.page.evaluate<string>("document.querySelector('#share-out input').value")).toContain(ink.split('&').at(-1)!);
    } finally {
      await visitor.leave();
    }
  });
});
