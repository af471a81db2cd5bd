// `node scripts/pictures.mjs [FOLDER]`: visits the page in Chromium, trains it, draws a digit, and writes the pictures of the documents, docs/pictures, or more of
// them, whole pages and the lesson, to another folder.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDemo, page as file } from './demo.mjs';
import { root } from './stamp.mjs';

const folder = process.argv[2] ?? path.join(root, 'docs/pictures');
const all = process.argv[2] !== undefined;
const SEVEN = [[0.28, 0.22], [0.74, 0.22], [0.46, 0.84]];
const WIDE = { viewport: { width: 1280, height: 1000 } };
const NARROW = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

await buildDemo();
const { Visitor } = await import(pathToFileURL(path.join(root, 'build/js/test/demo/visitor.js')).href);
mkdirSync(folder, { recursive: true });

/** What is in sight, as WebP: a third of a PNG. */
async function take({ page }, name) {
  await new Promise((resolve) => setTimeout(resolve, 400));
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  writeFileSync(path.join(folder, `${name}.webp`), Buffer.from(data, 'base64'));
}

/** Pictures of one visit: the run as it stands above 95 %, and the pad with its layers. */
async function visit(name, options, hash) {
  const visitor = await Visitor.come(options);
  try {
    await visitor.open(`${pathToFileURL(file).href}#v=1&${hash}`);
    await visitor.page.click('#train');
    await visitor.until("parseFloat(document.querySelector('#accuracy').textContent.replace('> ', '')) > 97");
    await visitor.pause();
    await visitor.draw(...SEVEN);
    await visitor.until("/7/.test(document.querySelector('#verdict').textContent)");
    await visitor.page.evaluate('scrollTo(0, 0)');
    await take(visitor, name);
    await visitor.page.evaluate("document.querySelector('#story-draw').scrollIntoView({ behavior: 'instant' })");
    await take(visitor, `${name}-draw`);
    if (!all) return;
    await visitor.page.evaluate("document.querySelector('#story-lesson').scrollIntoView({ behavior: 'instant' })");
    await take(visitor, `${name}-lesson`);
    writeFileSync(path.join(folder, `${name}-whole.png`), await visitor.page.screenshot({ fullPage: true }));
  } finally {
    await visitor.leave();
  }
}

for (const colorScheme of ['light', 'dark']) {
  await visit(`wide-${colorScheme}`, { ...WIDE, colorScheme }, 'lang=en');
  await visit(`narrow-${colorScheme}`, { ...NARROW, colorScheme }, 'lang=en');
}
if (all) {
  await visit('wide-zh', { ...WIDE, colorScheme: 'light' }, 'lang=zh');
  await visit('narrow-zh', { ...NARROW, colorScheme: 'dark' }, 'lang=zh');
}
