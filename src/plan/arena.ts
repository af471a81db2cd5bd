import { CONTROL_BYTES } from '../../assembly/abi.js';
import { MemoryError } from '../core/errors.js';
import { OPS } from './ops.js';
import { lifetimes, type Lifetime } from './lifetime.js';
import type { Plan } from './plan.js';
import type { ParameterStore } from './store.js';
import type { Buffer } from './tensor.js';

/** Every buffer starts on a cache line. */
const LINE = 64;
/** Nothing lies below: address 0 stays "none". */
const BASE = 1024;
/** The last page of 4 GiB stays free, so that the end of a buffer never wraps to 0. */
const LIMIT = 2 ** 32 - 65536;
/** Left free by what an error says would fit: room for the lines that smaller tensors are rounded up to. */
const SLACK = 65536;

/** Where everything lies: control | programs | parameters, constants, gradients, state | derived weights | activations of each plan. */
export interface Arena {
  readonly control: number;
  /** Address of the table of step addresses. */
  readonly table: number;
  /** Address of the first record. */
  readonly records: number;
  readonly bytes: number;
  /** Bytes of what lasts, of what is derived from it, and of what each plan shares between its steps. */
  readonly lasting: number;
  readonly prepared: number;
  readonly shared: readonly number[];
}

const align = (bytes: number): number => Math.ceil(bytes / LINE) * LINE;

/** Gives every buffer of the plans an address. `canary` bytes stay free after each buffer, for tests that watch them. */
export function layOut(plans: readonly Plan[], store: ParameterStore, inputs: readonly (readonly Buffer[])[], canary = 0): Arena {
  const steps = plans.flatMap((plan) => plan.steps);
  const control = BASE;
  const table = align(control + CONTROL_BYTES);
  const records = align(table + steps.length * 4);
  let next = align(records + steps.reduce((words, step) => words + 1 + Object.keys(OPS[step.op].fields).length, 0) * 4);
  const put = (buffers: Iterable<Buffer>): number => {
    const start = next;
    for (const buffer of buffers) {
      buffer.address = next;
      next += align(buffer.words * 4) + canary;
    }
    return next - start;
  };
  const lasting = put(store.buffers());
  const prepared = put(plans.flatMap((plan) => [...plan.derived.values()]));
  const shared = plans.map((plan, i) => {
    const lives = lifetimes(plan.steps, inputs[i] ?? []);
    const size = place(lives, next, canary);
    refuseOverlaps(lives);
    next += size;
    return size;
  });
  const bytes = next + LINE;
  if (bytes > LIMIT) throw tooLarge(bytes, shared, plans);
  return { control, table, records, bytes, lasting, prepared, shared };
}

function tooLarge(bytes: number, shared: number[], plans: readonly Plan[]): MemoryError {
  const batchSize = plans[0]!.batchSize;
  const scaling = shared.reduce((sum, size) => sum + size, 0);
  const fits = Math.floor((LIMIT - SLACK - (bytes - scaling)) / (scaling / batchSize));
  const remedy = fits >= 1 ? `batchSize ${fits} would fit` : 'not even one image fits';
  return new MemoryError(`the network needs ${bytes.toLocaleString('en')} bytes at batchSize ${batchSize}, WebAssembly gives ${LIMIT.toLocaleString('en')}; ${remedy}`);
}

/** Throws where two buffers that are alive together share memory: nothing else would notice. */
export function refuseOverlaps(lives: readonly Lifetime[]): void {
  const sized = lives.filter(({ words }) => words > 0);
  const ending = [...sized].sort((a, b) => a.last - b.last);
  const alive: Placed[] = [];
  let ended = 0;
  for (const life of sized.sort((a, b) => a.first - b.first)) {
    for (; ending[ended]!.last < life.first; ended++) alive.splice(alive.findIndex((one) => one.life === ending[ended]), 1);
    const from = life.buffers[0]!.address;
    const at = placeOf(alive, from);
    const item = { life, first: life.first, last: life.last, from, to: from + life.words * 4 };
    for (const other of [alive[at - 1], alive[at]]) {
      if (!other || other.to <= item.from || other.from >= item.to) continue;
      throw new RangeError(`${life.buffers[0]!.name} and ${other.life.buffers[0]!.name} share memory between steps ${life.first} and ${Math.min(life.last, other.last)}`);
    }
    alive.splice(at, 0, item);
  }
}

interface Placed {
  readonly life: Lifetime;
  readonly first: number;
  readonly last: number;
  readonly from: number;
  readonly to: number;
}

/** Largest first, each at the lowest gap between those alive with it (greedy by size, as TFLite and tinygrad do). Returns the bytes taken. */
function place(lives: Lifetime[], base: number, canary: number): number {
  const placed: Placed[] = [];
  let end = 0;
  for (const life of [...lives].sort((a, b) => b.words - a.words || a.first - b.first)) {
    const { first, last } = life;
    const bytes = align(life.words * 4) + canary;
    let from = 0;
    for (let i = 0; i < placed.length; i++) {     // by index: millions of turns, before any compiler has seen them
      const other = placed[i]!;
      if (other.first > last || other.last < first) continue;
      if (from + bytes <= other.from) break;
      if (other.to > from) from = other.to;
    }
    placed.splice(placeOf(placed, from), 0, { life, first, last, from, to: from + bytes });
    for (const buffer of life.buffers) buffer.address = base + from;
    end = Math.max(end, from + bytes);
  }
  return end;
}

/** Where an address belongs among those placed, in order of address. */
function placeOf(placed: readonly Placed[], from: number): number {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placed[middle]!.from < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
