import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { digits } from '../../src/data/digits.js';

const CLI = join(import.meta.dirname, '../../build/dist/cli.js');

/** Plain output wherever the tests run. */
const ENV = { PATH: process.env.PATH, LANG: 'C.UTF-8' };

/** Runs the command line to its end in folder `cwd`. */
export function convasm(cwd: string, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [CLI, ...args], { cwd, encoding: 'utf8', env: ENV });
}

/** The object on the last line of output; throws with what was said where there is none. */
export function lastJson({ status, stdout, stderr }: SpawnSyncReturns<string>): Record<string, unknown> {
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
}

/** Starts the command line, sends `signal` once its progress matches `seen`, and waits for its end. */
export async function stopped(cwd: string, signal: NodeJS.Signals, seen: RegExp, ...args: string[]) {
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  let stderr = '';
  let sent = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (!sent && seen.test(stderr)) sent = child.kill(signal);
  });
  const [status, killedBy] = await ended;
  return { status, killedBy, stderr };
}

/** A new folder that goes when the test or file ends. */
export function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'convasm-cli-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function idxFile(magic: number, sizes: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * sizes.length + data.length);
  const view = new DataView(bytes.buffer);
  [magic, ...sizes].forEach((value, i) => view.setUint32(4 * i, value));
  bytes.set(data, 4 + 4 * sizes.length);
  return bytes;
}

function bytesOf(data: Dataset): Uint8Array {
  const image = new Float32Array(32 * 32);
  const bytes = new Uint8Array(data.length * 28 * 28);
  for (let i = 0; i < data.length; i++) {
    data.read(i, image, 0);
    for (let p = 0; p < 784; p++) bytes[i * 784 + p] = Math.round(255 * image[(Math.floor(p / 28) + 2) * 32 + 2 + (p % 28)]!);
  }
  return bytes;
}

/** Writes `count` drawn digits to `dir` as one pair of IDX files; returns their bytes, 28x28 each. */
export function writeDigits(dir: string, count: number, stem = 'digits'): { bytes: Uint8Array; labels: Int32Array } {
  const { train } = digits({ train: count, test: 0, seed: 7 });
  const bytes = bytesOf(train);
  writeFileSync(join(dir, `${stem}-images-idx3-ubyte`), idxFile(0x803, [count, 28, 28], bytes));
  writeFileSync(join(dir, `${stem}-labels-idx1-ubyte`), idxFile(0x801, [count], Uint8Array.from(train.labels)));
  return { bytes, labels: train.labels };
}
