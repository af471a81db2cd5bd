import { STORE } from '../../assembly/abi.js';
import { ShapeError } from '../core/errors.js';
import type { Init } from '../core/init.js';
import { elements, type Shape } from '../core/shape.js';
import { Backward } from './backward.js';
import { buffersOf } from './lifetime.js';
import { PLAIN, layoutWords, type Layout } from './layout.js';
import { OPS, type FieldKind, type OpName } from './ops.js';
import type { LayerRecord, PlanOptions, PlanStep, Plannable, Range } from './records.js';
import { Buffer, channelsLastOrder, type ChannelsLast, type Parameter, type PlanTensor, type ReceptiveField, type RunningBuffer } from './tensor.js';
import type { ParameterStore } from './store.js';

export type { LayerRecord, PlanOptions, PlanStep, Plannable, Range };
type FieldValue = number | boolean | null | Buffer | { readonly buffer: Buffer };

/** What layers talk to: they ask for tensors and state steps; forward steps are kept as they come, backward steps are emitted in reverse order. */
export class Plan extends Backward {
  readonly batchSize: number;
  readonly training: boolean;
  readonly workers: number;
  readonly winograd: 4 | 2 | false;
  readonly steps: PlanStep[] = [];
  /** What `prepared` derives, by name. */
  readonly derived = new Map<string, Buffer>();
  readonly layers: LayerRecord[] = [];
  readonly outputs = new Map<string, PlanTensor>();
  /** Further outputs that have a loss while training, times `weight`. */
  readonly auxiliary: { readonly name: string; readonly x: PlanTensor; readonly weight: number }[] = [];
  /** Fewest images of a training run, and the layer that needs them. */
  fewest: { readonly images: number; readonly layer: string } = { images: 1, layer: '' };
  readonly #watch: ReadonlySet<string>;
  #preparing: PlanStep[] = [];
  #target = this.steps;
  #open: LayerRecord[] = [];
  /** Parameters that `layers` count: each once. */
  #counted = new Set<Parameter>();
  #names = new Map<string, number>();

  constructor(options: PlanOptions, store: ParameterStore) {
    super(options.training || Boolean(options.watch?.length), store);
    this.batchSize = options.batchSize;
    this.training = options.training;
    this.#watch = new Set(options.watch);
    this.workers = options.workers;
    this.winograd = options.winograd ?? 4;
  }

  /** Plans `layer` under `name`; a name of '' adds nothing to the path. */
  layer(name: string, layer: Plannable, x: PlanTensor): PlanTensor {
    const outside = this.path;
    if (name !== '') this.path = this.#inside(name);
    const parent = this.#open.at(-1);
    if (parent) parent.composite = true;
    const record: LayerRecord = {
      path: this.path, type: layer.type, layer, depth: (parent?.depth ?? 0) + Number(name !== ''), input: x, output: x, parameters: 0, macs: 0, composite: false,
    };
    this.layers.push(record);
    this.#open.push(record);
    const y = layer.plan(this, x);
    record.output = y;
    this.outputs.set(record.path, y);
    const watched = this.#watch.has(record.path);
    if (watched) this.needing.add(y.buffer);
    y.buffer.kept ||= watched;
    this.#open.pop();
    this.path = outside;
    return y;
  }

  /** The path of `name` in the layer being planned. */
  #inside(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** Counts multiply-accumulates of one image for the summary. */
  macs(count: number): void {
    for (const record of this.#open) record.macs += count;
  }

  #unique(name: string): string {
    const seen = this.#names.get(name) ?? 0;
    this.#names.set(name, seen + 1);
    return seen === 0 ? name : `${name}#${seen}`;
  }

