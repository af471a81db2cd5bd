import { CONTROL_WORKERS } from '../../assembly/abi.js';
import { buffersOf, lifetimes, type Lifetime } from '../../src/plan/lifetime.js';
import type { Range } from '../../src/plan/plan.js';
import type { Buffer } from '../../src/plan/tensor.js';
import type { Stepper } from './stepper.js';

/** A quiet NaN that no computation yields. */
const DEAD = 0x7fc5a5a5;
const LASTING = new Set(['parameter', 'gradient', 'state', 'constant']);

/** Bytes that a step may write where it names the buffer. What lasts ends on a whole vector of zeros, which an update may pass over. */
const bytesOf = (buffer: Buffer): number => (LASTING.has(buffer.role) ? Math.ceil(buffer.words / 4) * 16 : buffer.words * 4);

/**
 * Watches a program step by step: a network compiled with canaries, its dead memory and canaries filled with NaN. After each step
 * every byte of memory outside what the step declares to write must be as before; what no later step uses is filled again.
 */
export class Sentinel {
  readonly #stepper: Stepper;
  readonly #range: Range;
  readonly #lives: Lifetime[];
  readonly #lasting: Buffer[];

  constructor(stepper: Stepper, range: Range, inputs: readonly Buffer[]) {
    this.#stepper = stepper;
    this.#range = range;
    this.#lives = lifetimes(stepper.steps.slice(range.first, range.last), inputs);
    this.#lasting = stepper.network.blueprint.store.buffers();
  }

  get #memory(): Uint8Array<ArrayBuffer> {
    const { engine } = this.#stepper.network;
    return engine.bytes(0, engine.byteLength);
  }

  #fill(from: number, bytes: number): void {
    this.#stepper.network.engine.integers(from, bytes / 4).fill(DEAD);
  }

  /** Live ranges that share memory: pairs of names; none may. */
  overlaps(): string[] {
    const found: string[] = [];
    const end = (life: Lifetime): number => life.buffers[0]!.address + life.words * 4;
    this.#lives.forEach((a, i) => {
      for (const b of this.#lives.slice(i + 1)) {
        const together = a.first <= b.last && b.first <= a.last;
        if (together && a.buffers[0]!.address < end(b) && b.buffers[0]!.address < end(a)) found.push(`${a.buffers[0]!.name} and ${b.buffers[0]!.name}`);
      }
    });
    return found;
  }

  /** Fills canaries and everything that holds nothing yet. Inputs and what lasts keep their numbers. */
  prepare(): void {
    const keep = [...this.#lasting.map((buffer) => [buffer.address, bytesOf(buffer)] as const),
      ...this.#lives.filter((life) => life.first < 0).map((life) => [life.buffers[0]!.address, life.words * 4] as const)].sort((a, b) => a[0] - b[0]);
    const { arena } = this.#stepper.network.blueprint;
    let at = this.#programEnd();
    for (const [address, bytes] of keep) {
      if (address > at) this.#fill(at, address - at);
      at = Math.max(at, address + bytes);
    }
    this.#fill(at, arena.bytes - at);
    this.#stepper.network.engine.run(0, 0, arena.control); // lays the kernels' constants
  }

  #programEnd(): number {
    const { blueprint } = this.#stepper.network;
    const starts = [...this.#lasting, ...blueprint.predict.plan.steps.flatMap((step) => buffersOf(step, 'read', 'write', 'scratch')), blueprint.predict.images.buffer];
    return Math.min(...starts.map((buffer) => buffer.address).filter((address) => address >= 0));
  }

  /** Runs every step and returns what was found wrong: `step op: where`. */
  run(workers = 1): string[] {
    const found: string[] = [];
    const { first, last } = this.#range;
    for (let i = first; i < last; i++) {
      const before = this.#memory.slice();
      this.#stepper.run(i, workers);
      const stray = this.#stray(before, i, workers);
      if (stray !== null) found.push(stray);
      for (const life of this.#lives) if (life.last === i - first) this.#fill(life.buffers[0]!.address, life.words * 4);
    }
    return found;
  }

  /** The first byte that step `i` changed without having declared it. */
  #stray(before: Uint8Array, i: number, workers: number): string | null {
    const after = this.#memory;
    const step = this.#stepper.steps[i]!;
    const allow = (address: number, bytes: number): void => before.set(after.subarray(address, address + bytes), address);
    for (const buffer of buffersOf(step, 'write', 'scratch')) allow(buffer.address, bytesOf(buffer));
    const { control } = this.#stepper.network.blueprint.arena;
    allow(control + CONTROL_WORKERS, workers * 64);
    if (globalThis.Buffer.compare(before, after) === 0) return null;
    const at = before.findIndex((byte, k) => byte !== after[k]);
    return `${i} ${step.layer} ${step.op}: wrote byte ${at}, ${this.#near(at)}`;
  }

  #near(at: number): string {
    const all = [...this.#lasting, ...this.#lives.flatMap((life) => life.buffers)].filter((buffer) => buffer.address >= 0 && buffer.address <= at);
    const nearest = all.sort((a, b) => b.address - a.address)[0];
    return nearest ? `${at - nearest.address} bytes after the start of ${nearest.name} (${nearest.words * 4} bytes)` : 'before every tensor';
  }
}
