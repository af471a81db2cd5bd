import { CONTROL_LIVE, CONTROL_RATE, CONTROL_UPDATES } from '../../assembly/abi.js';
import { ShapeError } from '../core/errors.js';
import { elements, show, type Shape, type Tensor } from '../core/shape.js';
import { layOut, type Arena } from '../plan/arena.js';
import { fromLayout, intoLayout, type Layout } from '../plan/layout.js';
import { Plan, type Range } from '../plan/plan.js';
import { encode } from '../plan/program.js';
import { ParameterStore } from '../plan/store.js';
import type { Buffer } from '../plan/tensor.js';
import { baseModule } from '../runtime/builds.js';
import { Engine } from '../runtime/engine.js';

// Single operators: each is a plan of one layer, cached by what it depends on. All share one memory; nothing stays in it
// between two calls, so calls may interleave.

/** A tensor of the operator: where it lies, and how. */
export interface Port {
  readonly shape: Shape;
  readonly buffer: Buffer;
  readonly layout?: Layout;
}

/** What planning an operator yields. Gradients are asked for by the names of `inputs`. */
export interface Wiring {
  readonly inputs: Readonly<Record<string, Port>>;
  readonly output: Port;
  /** Where the gradient of the output is written; default: seeded for `output`. */
  readonly gradOutput?: Buffer;
  readonly extra?: Readonly<Record<string, Buffer>>;
}

export interface OpPlan {
  readonly wiring: Wiring;
  readonly gradients: Readonly<Record<string, Port>>;
  readonly gradOutput: Buffer;
  readonly forward: Range;
  readonly backward: Range;
  readonly arena: Arena;
  readonly store: ParameterStore;
  readonly program: Uint8Array<ArrayBuffer>;
  readonly batchSize: number;
}

const MOST_PLANS = 64;
const plans = new Map<string, OpPlan>();
let shared: Engine | undefined;

/** The memory that all operators share. */
function engineFor(bytes: number): Engine {
  shared ??= new Engine(baseModule(), bytes, 'growable');
  shared.reserve(bytes);
  return shared;
}

/** Gives the operators another engine, so that a test can run them on another build. */
export function useEngine(engine: Engine): void {
  shared = engine;
}

/** What a plan depends on, as text; NaN and the infinities, which JSON has not, keep apart. */
function keyOf(op: string, parts: readonly unknown[]): string {
  return `${op} ${JSON.stringify(parts, (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value))}`;
}

/** The plan of `op` for `parts`, all that it depends on: built at the first call; the least recently used of more than 64 is dropped. */
export function planned(op: string, parts: readonly unknown[], batchSize: number, build: (p: Plan) => Wiring): OpPlan {
  const key = keyOf(op, parts);
  const present = plans.get(key);
  if (present) plans.delete(key);
  const plan = present ?? buildPlan(batchSize, build);
  plans.set(key, plan);
  if (plans.size > MOST_PLANS) plans.delete(plans.keys().next().value!);
  return plan;
}

function buildPlan(batchSize: number, build: (p: Plan) => Wiring): OpPlan {
  const store = new ParameterStore();
  const p = new Plan({ batchSize, training: true, workers: 1 }, store);
  let wiring: Wiring | undefined;
  const forward = p.range(() => {
    wiring = build(p);
  });
  const { inputs, output, gradOutput, extra } = wiring!;
  const seed = gradOutput ?? p.input('d output', output.shape).buffer;
  p.seedGradient(output, seed);
  const backward = p.range(() => p.emitBackward());
  const gradients: Record<string, Port> = {};
  for (const [name, port] of Object.entries(inputs)) {
    const buffer = p.gradientOf(port);
    if (buffer) gradients[name] = { ...port, buffer };
  }
  for (const buffer of [output.buffer, ...Object.values(extra ?? {}), ...Object.values(gradients).map((port) => port.buffer)]) buffer.kept = true;
  const arena = layOut([p], store, [[...Object.values(inputs).map((port) => port.buffer), seed].filter((buffer) => buffer.role === 'input')]);
  return { wiring: wiring!, gradients, gradOutput: seed, forward, backward, arena, store, program: encode(p.steps, arena), batchSize };
}

