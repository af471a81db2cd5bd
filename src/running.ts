import { PLAIN, fromLayout, intoLayout } from './plan/layout.js';
import type { RunningBuffer } from './plan/tensor.js';
import type { Slot } from './io/weights.js';
import type { Engine } from './runtime/engine.js';

function counts(engine: Engine, { buffer: { address, words } }: RunningBuffer): BigInt64Array<ArrayBuffer> {
  const { buffer, byteOffset } = engine.bytes(address, words * 4);
  return new BigInt64Array(buffer, byteOffset, words / 2);
}

/** Gives a running statistic its start value. */
export function startRunning(engine: Engine, running: RunningBuffer): void {
  if (running.dtype === 'i64') counts(engine, running).fill(BigInt(running.start));
  else engine.floats(running.buffer.address, running.buffer.words).fill(running.start);
}

/** A running statistic as files have it. `engine` is asked at each use. */
export function runningSlot(engine: () => Engine, running: RunningBuffer): Slot {
  const { name, shape, dtype, buffer } = running;
  if (dtype === 'i64') {
    return { name, shape, dtype: 'I64', read: () => counts(engine(), running).slice(), write: (values) => counts(engine(), running).set(values as BigInt64Array) };
  }
  const floats = (): Float32Array => engine().floats(buffer.address, buffer.words);
  return { name, shape, read: () => fromLayout(PLAIN, shape, floats()), write: (values) => intoLayout(PLAIN, shape, values as Float32Array, floats()) };
}
