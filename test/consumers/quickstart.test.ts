import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, resultOf, served } from '../support/chromium.js';
import { packed } from '../support/packed.js';
import { quickStartPage } from '../support/quickstart.js';
import { installed } from './tools.js';

// The README's script tag, in a page of its own, as a file and over HTTP.

const SCRIPT = 'node_modules/convasm/build/dist/convasm.min.js';

let tools: string;
let folder: string;
let expected: string;
beforeAll(() => {
  tools = installed('test/consumers');
  ({ folder } = packed());
  writeFileSync(path.join(folder, 'quickstart.html'), quickStartPage(SCRIPT));
  const source = `import { compile, models } from 'convasm';
    const net = await compile(models.lenet5(), { input: [1, 32, 32], seed: 1 });
    console.log((await net.predict(new Float32Array(1024))).data.join(' '));`;
  expected = spawnSync(process.execPath, ['--input-type=module', '--eval', source], { cwd: folder, encoding: 'utf8' }).stdout.trim();
  expect(expected.split(' ')).toHaveLength(10);
});

test('is five lines', () => {
  expect(quickStartPage(SCRIPT).split('<body>')[1]!.trim().split('\n')).toHaveLength(5);
});

describe.skipIf(chromiumPath() === undefined)('in Chromium', () => {
  test('from file://', async () => {
    expect(await resultOf(pathToFileURL(path.join(folder, 'quickstart.html')).href, tools)).toBe(expected);
  });

  test('over HTTP', async () => {
    expect(await served(folder, {}, (origin) => resultOf(`${origin}/quickstart.html`, tools))).toBe(expected);
  });
});
