import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../support/sources.js';
import type { Engine, Running, Task } from './engine.js';
import { workplace } from './workplace.js';

// Engines that are a command: a script of the consumer's folder prints the result.

const INSTALL = 'npm run setup:runtimes';
const suffix = process.platform === 'win32' ? '.exe' : '';

/** Runs a command to its end; rejects unless it ends with status 0. */
async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text));
  const [status] = (await once(child, 'close')) as [number | null];
  process.removeListener('exit', stop);
  if (status !== 0) throw new Error(`ended with ${status}\n${printed.stdout}${printed.stderr}`);
  return printed.stdout;
}

function commandEngine(name: string, file: string, args: readonly string[]): Engine {
  const start = async (): Promise<Running> => {
    const place = workplace();
    const version = spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout.match(/\d+\.\d+\.\d+/)![0];
    const run = async ({ program, options }: Task): Promise<unknown> => {
      const lines = (await output(file, [...args, 'command.js', JSON.stringify({ program, options })], place.folder)).trimEnd().split('\n');
      return JSON.parse(lines.at(-1)!);
    };
    return { version, run, close: async () => place.close() };
  };
  return { name, entries: ['esm'], threads: true, missing: async () => (existsSync(file) ? null : INSTALL), start };
}

const packaged = (file: string): string => path.join(root, 'test/runtimes/node_modules', file);

export const commands: readonly Engine[] = [
  commandEngine(`Node ${process.versions.node.split('.')[0]}`, process.execPath, []),
  ...['22', '24'].filter((major) => !process.versions.node.startsWith(`${major}.`)).map((major) => commandEngine(`Node ${major}`, packaged(`node${major}/bin/node${suffix}`), [])),
  commandEngine('Deno', packaged(`deno/deno${suffix}`), ['run', '--allow-all', '--quiet']),
  commandEngine('Bun', packaged('bun/bin/bun.exe'), ['run']),
];
