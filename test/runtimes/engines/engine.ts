import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../support/sources.js';

/** One run of a program (test/runtimes/programs) in an engine. */
export interface Task {
  readonly program: string;
  readonly options: object;
  /** `esm`: the package's modules; `iife`: its script tag. Default esm. */
  readonly entry?: Entry;
  /** Whether the page is served with the headers that shared memory needs. Default true. */
  readonly isolated?: boolean;
  /** What else the page's server says in Content-Security-Policy. */
  readonly policy?: string;
}

export type Entry = 'esm' | 'iife';

/** An engine that was started. */
export interface Running {
  readonly version: string;
  /** What the program returned; rejects with what it threw. */
  run(task: Task): Promise<unknown>;
  close(): Promise<void>;
}

/** A browser that was started. */
export interface RunningBrowser extends Running {
  /** Opens a page; what the promise `globalThis.result` of it comes to. */
  open(url: string): Promise<string>;
}

export interface Engine {
  readonly name: string;
  readonly entries: readonly Entry[];
  /** Whether workers run here. */
  readonly threads: boolean;
  /** What has to be installed first; null where it is there. */
  missing(): Promise<string | null>;
  start(): Promise<Running>;
}

export interface BrowserEngine extends Engine {
  start(): Promise<RunningBrowser>;
}

/** A package of test/runtimes, by its own package.json. */
export const tool = createRequire(path.join(root, 'test/runtimes/package.json'));

/** Version of such a package; null where it is not installed. */
export function toolVersion(name: string): string | null {
  try {
    return (tool(`./node_modules/${name}/package.json`) as { version: string }).version;
  } catch {
    return null;
  }
}

/** Installs the packages of test/runtimes unless they are there. */
export async function installTools(): Promise<void> {
  const scripts = (await import(pathToFileURL(path.join(root, 'scripts/packages.mjs')).href)) as { install(folder?: string): boolean };
  scripts.install('test/runtimes');
}
