import { CONTROL_ACCUMULATE, CONTROL_LIVE, CONTROL_RATE, CONTROL_SEED, CONTROL_UPDATES } from '../assembly/abi.js';
import type { Blueprint } from './blueprint.js';
import { OptionError, UnsupportedError } from './core/errors.js';
import { elements, type Tensor } from './core/shape.js';
import { initialValues } from './core/init.js';
import { intoLayout } from './plan/layout.js';
import { encode } from './plan/program.js';
import type { Range } from './plan/plan.js';
import type { Buffer, PlanTensor } from './plan/tensor.js';
import type { Crew } from './runtime/crew.js';
import type { Engine } from './runtime/engine.js';
import { Slices } from './slices.js';
import { startRunning } from './slots.js';

/** A blueprint in memory: programs, weights, counters. Runs ranges of its program, alone or with a crew. */
export class Session {
  readonly blueprint: Blueprint;
  readonly crew: Crew | null;
  /** Updates done so far. */
  updates = 0;
  /** Learning rate of the next update. */
  rate: number;
  /** Draws the masks of dropout: compile's, or a restored checkpoint's. */
  seed: number;
  /** Gradients of an earlier backward wait for the update: the next one adds to them. */
  pending = false;
  #engine: Engine | null;
  readonly #slices: Slices;
  /** Work that was given and is not done, the last of it, and whether one is between its slices. */
  #queued = 0;
  #turn: Promise<void> = Promise.resolve();
  #busy = false;
  /** Parameters or running statistics may differ from those that the derived weights are of. */
  #stale = true;

  constructor(blueprint: Blueprint, engine: Engine, crew: Crew | null) {
    const { options, predict, train, arena, store } = blueprint;
    this.blueprint = blueprint;
    this.crew = crew;
    this.rate = options.optimizer?.lr ?? 0;
    this.seed = options.seed;
    this.#engine = engine;
    this.#slices = new Slices((first, last) => (crew ? crew.run(first, last) : this.engine.run(first, last, arena.control)), train?.update.first ?? Infinity);
    const program = encode([...(train?.plan.steps ?? []), ...predict.plan.steps], arena);
    engine.bytes(arena.control, program.length).set(program);
    for (const { buffer, values } of store.constants.values()) this.floats(buffer).set(values);
    for (const { name, shape, layout, init, buffer } of store.parameters.values()) {
      intoLayout(layout, shape, initialValues(init, shape, options.seed, name), this.floats(buffer));
    }
    for (const running of store.running.values()) startRunning(this, running);
  }

  /** Throws UnsupportedError after dispose. */
  get engine(): Engine {
    if (this.#engine === null) throw new UnsupportedError('this network was disposed: compile a new one');
    return this.#engine;
  }

  /** All of a buffer, or its first `words`. */
  floats(buffer: Buffer, words = buffer.words): Float32Array<ArrayBuffer> {
    return this.engine.floats(buffer.address, words);
  }

  /** Norm of all gradients at the last update. */
  get gradientNorm(): number {
    const norm = this.blueprint.train?.gradientNorm;
    if (!norm) throw new OptionError('gradientNorm: compile was not given clip: { norm }, or every parameter is frozen; a norm of Infinity measures without clipping');
    const { buffer, byteOffset } = this.floats(norm);
    return new Float64Array(buffer, byteOffset, 1)[0]!;
  }

  get #trainSteps(): number {
    return this.blueprint.train?.plan.steps.length ?? 0;
  }

  /** Parameters or running statistics were written: the next prediction derives its weights anew. */
  changed(): void {
    this.#stale = true;
  }

  /** The predicting program among all steps, with the derivation of weights where they have changed. */
  #predicting(): Range {
    const { prepare, all } = this.blueprint.predict;
    const first = this.#stale ? prepare.first : all.first;
    this.#stale = false;
    return { first: first + this.#trainSteps, last: all.last + this.#trainSteps };
  }

  /** Predicts `live` images on the calling thread alone. */
  predict(live: number): void {
    this.run(this.#predicting(), live);
  }

  /** The same with all workers, in slices. */
  async predictAll(live: number, signal?: AbortSignal): Promise<void> {
    await this.runAll(this.#predicting(), live, signal);
  }

  /** Throws OptionError while a call is between two slices: the memory is its. */
  refuseBusy(): void {
    if (this.#busy) throw new OptionError('a call of this network is under way: await it first');
  }

  /** Runs a range over `live` images on the calling thread alone; returns what `run` of the kernels returned. */
  run(range: Range, live: number): number {
    this.#setControl(range, live);
    return this.engine.run(range.first, range.last, this.blueprint.arena.control);
  }

  /** The same with all workers, in slices; a signal between two of them ends it, and leaves running statistics as they were before it. */
  runAll(range: Range, live: number, signal?: AbortSignal): Promise<number> {
    this.#setControl(range, live);
    if (!signal) return this.#slices.run(range, live);
    const running = [...this.blueprint.store.running.values()].map(({ buffer }) => ({ buffer, before: this.#bits(buffer).slice() }));
    return this.#slices.run(range, live, signal).catch((error: unknown) => {
      this.#stale = true;
      if (range.first < this.#trainSteps && range.last > this.blueprint.train!.forward.last) this.pending = false;
      if (this.#engine) for (const { buffer, before } of running) this.#bits(buffer).set(before);
      throw error;
    });
  }

  #bits({ address, words }: Buffer): Int32Array<ArrayBuffer> {
    return this.engine.integers(address, words);
  }

  /** Does `work`, which writes, runs and reads the one memory, once all work given before it is done: at once where there is none. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    let done = (): void => {};
    this.#turn = new Promise<void>((resolve) => {
      done = resolve;
    });
    if (this.#queued++ > 0) await before;
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
      this.#queued--;
      done();
    }
  }

  #setControl(range: Range, live: number): void {
    if (range.first < this.#trainSteps) this.#stale = true;
    const { control } = this.blueprint.arena;
    const words = this.engine.integers(control, (CONTROL_SEED >> 2) + 2);
    words[CONTROL_LIVE >> 2] = live;
    words[CONTROL_UPDATES >> 2] = this.updates;
    words[CONTROL_ACCUMULATE >> 2] = Number(this.pending);
    words[CONTROL_SEED >> 2] = this.seed;
    words[(CONTROL_SEED >> 2) + 1] = this.seed / 2 ** 32;
    this.engine.floats(control + CONTROL_RATE, 1)[0] = this.rate;
  }

  /** An update was done. */
  updated(): void {
    this.updates++;
    this.pending = false;
  }

  async dispose(): Promise<void> {
    this.#engine = null;
    await this.crew?.close();
  }
}

/** A tensor of a plan as users see it, row-major: `live` images of it. */
export function readTensor(session: Session, { buffer, shape, order }: PlanTensor, live: number): Tensor {
  const size = elements(shape);
  const lying = session.floats(buffer, live * size);
  const data = new Float32Array(lying.length);
  const { channels, pixels } = order ?? { channels: 1, pixels: size };
  for (let image = 0; image < lying.length; image += size) {
    for (let c = 0; c < channels; c++) for (let pixel = 0; pixel < pixels; pixel++) data[image + c * pixels + pixel] = lying[image + pixel * channels + c]!;
  }
  return { data, shape: [live, ...shape] };
}
