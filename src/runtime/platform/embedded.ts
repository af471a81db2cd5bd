import simd from '#wasm/simd';
import type { KernelBuilds } from '../builds.js';
import { bytesOf } from './text.js';

/** The kernels as text inside the bundle, so that no second file is fetched; the other builds are files of their own, imported when asked for. */
export const embedded: KernelBuilds = {
  simd: () => bytesOf(simd),
  threads: async () => bytesOf((await import('#wasm/threads')).default),
  relaxed: async () => bytesOf((await import('#wasm/relaxed')).default),
};
