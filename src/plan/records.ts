import type { OpName } from './ops.js';
import type { Plan } from './plan.js';
import type { Buffer, PlanTensor } from './tensor.js';

/** One call of a kernel: an op and a value for each field of its record. */
export interface PlanStep {
  readonly op: OpName;
  readonly fields: Readonly<Record<string, number | Buffer | null>>;
  /** Path of the layer that asked for it. */
  readonly layer: string;
}

/** What a layer did to the plan: the rows of a summary. */
export interface LayerRecord {
  readonly path: string;
  readonly type: string;
  readonly depth: number;
  readonly input: PlanTensor;
  output: PlanTensor;
  parameters: number;
  macs: number;
  /** True when other layers planned inside it. */
  composite: boolean;
}

/** Anything that can describe itself to a plan. */
export interface Plannable {
  readonly type: string;
  plan(p: Plan, x: PlanTensor): PlanTensor;
}

/** Steps `first` to `last`, exclusive. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface PlanOptions {
  readonly batchSize: number;
  readonly training: boolean;
  /** While training, layers behave as while predicting. */
  readonly evalMode?: boolean;
  readonly workers: number;
}
