import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { save } from '../../src/io/save.js';

const dir = mkdtempSync(join(tmpdir(), 'convasm-save-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('writes, replaces, leaves nothing beside it', async () => {
  const file = join(dir, 'w');
  await save(file, Uint8Array.of(1, 2, 3));
  await save(file, Uint8Array.of(4));
  expect([...readFileSync(file)]).toEqual([4]);
  expect(readdirSync(dir)).toEqual(['w']);
});

test('a link stays a link, /dev/null stays a device', async () => {
  writeFileSync(join(dir, 'target'), 'old');
  symlinkSync(join(dir, 'target'), join(dir, 'link'));
  await save(join(dir, 'link'), Uint8Array.of(9));
  expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true);
  expect([...readFileSync(join(dir, 'target'))]).toEqual([9]);
  await save('/dev/null', Uint8Array.of(9));
  expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('says which file could not be written', async () => {
  await expect(save(join(dir, 'none', 'w'), Uint8Array.of(1))).rejects.toThrow(/none.w: cannot be written \(ENOENT/);
});

test('kill -9 while saving again and again: the file is always one whole version', async () => {
  const file = join(dir, 'kept');
  const script = `
    import { save } from ${JSON.stringify(join(import.meta.dirname, '../../build/js/src/io/save.js'))};
    const bytes = new Uint8Array(2_000_000);
    process.stdout.write('ready');
    for (let i = 1; ; i = (i % 250) + 1) await save(${JSON.stringify(file)}, bytes.fill(i));
  `;
  await save(file, new Uint8Array(2_000_000));
  for (const delay of [5, 20, 45, 80]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
    await setTimeout(delay);
    child.kill('SIGKILL');
    await ended;
    const bytes = readFileSync(file);
    expect(bytes.length).toBe(2_000_000);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  }
});
