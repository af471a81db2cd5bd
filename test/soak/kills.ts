import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { root } from '../support/sources.js';

const trainee = path.join(root, 'build/js/test/soak/trainee.js');

/** Runs the trainee, kills it after `ms` if it still runs; its line, or null where it was killed. */
async function run(checkpoint: string | null, ms = Infinity): Promise<string | null> {
  const child = spawn(process.execPath, [trainee, ...(checkpoint === null ? [] : [checkpoint])], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close') as Promise<[number | null]>;
  if (Number.isFinite(ms)) void setTimeout(ms, null, { ref: false }).then(() => child.kill('SIGKILL'));
  const [status] = await ended;
  if (status !== null && status !== 0) throw new Error(`the run failed: ${err}`);
  return status === 0 ? out.trim().split(' ').slice(1).join(' ') : null;
}

export interface Killed {
  readonly digest: string;
  readonly kills: number;
}

/**
 * `runs` training runs, each killed with SIGKILL at random moments and resumed until it comes to its end, and one that nobody
 * kills: what each arrived at.
 */
export async function kills(runs: number, onRun: (run: Killed) => void = () => {}): Promise<{ whole: string; runs: Killed[] }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'convasm-kills-'));
  try {
    const began = performance.now();
    const whole = (await run(null))!;
    const span = performance.now() - began;
    const all: Killed[] = [];
    for (let i = 0; i < runs; i++) {
      for (let count = 0; ; count++) {
        // Spans grow, so that a run that is killed before its first checkpoint again and again still ends.
        const digest = await run(path.join(folder, `${i}.ckpt`), Math.random() * span * (0.7 + 0.2 * count));
        if (digest === null) continue;
        all.push({ digest, kills: count });
        onRun(all.at(-1)!);
        break;
      }
    }
    return { whole, runs: all };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
