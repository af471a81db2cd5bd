import simd from '#wasm/simd';
import type { KernelBuilds } from '../builds.js';
import { bytesOf } from './text.js';

async function fetched(url: URL): Promise<ArrayBuffer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url.href}: ${answer.status} ${answer.statusText}`);
  return answer.arrayBuffer();
}

/** The kernels inside a script; the other builds are fetched from build/wasm of the package that `script`, its URL, lies in. */
export function beside(script: string | undefined): KernelBuilds {
  const inside = { simd: () => bytesOf(simd) };
  if (!script) return inside;
  const file = (name: string): (() => Promise<ArrayBuffer>) => () => fetched(new URL(`../wasm/${name}.wasm`, script));
  return { ...inside, threads: file('threads'), relaxed: file('relaxed') };
}
