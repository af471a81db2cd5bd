import { OPS, type FieldKind, type OpRecord } from './ops.js';
import type { PlanStep } from './records.js';
import type { Buffer } from './tensor.js';

/** Steps between which a buffer's memory is its own. Buffers that took over one another's memory share a lifetime. */
export interface Lifetime {
  readonly buffers: Buffer[];
  readonly words: number;
  first: number;
  last: number;
}

/** By op, its fields that hold buffers: asked for at every step, so found once. */
const BUFFER_FIELDS = new Map(Object.entries<OpRecord>(OPS).map(([op, { fields }]) => [
  op, Object.entries(fields).flatMap(([name, kind]) => (kind === 'i32' || kind === 'f32' ? [] : [{ name, kind }])),
]));

/** The buffers that a step names in fields of the given kinds. */
export function buffersOf(step: PlanStep, ...kinds: FieldKind[]): Buffer[] {
  const found: Buffer[] = [];
  const fields = BUFFER_FIELDS.get(step.op)!;
  for (let i = 0; i < fields.length; i++) {
    const { name, kind } = fields[i]!;
    const value = step.fields[name];
    if (typeof value === 'object' && value !== null && kinds.includes(kind)) found.push(value);
  }
  return found;
}

const SHARED = new Set(['input', 'activation', 'scratch']);

/** First and last step of every buffer that shares memory. Inputs live from before the first step, kept buffers beyond the last. */
export function lifetimes(steps: readonly PlanStep[], extra: readonly Buffer[]): Lifetime[] {
  const all = new Map<Buffer, Lifetime>();
  const touch = (buffer: Buffer, at: number): void => {
    const seen = all.get(buffer);
    if (seen) seen.last = at;
    else all.set(buffer, { buffers: [buffer], words: buffer.words, first: buffer.role === 'input' ? -1 : at, last: at });
  };
  for (const buffer of extra) touch(buffer, -1);
  steps.forEach((step, at) => {
    for (const buffer of buffersOf(step, 'read', 'write', 'scratch')) if (SHARED.has(buffer.role)) touch(buffer, at);
  });
  for (const [buffer, life] of all) if (buffer.kept) life.last = Infinity;
  return takeOver(all);
}

/** Lets a buffer move into the one it may replace, where the step that first writes it is that one's last. */
function takeOver(all: Map<Buffer, Lifetime>): Lifetime[] {
  for (const [buffer, life] of all) {
    const before = buffer.replaces ? all.get(buffer.replaces) : undefined;
    if (!before || before === life || before.last !== life.first || before.words !== life.words || before.first < 0) continue;
    before.buffers.push(...life.buffers);
    before.last = Math.max(before.last, life.last);
    all.set(buffer, before);
  }
  return [...new Set(all.values())];
}
