import { expect } from 'vitest';
import type { Engine } from './engines/engine.js';

/** Whether an engine is missing: said loudly, and an error in CI. */
export async function absent({ name, missing }: Pick<Engine, 'name' | 'missing'>): Promise<boolean> {
  const install = await missing();
  if (!install) return false;
  console.warn(`${name} was not tested: \`${install}\` installs it`);
  expect(process.env['CI'], `${name} is missing`).not.toBe('true');
  return true;
}

/** Starts an engine for `work` and closes it, unless it is missing. */
export async function using<R extends { close(): Promise<void> }>(engine: Pick<Engine, 'name' | 'missing'> & { start(): Promise<R> }, work: (running: R) => Promise<void>): Promise<void> {
  if (await absent(engine)) return;
  const running = await engine.start();
  try {
    await work(running);
  } finally {
    await running.close();
  }
}
