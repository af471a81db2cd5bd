import type { Slot } from './io/weights.js';
import { PLAIN, fromLayout, intoLayout, type Layout } from './plan/layout.js';
import type { ParameterStore } from './plan/store.js';
import type { Buffer, Parameter, RunningBuffer } from './plan/tensor.js';
import type { Shape } from './core/shape.js';
import type { Engine } from './runtime/engine.js';

/** A network's memory; asked at each use. */
interface Memory {
  readonly engine: Engine;
  /** Told of every write. */
  changed(): void;
}

/** A slot of float32 numbers. */
export interface FloatSlot extends Slot {
  read(): Float32Array;
  write(values: Float32Array): void;
}

/** `write`, after which the memory knows of it. */
function writing<V>(memory: Memory, write: (values: V) => void): (values: V) => void {
  return (values) => {
    write(values);
    memory.changed();
  };
}

function floatSlot(memory: Memory, name: string, shape: Shape, layout: Layout, { address, words }: Buffer): FloatSlot {
  const floats = (): Float32Array => memory.engine.floats(address, words);
  return { name, shape, read: () => fromLayout(layout, shape, floats()), write: writing(memory, (values) => intoLayout(layout, shape, values, floats())) };
}

function parameterSlot(memory: Memory, name: string, { shape, layout, init }: Parameter, buffer: Buffer): FloatSlot {
  return { ...floatSlot(memory, name, shape, layout, buffer), ...(init.kind === 'masked' && { mask: init.mask }) };
}

/** The parameters, in the order of their layers. */
export function parameterSlots(store: ParameterStore, memory: Memory): FloatSlot[] {
  return [...store.parameters.values()].map((parameter) => parameterSlot(memory, parameter.name, parameter, parameter.buffer));
}

/** What the optimizer keeps, as `c1.weight.momentum_buffer`. */
export function stateSlots(store: ParameterStore, memory: Memory): FloatSlot[] {
  return [...store.state].flatMap(([parameter, states]) => [...states].map(([name, buffer]) => parameterSlot(memory, `${parameter.name}.${name}`, parameter, buffer)));
}

/** Parameters and running statistics in state_dict order. */
export function savedSlots(store: ParameterStore, memory: Memory): Slot[] {
  return store.saved.map((one) => ('layout' in one ? parameterSlot(memory, one.name, one, one.buffer) : runningSlot(memory, one)));
}

/** A counter's numbers. */
function counts({ engine }: Memory, { buffer: { address, words } }: RunningBuffer): BigInt64Array<ArrayBuffer> {
  const { buffer, byteOffset } = engine.bytes(address, words * 4);
  return new BigInt64Array(buffer, byteOffset, words / 2);
}

function runningSlot(memory: Memory, running: RunningBuffer): Slot {
  const { name, shape, dtype, buffer } = running;
  if (dtype !== 'i64') return floatSlot(memory, name, shape, PLAIN, buffer);
  return { name, shape, dtype: 'I64', read: () => counts(memory, running).slice(), write: (values) => counts(memory, running).set(values as BigInt64Array) };
}

/** Gives a running statistic its start value. */
export function startRunning(memory: Memory, running: RunningBuffer): void {
  if (running.dtype === 'i64') counts(memory, running).fill(BigInt(running.start));
  else memory.engine.floats(running.buffer.address, running.buffer.words).fill(running.start);
}

/** The gradients, by their parameters' names. */
export function gradientSlots(store: ParameterStore, memory: Memory): FloatSlot[] {
  return [...store.gradients].map(([{ name, shape, layout }, buffer]) => floatSlot(memory, name, shape, layout, buffer));
}
