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
  readonly layer: Plannable;
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
  /** Layers behave as while training: batch statistics, dropout, gradients of the parameters. */
  readonly training: boolean;
  /** Paths of layers whose outputs, and the gradients by them, stay readable: their backward steps are stated even where nothing trains. */
  readonly watch?: readonly string[] | undefined;
  readonly workers: number;
  /** Side of the largest tile that convolutions by Winograd's transforms may take, false for none; default 4. */
  readonly winograd?: 4 | 2 | false | undefined;
}

/** Backward steps that wait for their turn: those of the output `of`. */
export interface Closure {
  readonly of: Buffer;
  readonly layer: string;
  readonly emit: (dy: Buffer) => void;
}
