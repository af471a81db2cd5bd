import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, test } from 'vitest';
import { served } from '../support/chromium.js';
import { packed } from '../support/packed.js';
import { root } from '../support/sources.js';
import { browsers } from './engines/browser.js';
import { using } from './using.js';

// `classify` takes every kind of picture that pages and workers have, and comes to the same bits where the pixels are the same: there and in Node.

interface Classes {
  readonly class: string;
  readonly bits: string;
}
interface Found {
  readonly error?: string;
  readonly page: Readonly<Record<string, Classes>>;
  readonly worker: Readonly<Record<string, Classes>>;
  readonly jpeg: string;
  readonly video: string;
  readonly rgba: readonly number[];
}

let folder: string;

/** Bundles a script beside the installed package, as a page's author would. */
async function bundled(file: string, out: string): Promise<void> {
  const bundle = await rolldown({ input: path.join(folder, 'pictures', file), platform: 'browser', checks: { emptyImportMeta: false } });
  await bundle.write({ file: path.join(folder, out), format: 'iife', codeSplitting: false });
  await bundle.close();
}

beforeAll(async () => {
  ({ folder } = packed());
  cpSync(path.join(root, 'test/runtimes/pictures'), path.join(folder, 'pictures'), { recursive: true });
  await bundled('page.js', 'pictures-page.js');
  await bundled('worker.js', 'pictures-worker.js');
  writeFileSync(path.join(folder, 'pictures.html'), '<!doctype html><meta charset="utf-8"><title>pictures</title><body><script src="pictures-page.js"></script>');
});

describe.each(browsers)('in $name', (engine) => {
  test('canvas, bitmap, pixels, file, image and frame of video are one picture, in page and worker', { timeout: 300_000 }, () => using(engine, async ({ open }) => {
    const found = JSON.parse(await served(folder, {}, (origin) => open(`${origin}/pictures.html`))) as Found;
    expect(found.error).toBeUndefined();
    const { classesOf, WIDTH, HEIGHT } = (await import(pathToFileURL(path.join(folder, 'pictures/classes.js')).href)) as { classesOf(pictures: object): Promise<Record<string, Classes>>; WIDTH: number; HEIGHT: number };
    const { pixels: expected } = await classesOf({ pixels: { width: WIDTH, height: HEIGHT, data: Uint8ClampedArray.from(found.rgba), channels: 4, max: 255 } });
    expect(expected!.class).toBe('1');
    const all = (names: string): Record<string, Classes | undefined> => Object.fromEntries(names.split(' ').map((name) => [name, expected]));
    expect(found.page).toEqual(all('canvas bitmap pixels file image bytes frame'));
    expect(found.worker).toEqual(all('canvas bitmap file pixels frame'));
    expect([found.jpeg, found.video]).toEqual(['1', '1']);
  }));
});
