import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { served } from '../support/chromium.js';
import { packed } from '../support/packed.js';
import { quickStartPage } from '../support/quickstart.js';
import { allBrowsers } from './engines/index.js';
import { using } from './using.js';

// The README's script tag, in a page of its own, as a file and over HTTP, in every browser.

const SCRIPT = 'node_modules/convasm/build/dist/convasm.min.js';
const PAGE = 'quickstart.html';

interface Found {
  readonly said: string;
  /** From the last byte of the script to the page's ten numbers. */
  readonly milliseconds: number;
}

let folder: string;
let expected: string;
beforeAll(() => {
  ({ folder } = packed());
  writeFileSync(path.join(folder, PAGE), quickStartPage(SCRIPT));
  const source = `import { compile, models } from 'convasm';
    const net = await compile(models.lenet5(), { input: [1, 32, 32], seed: 1 });
    console.log((await net.predict(new Float32Array(1024))).data.join(' '));`;
  expected = spawnSync(process.execPath, ['--input-type=module', '--eval', source], { cwd: folder, encoding: 'utf8' }).stdout.trim();
  expect(expected.split(' ')).toHaveLength(10);
});

test('is five lines', () => {
  expect(quickStartPage(SCRIPT).split('<body>')[1]!.trim().split('\n')).toHaveLength(5);
});

describe.each(allBrowsers)('in $name', (engine) => {
  test("gives Node's numbers, from file:// and over HTTP", () => using(engine, async ({ open }) => {
    const fromFile = JSON.parse(await open(pathToFileURL(path.join(folder, PAGE)).href)) as Found;
    const overHttp = JSON.parse(await served(folder, {}, (origin) => open(`${origin}/${PAGE}`))) as Found;
    expect([fromFile.said, overHttp.said]).toEqual([expected, expected]);
    expect(overHttp.milliseconds).toBeGreaterThan(0);
    console.log(`${engine.name}: first LeNet result within ${Math.ceil(overHttp.milliseconds)} ms of script load`);
  }));
});
