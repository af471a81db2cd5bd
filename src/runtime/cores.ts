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

/** Whether threads can be started here: shared memory, and a thread that may wait (Node). */
export function supportsThreads(): boolean {
  return typeof SharedArrayBuffer === 'function' && typeof globalThis.process?.getBuiltinModule === 'function';
}