/** Numbers as an operator takes them: float32, or i32 for indices. */
export type Values = Float32Array | Int32Array;

/** Loads program and inputs, and runs steps 0 to `last`. */
function load(plan: OpPlan, values: Readonly<Record<string, Values>>): Engine {
  const engine = engineFor(plan.arena.bytes);
  engine.bytes(plan.arena.control, plan.program.length).set(plan.program);
  engine.integers(plan.arena.control + CONTROL_LIVE, 1)[0] = plan.batchSize;
  for (const { buffer, values: numbers } of plan.store.constants.values()) engine.floats(buffer.address, buffer.words).set(numbers);
  for (const [name, port] of Object.entries(plan.wiring.inputs)) write(engine, port, values[name]!);
  return engine;
}

function write(engine: Engine, port: Port, values: Values): void {
  if (values instanceof Int32Array) engine.integers(port.buffer.address, values.length).set(values);
  else if (!port.layout || port.layout.kind === 'plain') engine.floats(port.buffer.address, values.length).set(values);
  else intoLayout(port.layout, port.shape, values, engine.floats(port.buffer.address, port.buffer.words).fill(0));
}

function read(engine: Engine, port: Port): Float32Array {
  const lying = engine.floats(port.buffer.address, port.buffer.words);
  return !port.layout || port.layout.kind === 'plain' ? lying.slice() : fromLayout(port.layout, port.shape, lying);
}

/** A tensor that remembers how it was computed. `Gradients` names its operands. */
export interface OpResult<Gradients extends string = string> extends Tensor {
  /** Gradients of Σ output · gradOutput by every operand. Throws ShapeError where gradOutput is not shaped like the result. */
  backward(gradOutput: Tensor | Float32Array): Record<Gradients, Tensor>;
}

/**
 * Runs the operator and returns its result. `shapes` gives results and gradients the shapes that users expect, where they differ
 * from the plan's. The operands are copied: backward runs on what they were at the call.
 */
export function operate<G extends string>(
  plan: OpPlan, values: Readonly<Record<string, Values>>, shape: Shape, shapes: Readonly<Record<string, Shape>>,
): { result: OpResult<G>; engine: Engine } {
  const held = Object.fromEntries(Object.entries(values).map(([name, data]) => [name, data.slice()]));
  const engine = load(plan, held);
  engine.run(0, plan.forward.last, plan.arena.control);
  const data = engine.floats(plan.wiring.output.buffer.address, elements(shape)).slice();
  const backward = (gradOutput: Tensor | Float32Array): Record<G, Tensor> => {
    const residual = gradOutput instanceof Float32Array ? gradOutput : gradOutput.data;
    const given = gradOutput instanceof Float32Array ? shape : gradOutput.shape;
    if (residual.length !== elements(shape) || show(given) !== show(shape)) {
      throw new ShapeError(`backward: gradOutput is ${show(given)} with ${residual.length} numbers, expected ${show(shape)} with ${elements(shape)}`);
    }
    const again = load(plan, held);
    again.run(0, plan.forward.last, plan.arena.control);
    again.floats(plan.gradOutput.address, residual.length).set(residual);
    again.run(plan.backward.first, plan.backward.last, plan.arena.control);
    return Object.fromEntries(Object.entries(plan.gradients).map(([name, port]) => [name, { data: read(again, port), shape: shapes[name]! }])) as Record<G, Tensor>;
  };
  return { result: { data, shape, backward }, engine };
}

/** Runs a plan's forward steps as an optimizer's update: `rate` and `updates` go into the control block. Returns the inputs as they are then. */
export function update(plan: OpPlan, values: Readonly<Record<string, Values>>, rate: number, updates: number): Record<string, Float32Array> {
  const engine = load(plan, values);
  engine.floats(plan.arena.control + CONTROL_RATE, 1)[0] = rate;
  engine.integers(plan.arena.control + CONTROL_UPDATES, 1)[0] = updates;
  engine.run(0, plan.forward.last, plan.arena.control);
  return Object.fromEntries(Object.entries(plan.wiring.inputs).map(([name, port]) => [name, read(engine, port)]));
}