  /** What is written from outside before a run. `gradient` asks for its gradient. */
  input(name: string, shape: Shape, gradient = false): PlanTensor {
    const buffer = new Buffer(this.#unique(name), 'input', this.batchSize * elements(shape));
    if (gradient) this.needing.add(buffer);
    return { name: buffer.name, shape, buffer, order: null, field: { height: 1, width: 1, stepHeight: 1, stepWidth: 1 } };
  }

  /** A learnt tensor `path.name`. The training and the predicting plan of a network get the same one. */
  parameter(name: string, shape: Shape, init: Init, { layout = PLAIN, count = elements(shape) }: { layout?: Layout; count?: number } = {}): Parameter {
    const parameter = this.store.parameter(this.#inside(name), shape, layout, init, count, layoutWords(layout, shape));
    if (parameter.trainable && this.training) this.needing.add(parameter.buffer);
    if (!this.#counted.has(parameter)) for (const record of this.#open) record.parameters += parameter.count;
    this.#counted.add(parameter);
    return parameter;
  }

  /** A tensor `path.name` of the state_dict that the forward steps of training update: a running statistic. */
  runningBuffer(name: string, shape: Shape, dtype: RunningBuffer['dtype'], start: number): RunningBuffer {
    return this.store.runningBuffer(this.#inside(name), shape, dtype, start);
  }

  /** Asks for at least `count` images in every training run: a statistic over fewer does not exist. */
  atLeast(count: number): void {
    if (count > this.batchSize) throw new ShapeError(`${this.path}: needs more than one value per channel when training, expected a batchSize of at least ${count}`);
    if (count > this.fewest.images) this.fewest = { images: count, layer: this.path };
  }

  /** Numbers that never change: a mask, class weights. Row-major. */
  constant(name: string, values: Float32Array, layout: Layout = PLAIN, shape: Shape = [values.length]): Buffer {
    return this.store.constant(this.#inside(name), values, layout, shape);
  }

  /** What a step computes for every image: `x` gives the receptive field unless `field` says otherwise. */
  activation(
    shape: Shape, x: PlanTensor, options: { order?: ChannelsLast | null; field?: ReceptiveField | null; replaces?: PlanTensor; name?: string } = {},
  ): PlanTensor {
    const name = this.#unique(options.name ? `${this.path}.${options.name}` : this.path || 'y');
    const buffer = new Buffer(name, 'activation', this.batchSize * elements(shape), options.replaces?.buffer ?? null);
    return {
      name, shape, buffer,
      order: options.order === undefined ? x.order : options.order,
      field: options.field === undefined ? x.field : options.field,
    };
  }

  /** Memory of `words` f32 elements that steps of this plan share between themselves. */
  workspace(name: string, words: number): Buffer {
    return new Buffer(this.#unique(`${this.path}.${name}`), 'activation', words);
  }

  /**
   * What `emit`'s steps derive from parameters, running statistics and constants alone: transformed weights, folded statistics. While
   * predicting it lasts, and is derived again at the first prediction after one of them changed; a second call with the same path and name gets
   * the first one's, so `name` tells all that the result depends on beside the path. Beside backward steps they are stated where they stand.
   */
  prepared(name: string, words: number, emit: (derived: Buffer) => void): Buffer {
    const full = `${this.path}.${name}`;
    const present = this.derived.get(full);
    if (present) return present;
    const made = this.differentiates ? this.workspace(name, words) : new Buffer(full, 'prepared', words);
    if (this.differentiates) emit(made);
    else {
      const target = this.#target;
      this.#target = this.#preparing;     // for putPreparationFirst
      emit(made);
      this.#target = target;
      this.derived.set(full, made);
    }
    return made;
  }

  /** Puts the steps of `prepared` before the others; returns where they are. */
  putPreparationFirst(): Range {
    this.steps.unshift(...this.#preparing);
    return { first: 0, last: this.#preparing.length };
  }

  /** Memory that one step needs for itself, `bytes` for each worker. */
  scratch(bytes: number): { scratch: Buffer; scratchBytes: number } {
    const scratchBytes = Math.ceil(bytes / 64) * 64;
    return { scratch: new Buffer(this.#unique(`${this.path}.scratch`), 'scratch', (this.workers * scratchBytes) / 4), scratchBytes };
  }

  /** The same numbers under another shape, in whatever order they lie. */
  view(x: PlanTensor, shape: Shape, options: { order?: ChannelsLast | null; field?: ReceptiveField | null } = {}): PlanTensor {
    return {
      name: x.name, shape, buffer: x.buffer,
      order: options.order === undefined ? x.order : options.order,
      field: options.field === undefined ? x.field : options.field,
    };
  }

  /** States a step. Every field of the op's record is named; a tensor stands for its address, null for none. */
  step(op: OpName, fields: Record<string, FieldValue>): void {
    const kinds: Readonly<Record<string, FieldKind>> = OPS[op].fields;
    const values: Record<string, number | Buffer | null | FieldKind> = { ...kinds };
    for (const name in kinds) {
      const value = fields[name];
      if (value === undefined) throw new Error(`${this.path}: step ${op} lacks ${name}`);
      values[name] = typeof value === 'boolean' ? Number(value) : value !== null && typeof value === 'object' && 'buffer' in value ? value.buffer : value;
    }
    for (const name in fields) if (!(name in kinds)) throw new Error(`${this.path}: step ${op} has no field ${name}`);
    const step = { op, fields: values as PlanStep['fields'], layer: this.path };
    this.#target.push(step);
    // What is computed from something that needs a gradient needs one too.
    const needed = this.differentiates && buffersOf(step, 'read').some((buffer) => this.needing.has(buffer));
    if (needed) for (const buffer of buffersOf(step, 'write')) this.needing.add(buffer);
  }

  /** Calls `emit` with `name` as a part of the path. */
  within<T>(name: string, emit: () => T): T {
    const outside = this.path;
    this.path = this.#inside(name);
    const result = emit();
    this.path = outside;
    return result;
  }

  /** The steps that `emit` states. */
  range(emit: () => void): Range {
    const first = this.steps.length;
    emit();
    return { first, last: this.steps.length };
  }

  /** x with channels last, as convolutions and pooling read it: transposed if it lies channels first. */
  channelsLast(x: PlanTensor): PlanTensor {
    const order = channelsLastOrder(x.shape);
    if (order === null || x.order !== null) return x;
    return this.#transposed(x, order.channels, order.pixels, order);
  }

  /** x in row-major order, as users see it. */
  plain(x: PlanTensor): PlanTensor {
    if (x.order === null) return x;
    return this.#transposed(x, x.order.pixels, x.order.channels, null);
  }

  #transposed(x: PlanTensor, rows: number, columns: number, order: ChannelsLast | null): PlanTensor {
    const y = this.activation(x.shape, x, { order, name: order ? 'channelsLast' : 'channelsFirst' });
    this.step('transpose', { x, y, rows, columns, accumulate: STORE });
    this.onBackward(y, (dy) => {
      if (!this.needsGradient(x)) return;
      const { dx, accumulate } = this.gradInto(x);
      this.step('transpose', { x: dy, y: dx, rows: columns, columns: rows, accumulate });
    });
    return y;
  }
}
