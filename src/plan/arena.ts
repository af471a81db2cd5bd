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
  const start = ({ buffers }: Lifetime): number => buffers[0]!.address;
  const byAddress = [...lives].sort((a, b) => start(a) - start(b));
  byAddress.forEach((life, i) => {
    const end = start(life) + life.words * 4;
    for (let k = i + 1; k < byAddress.length && start(byAddress[k]!) < end; k++) {
      const other = byAddress[k]!;
      if (life.first > other.last || other.first > life.last) continue;
      throw new RangeError(`${life.buffers[0]!.name} and ${other.buffers[0]!.name} share memory between steps ${Math.max(life.first, other.first)} and ${Math.min(life.last, other.last)}`);
    }
  });
}

interface Placed {
  readonly life: Lifetime;
  readonly from: number;
  readonly to: number;
}

/** Largest first, each at the lowest gap between those alive with it (greedy by size, as TFLite and tinygrad do). Returns the bytes taken. */
function place(lives: Lifetime[], base: number, canary: number): number {
  const placed: Placed[] = [];
  let end = base;
  for (const life of [...lives].sort((a, b) => b.words - a.words || a.first - b.first)) {
    const bytes = align(life.words * 4) + canary;
    let from = base;
    for (const other of placed) {
      if (other.life.first > life.last || other.life.last < life.first) continue;
      if (from + bytes <= other.from) break;
      from = Math.max(from, other.to);
    }
    insert(placed, { life, from, to: from + bytes });
    for (const buffer of life.buffers) buffer.address = from;
    end = Math.max(end, from + bytes);
  }
  return end - base;
}

/** Keeps `placed` in order of address. */
function insert(placed: Placed[], item: Placed): void {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placed[middle]!.from < item.from) low = middle + 1;
    else high = middle;
  }
  placed.splice(low, 0, item);
}
