import { readFileSync } from 'node:fs';
import { FormatError } from '../src/core/errors.js';
import type { ConvSizes } from './reference.js';

/** A node of a network: what it computes from the outputs of the nodes `in`. */
export interface Node {
  readonly op: string;
  readonly in?: readonly number[];
  readonly [name: string]: unknown;
}

/** One entry of a workload list; the fields beside these depend on the kind. */
export interface Workload extends Partial<ConvSizes> {
  readonly id: string;
  readonly kind: string;
  /** Floating-point operations of one run, two per multiply-accumulate. */
  readonly flops?: number;
  /** Of a convolution's row: as a training step runs it, weights transformed or packed in every run. */
  readonly training?: boolean;
  readonly M?: number;
  readonly op?: string;
  /** Of an elementwise, layer or loss row: forward, backward (by x), or of what the gradient is: weight or bias. */
  readonly pass?: string;
  readonly net?: string;
  readonly lr?: number;
  readonly momentum?: number;
  /** Of a training row: 'low' computes the network's insides again. */
  readonly memory?: 'low';
}

export interface WorkloadList {
  readonly workloads: readonly Workload[];
  readonly nets: Readonly<Record<string, readonly Node[]>>;
}

/** Reads a workload list. Throws FormatError where it is none. */
export function readWorkloads(file: string | URL): WorkloadList {
  let list: Partial<WorkloadList> | null;
  try {
    list = JSON.parse(readFileSync(file, 'utf8')) as Partial<WorkloadList> | null;
  } catch (cause) {
    throw new FormatError(`${String(file)}: ${(cause as Error).message}`);
  }
  if (typeof list !== 'object' || list === null || !Array.isArray(list.workloads)) throw new FormatError(`${String(file)}: no workloads, expected an object with workloads[] and nets{}`);
  for (const [i, one] of (list.workloads as readonly Partial<Workload>[]).entries()) {
    if (typeof one?.id !== 'string' || typeof one.kind !== 'string') throw new FormatError(`${String(file)}: workload ${i} has no id or no kind`);
  }
  return { workloads: list.workloads, nets: list.nets ?? {} };
}

/** The field as a positive integer. Throws FormatError where it is none. */
export function sizeOf(workload: Workload, ...names: (keyof Workload)[]): number[] {
  return names.map((name) => {
    const value = workload[name];
    const least = name === 'pad' ? 0 : 1;
    if (!Number.isInteger(value) || (value as number) < least) throw new FormatError(`${workload.id}: ${name} is ${String(value)}, expected an integer of at least ${least}`);
    return value as number;
  });
}
