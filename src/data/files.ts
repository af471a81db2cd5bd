import { FormatError, OptionError, UnsupportedError } from '../core/errors.js';

/** `47,040,000`, as errors print counts. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

interface Modules {
  'node:module': typeof import('node:module');
  'node:fs': typeof import('node:fs');
  'node:path': typeof import('node:path');
  'node:stream': typeof import('node:stream');
  'node:zlib': typeof import('node:zlib');
}

/** Node's modules without an import line: the drawn digits of the same entry also run where there are none. */
export function node<Name extends keyof Modules>(name: Name): Modules[Name] {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') {
    throw new UnsupportedError('files need Node 20.19 or later (or another runtime with process.getBuiltinModule)');
  }
  return process.getBuiltinModule(name) as Modules[Name];
}

/** `dir/name` in the platform's spelling. */
export function join(dir: string, name: string): string {
  return node('node:path').join(dir, name);
}

/** Names of the files in `dir`, sorted. Throws OptionError where there is no such folder. */
export async function filesIn(dir: string): Promise<string[]> {
  return namesIn(dir, false);
}

/** Names of the folders in `dir`, sorted, hidden ones left out. */
export async function foldersIn(dir: string): Promise<string[]> {
  return (await namesIn(dir, true)).filter((name) => !name.startsWith('.'));
}

async function namesIn(dir: string, folders: boolean): Promise<string[]> {
  try {
    const entries = await node('node:fs').promises.readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() === folders).map((entry) => entry.name).toSorted();
  } catch (error) {
    throw unreadable(dir, error, 'folder');
  }
}

function unreadable(path: string, error: unknown, kind: 'file' | 'folder'): Error {
  if (!(error instanceof Error) || !('code' in error)) return error as Error;
  if (error.code === 'ENOENT') return new OptionError(`${path}: no such ${kind}`);
  if (error.code === 'ENOTDIR') return new OptionError(`${path}: a file, expected a folder`);
  return new FormatError(`${path}: ${kind} cannot be read (${error.code})`);
}

/** How much of a file may be read: decided from its first `head` bytes, or from fewer where the file is shorter. */
export interface Bound {
  readonly head: number;
  /** Bytes that the file may hold once unpacked; throws FormatError on a bad head. */
  limit(head: Uint8Array): number;
}

/**
 * Reads a file, unpacking it if its first bytes are gzip's. Stops one byte past the bound, so that neither a large file nor
 * a small one that unpacks to gigabytes takes memory that its head does not account for.
 */
export async function readBounded(dir: string, name: string, bound: Bound): Promise<Uint8Array> {
  const path = join(dir, name);
  const packed = await isGzip(path, name);
  const chunks: Uint8Array[] = [];
  let length = 0;
  let limit = -1;
  try {
    for await (const chunk of open(path, packed)) {
      chunks.push(chunk);
      length += chunk.length;
      if (limit < 0 && length >= bound.head) limit = bound.limit(concat(chunks, bound.head));
      if (limit >= 0 && length > limit) break;
    }
  } catch (error) {
    throw packed ? corrupt(name, error, length, limit) : unreadable(path, error, 'file');
  }
  if (limit < 0) limit = bound.limit(concat(chunks, length));
  return concat(chunks, Math.min(length, limit + 1));
}

async function isGzip(path: string, name: string): Promise<boolean> {
  const head = new Uint8Array(2);
  try {
    const file = await node('node:fs').promises.open(path);
    await file.read(head, 0, 2, 0).finally(() => file.close());
  } catch (error) {
    throw unreadable(path, error, 'file');
  }
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  if (!packed && name.endsWith('.gz')) throw new FormatError(`${name}: starts with ${hex(head)}, expected 0x1f8b (gzip)`);
  return packed;
}

function open(path: string, packed: boolean): AsyncIterable<Uint8Array> {
  const file = node('node:fs').createReadStream(path);
  return packed ? node('node:stream').pipeline(file, node('node:zlib').createGunzip(), () => {}) : file;
}

function corrupt(name: string, error: unknown, length: number, limit: number): Error {
  if (error instanceof FormatError || !(error instanceof Error)) return error as Error;
  const promised = limit < 0 ? '' : ` of ${grouped(limit)}`;
  return new FormatError(`${name}: gzip stream breaks off after ${grouped(length)}${promised} unpacked bytes (${error.message}). Fetch it again.`);
}

/** The first `length` bytes of `chunks`, one after another. */
export function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    if (at === length) break;
    const part = chunk.subarray(0, length - at);
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** `0x00000803` */
export function hex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
