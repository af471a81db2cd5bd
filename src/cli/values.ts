import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Call } from './commands.js';
import { UsageError } from './failure.js';
import { count } from './numbers.js';

/** The integer that option `name` gives, or `fallback`; throws UsageError outside min..max. */
export function integer<Fallback>({ options }: Call, name: string, fallback: Fallback, min: number, max: number): number | Fallback {
  const text = options.get(name);
  if (text === undefined) return fallback;
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name} is ${text}, expected an integer from ${count(min)} to ${count(max)}`);
}

/** The number that option `name` gives, or `fallback`; throws UsageError unless it is above 0 and finite in float32. */
export function positive({ options }: Call, name: string, fallback: number): number {
  const text = options.get(name);
  if (text === undefined) return fallback;
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Math.fround(value) > 0 && Number.isFinite(Math.fround(value))) return value;
  throw new UsageError(`--${name} is ${text}, expected a number above 0`);
}

export function required({ options }: Call, name: string, value: string): string {
  const text = options.get(name);
  if (text === undefined) throw new UsageError(`--${name} is missing: --${name} ${value}`);
  return text;
}

/** A folder that is there, or null where the option is not given. */
export function folder({ options }: Call, name: string): string | null {
  const dir = options.get(name);
  if (dir === undefined) return null;
  const found = statSync(dir, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`--${name} ${dir}: no such folder`);
  if (!found.isDirectory()) throw new UsageError(`--${name} ${dir}: a file, expected a folder`);
  return dir;
}

/** Refuses a file that is not there or is a folder. */
export function existingFile(file: string, what: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${what} ${file}: no such file`);
  if (found.isDirectory()) throw new UsageError(`${what} ${file}: a folder, expected a file`);
  return file;
}

/** Refuses, before any work is done, a file that could not be written when it is finished. */
export function writableFile(file: string, name: string): string {
  const dir = path.dirname(path.resolve(file));
  if (!existsSync(dir)) throw new UsageError(`--${name} ${file}: no folder ${dir}`);
  if (!statSync(dir).isDirectory()) throw new UsageError(`--${name} ${file}: ${dir} is a file, expected a folder`);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`--${name} ${file}: a folder, expected a file`);
  try {
    accessSync(dir, constants.W_OK);
  } catch {
    throw new UsageError(`--${name} ${file}: folder ${dir} cannot be written to`);
  }
  return file;
}
