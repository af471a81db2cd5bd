import { CONTROL_STEPS } from '../../assembly/abi.js';
import type { Arena } from './arena.js';
import { OPS, type FieldKind } from './ops.js';
import type { PlanStep } from './plan.js';
import { Buffer } from './tensor.js';

/** The steps as bytes: the table of step addresses at `arena.table`, then the records. Starts at `arena.control`. */
export function encode(steps: readonly PlanStep[], arena: Arena): Uint8Array<ArrayBuffer> {
  const sizes = steps.map((step) => 1 + Object.keys(OPS[step.op].fields).length);
  const end = arena.records + sizes.reduce((sum, size) => sum + size, 0) * 4;
  const bytes = new Uint8Array(end - arena.control);
  const view = new DataView(bytes.buffer);
  view.setUint32(CONTROL_STEPS, arena.table, true);
  let record = arena.records;
  steps.forEach((step, i) => {
    view.setUint32(arena.table - arena.control + i * 4, record, true);
    encodeStep(view, record - arena.control, step);
    record += sizes[i]! * 4;
  });
  return bytes;
}

function encodeStep(view: DataView, at: number, step: PlanStep): void {
  const { code, fields } = OPS[step.op];
  view.setInt32(at, code, true);
  for (const [name, kind] of Object.entries(fields) as [string, FieldKind][]) {
    at += 4;
    const value = step.fields[name]!;
    if (kind === 'f32') view.setFloat32(at, value as number, true);
    else if (kind === 'i32') view.setInt32(at, integer(step, name, value as number), true);
    else view.setUint32(at, addressOf(step, name, value as Buffer | null), true);
  }
}

function integer(step: PlanStep, name: string, value: number): number {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31) throw new RangeError(`${step.layer}: ${step.op}.${name} is ${value}, not a 32-bit integer`);
  return value;
}

function addressOf(step: PlanStep, name: string, buffer: Buffer | null): number {
  if (buffer === null) return 0;
  if (buffer.address < 0) throw new RangeError(`${step.layer}: ${step.op}.${name} (${buffer.name}) has no address`);
  return buffer.address;
}
