import type * as Convasm from '../../../src/index.js';
import type * as Datasets from '../../../src/data/index.js';
import type * as Transforms from '../../../src/data/transforms.js';

/** The installed package, handed in: the same program runs from modules and beside a script tag. */
export interface Library {
  readonly convasm: typeof Convasm;
  readonly datasets: typeof Datasets;
  readonly transforms: typeof Transforms;
}

/** What a program takes and returns travels as JSON. */
export type Program<Options, Result> = (library: Library, options: Options) => Promise<Result>;

/** Numbers in [-1, 1), made of integers below 2^31 and one division: no engine can differ. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 16807) % 2147483647;
    return (state - 1073741824) / 1073741824;
  });
}

/** SHA-256 over the bits of all parts, 64 hexadecimal digits. */
export async function digestOf(...parts: readonly (ArrayBufferView | string)[]): Promise<string> {
  const bytes = parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
  const whole = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  const hash = await crypto.subtle.digest('SHA-256', whole);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
