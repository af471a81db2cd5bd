import type { Engine, Entry, Running } from './engines/engine.js';
import type { Digests, IdentityOptions } from './programs/identity.js';

/** How a program is run inside one engine. */
export interface Way {
  readonly entry: Entry;
  readonly workers: number;
}

/** What one engine found, by way; or why it did not run. */
export interface Report {
  readonly engine: string;
  readonly version: string | null;
  readonly found: ReadonlyMap<string, Digests>;
  readonly missing: string | null;
  readonly failed: string | null;
}

export const WORKERS = [1, 2, 3];

export const nameOf = ({ entry, workers }: Way): string => `${entry === 'esm' ? 'module' : 'script'} ${workers}`;

/** Modules and script tag, each with every number of workers. */
export const ways: readonly Way[] = (['esm', 'iife'] as const).flatMap((entry) => WORKERS.map((workers) => ({ entry, workers })));

const waysOf = ({ entries, threads }: Engine): Way[] => ways.filter(({ entry, workers }) => entries.includes(entry) && (threads || workers === 1));

async function each(running: Running, engine: Engine, options: Omit<IdentityOptions, 'workers'>, found: Map<string, Digests>): Promise<void> {
  for (const way of waysOf(engine)) {
    found.set(nameOf(way), (await running.run({ program: 'identity', entry: way.entry, options: { ...options, workers: way.workers } })) as Digests);
  }
}

/** Runs the identity program in an engine, in every way that it has. */
export async function examine(engine: Engine, options: Omit<IdentityOptions, 'workers'>): Promise<Report> {
  const found = new Map<string, Digests>();
  const missing = await engine.missing();
  if (missing) return { engine: engine.name, version: null, found, missing, failed: null };
  let version: string | null = null;
  let running: Running | null = null;
  try {
    running = await engine.start();
    ({ version } = running);
    await each(running, engine, options, found);
    return { engine: engine.name, version, found, missing, failed: null };
  } catch (error) {
    return { engine: engine.name, version, found, missing, failed: String(error) };
  } finally {
    await running?.close();
  }
}

/** The digest of each part that most runs found. */
export function agreed(reports: readonly Report[]): Digests {
  const all = reports.flatMap(({ found }) => [...found.values()]);
  const parts = [...new Set(all.flatMap((digests) => Object.keys(digests)))];
  return Object.fromEntries(parts.map((part) => {
    const counts = new Map<string, number>();
    for (const { [part]: digest } of all) if (digest !== undefined) counts.set(digest, (counts.get(digest) ?? 0) + 1);
    return [part, [...counts].sort(([, a], [, b]) => b - a)[0]![0]];
  }));
}

export interface Difference {
  readonly engine: string;
  readonly way: string;
  readonly part: string;
  readonly digest: string;
}

/** Every digest that is not the agreed one. */
export function differences(reports: readonly Report[], expected: Digests): Difference[] {
  return reports.flatMap(({ engine, found }) => [...found].flatMap(([way, digests]) =>
    Object.entries(expected).filter(([part, digest]) => digests[part] !== digest).map(([part]) => ({ engine, way, part, digest: digests[part] ?? 'none' }))));
}
