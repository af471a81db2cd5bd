import { OPS, type FieldKind } from './ops.js';
import type { PlanStep } from './plan.js';
import { Buffer } from './tensor.js';

/** A program as a table that people can read: step, layer, op, tensors with their addresses, sizes. */
export function printSteps(steps: readonly PlanStep[]): string {
  return steps.map((step, i) => `${String(i).padStart(4)}  ${step.layer.padEnd(12)} ${step.op.padEnd(24)} ${printFields(step)}`).join('\n');
}

function printFields(step: PlanStep): string {
  const fields = Object.entries(OPS[step.op].fields) as [string, FieldKind][];
  return fields.map(([name]) => `${name}=${printValue(step.fields[name]!)}`).join(' ');
}

function printValue(value: number | Buffer | null): string {
  if (!(value instanceof Buffer)) return String(value ?? 'none');
  return `${value.name}@${value.address}`;
}
