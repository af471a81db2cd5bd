/** Cores that this process may use: of a container no more than its cpu.max gives. At least 1. */
export function cores(): number {
  const node = globalThis.process?.getBuiltinModule;
  if (!node) return globalThis.navigator?.hardwareConcurrency ?? 1;
  const count = node('node:os').availableParallelism();
  try {
    const [quota, period] = node('node:fs').readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').split(' ').map(Number);
    return quota! > 0 ? Math.max(1, Math.min(count, Math.floor(quota! / period!))) : count;
  } catch {
    return count;
  }
}

/** Whether the calling thread may block, and so be a worker itself: in Node, Deno and Bun, not in a page. */
export const callerMayBlock = (): boolean => typeof globalThis.process?.getBuiltinModule === 'function';

/** Why no threads over shared memory can be started here, and what to do; null where they can. */
export function threadsMissing(): string | null {
  if (callerMayBlock()) return typeof SharedArrayBuffer === 'function' ? null : 'this engine has no shared memory';
  if (typeof Worker !== 'function') return 'this platform has no threads';
  if (!globalThis.crossOriginIsolated) return 'the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
  return typeof SharedArrayBuffer === 'function' ? null : 'this engine gives pages no shared memory';
}
