import { CONTROL_ACCUMULATE, CONTROL_LIVE, CONTROL_RATE, CONTROL_UPDATES } from '../assembly/abi.js';
import { elements, type Shape } from '../src/core/shape.js';
import { layOut, type Arena } from '../src/plan/arena.js';
import { fromLayout, intoLayout } from '../src/plan/layout.js';
import { buffersOf } from '../src/plan/lifetime.js';
import { Plan, type PlanStep, type Range } from '../src/plan/plan.js';
import { encode } from '../src/plan/program.js';
import { ParameterStore } from '../src/plan/store.js';
import { channelsLastOrder, type Buffer, type Parameter, type PlanTensor } from '../src/plan/tensor.js';
import type { Engine } from '../src/runtime/engine.js';
import { Runner, workersInUse } from './runner.js';

/** What a plan of one layer or of a few steps yields: tensors to fill and to read. */
export interface Wired {
  readonly output: PlanTensor;
  readonly inputs: Readonly<Record<string, PlanTensor>>;
}

/** Images of `shape` as kernels read them: channels last, so that no conversion is timed. */
export function imagesLast(p: Plan, name: string, shape: Shape, gradient = false): PlanTensor {
  return { ...p.input(name, shape, gradient), order: channelsLastOrder(shape) };
}

/** The contiguous ranges of `steps`, within `range`, that `target` is computed by. */
export function rangesFor(steps: readonly PlanStep[], range: Range, target: Buffer): Range[] {
  const needed = new Set([target]);
  const chosen: number[] = [];
  for (let i = range.last - 1; i >= range.first; i--) {
    const step = steps[i]!;
    if (!buffersOf(step, 'write').some((buffer) => needed.has(buffer))) continue;
    chosen.unshift(i);
    for (const buffer of buffersOf(step, 'read')) needed.add(buffer);
  }
  const ranges: { first: number; last: number }[] = [];
  for (const i of chosen) {
    const open = ranges.at(-1);
    if (open?.last === i) open.last++;
    else ranges.push({ first: i, last: i + 1 });
  }
  return ranges;
}

/** A few steps in a memory of their own, run by ranges: nothing is copied while they are timed. */
export class Kernel {
  readonly plan: Plan;
  readonly wired: Wired;
  readonly forward: Range;
  readonly backward: Range;
  readonly #prepare: Range;
  /** Weights were written since the steps that derive others from them ran. */
  #stale = true;
  readonly #runner: Runner;
  readonly #arena: Arena;

  /** @param build states the forward steps  @param training plans the backward steps too */
  constructor(batchSize: number, training: boolean, build: (p: Plan) => Wired) {
    const plan = new Plan({ batchSize, training, workers: workersInUse() }, new ParameterStore());
    let wired: Wired | undefined;
    const { last } = plan.range(() => {
      wired = build(plan);
    });
    this.#prepare = plan.putPreparationFirst();
    this.forward = { first: this.#prepare.last, last: last + this.#prepare.last };
    this.plan = plan;
    this.wired = wired!;
    const inputs = Object.values(this.wired.inputs).map((x) => x.buffer);
    if (training) {
      inputs.push(plan.input('d output', this.wired.output.shape).buffer);
      plan.seedGradient(this.wired.output, inputs.at(-1)!);
    }
    this.backward = plan.range(() => plan.emitBackward());
    // Ranges run again and again, out of order: no tensor may give its memory away.
    for (const step of plan.steps) for (const buffer of buffersOf(step, 'read', 'write')) buffer.kept = true;
    this.#arena = layOut([plan], plan.store, [inputs]);
    this.#runner = new Runner(this.#arena);
    // Touches every page, so that a first call shows the code's first time and not the memory's.
    this.#engine.bytes(0, this.#engine.byteLength).fill(0);
    const program = encode(plan.steps, this.#arena);
    this.#engine.bytes(this.#arena.control, program.length).set(program);
    for (const { buffer, values } of plan.store.constants.values()) this.#engine.floats(buffer.address, buffer.words).set(values);
    writeControl(this.#engine, this.#arena.control, { live: batchSize, rate: 0.01, updates: 1 });
  }

  get #engine(): Engine {
    return this.#runner.engine;
  }

  floats(buffer: Buffer): Float32Array {
    return this.#engine.floats(buffer.address, buffer.words);
  }

  integers(buffer: Buffer): Int32Array {
    return this.#engine.integers(buffer.address, buffer.words);
  }

  parameter(name: string): Parameter {
    return this.plan.store.parameters.get(name)!;
  }

  /** Where the gradient of the output is written. */
  get residual(): PlanTensor {
    return { ...this.wired.output, buffer: this.plan.gradientOf(this.wired.output)! };
  }

  gradient(of: { readonly buffer: Buffer }): Buffer {
    return this.plan.gradientOf(of)!;
  }

  /** Writes images [n, ...shape], row-major, into the tensor as it lies. */
  write(to: PlanTensor, data: Float32Array): void {
    const lying = this.floats(to.buffer);
    if (to.order === null) lying.set(data);
    else swap(data, lying, to.order.channels, to.order.pixels);
  }

  writeParameter({ layout, shape, buffer }: Parameter, data: Float32Array): void {
    intoLayout(layout, shape, data, this.floats(buffer).fill(0));
    this.#stale = true;
  }

  /** The tensor in `buffer`, laid out as `like`, row-major. */
  read(like: PlanTensor, buffer = like.buffer): Float32Array {
    const lying = this.floats(buffer);
    const data = new Float32Array(this.plan.batchSize * elements(like.shape));
    if (like.order === null) data.set(lying.subarray(0, data.length));
    else swap(lying, data, like.order.pixels, like.order.channels);
    return data;
  }

  /** The gradient of a parameter, row-major. */
  readGradient(parameter: Parameter): Float32Array {
    return fromLayout(parameter.layout, parameter.shape, this.floats(this.gradient(parameter)));
  }

  run(...ranges: readonly Range[]): void | Promise<void> {
    if (!this.#stale) return this.#runner.run(...ranges);
    this.#stale = false;
    return this.#runner.run(this.#prepare, ...ranges);
  }

  /** A function that runs just the steps that write `target`. */
  runnerFor(range: Range, target: Buffer): () => void | Promise<void> {
    const ranges = rangesFor(this.plan.steps, range, target);
    return () => this.run(...ranges);
  }
}

/** [n][rows][columns] → [n][columns][rows]. */
function swap(from: Float32Array, to: Float32Array, rows: number, columns: number): void {
  const size = rows * columns;
  for (let start = 0; start < from.length; start += size) {
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) to[start + column * rows + row] = from[start + row * columns + column]!;
  }
}

/** What a run needs to know beside its program. */
export interface Control {
  readonly live: number;
  readonly rate: number;
  readonly updates: number;
}

export function writeControl(engine: Engine, control: number, { live, rate, updates }: Control): void {
  engine.integers(control + CONTROL_LIVE, 1)[0] = live;
  engine.floats(control + CONTROL_RATE, 1)[0] = rate;
  engine.integers(control + CONTROL_UPDATES, 1)[0] = updates;
  engine.integers(control + CONTROL_ACCUMULATE, 1)[0] = 0;
}
