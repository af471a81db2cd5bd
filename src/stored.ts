import type { Blueprint } from './blueprint.js';
import { OptionError } from './core/errors.js';
import { known } from './core/options.js';
import { digestOf, loadCheckpoint, loadSlots, saveCheckpoint, saveSlots, type LoadReport, type Slot, type StateDict } from './io/weights.js';
import type { Session } from './session.js';
import { parameterSlots, savedSlots, stateSlots, type FloatSlot } from './slots.js';

export interface SaveOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of what is float32; default 'float32'. */
  readonly dtype?: 'float32' | 'float16';
}

/** What of a network has a name outside and goes into files: weights, running statistics, optimizer state, counters. */
export class Stored {
  readonly blueprint: Blueprint;
  protected readonly session: Session;
  #metadata: Readonly<Record<string, string>> = {};

  constructor(blueprint: Blueprint, session: Session) {
    this.blueprint = blueprint;
    this.session = session;
  }

  /** The parameters, in state_dict order. */
  get parameters(): FloatSlot[] {
    return parameterSlots(this.blueprint.store, this.session);
  }

  /** Parameters and running statistics in state_dict order: what `save` writes. */
  get stateDict(): Slot[] {
    return savedSlots(this.blueprint.store, this.session);
  }

  /** What the optimizer keeps, as `c1.weight.momentum_buffer`. */
  get optimizerState(): FloatSlot[] {
    return stateSlots(this.blueprint.store, this.session);
  }

  /** The weights as a safetensors file; 'float16' halves it (nearest, ties to even; OptionError where a weight is beyond 65504). */
  save(options: SaveOptions = {}): Uint8Array {
    known('save', options, ['metadata', 'dtype']);
    const { metadata = {}, dtype = 'float32' } = options;
    if (dtype !== 'float32' && dtype !== 'float16') throw new OptionError(`save: dtype is ${String(dtype)}, expected float32 or float16`);
    return saveSlots(this.stateDict, metadata, dtype === 'float16');
  }

  /** Loads weights, a safetensors file or what a reader of convasm/formats returned; nothing changes unless they fit (`strict` false:
   *  those that do). Returns what was missing and unexpected. */
  load(weights: Uint8Array | StateDict, options: { readonly strict?: boolean; readonly file?: string } = {}): LoadReport {
    const report = loadSlots(this.stateDict, weights, options.strict ?? true, options.file ?? 'weights', this.blueprint.train ? [] : this.blueprint.store.spare);
    this.#metadata = report.metadata;
    return report;
  }

  /** What the weights loaded last say of themselves: model, classes, preprocessing, … */
  get metadata(): Readonly<Record<string, string>> {
    return this.#metadata;
  }

  /** SHA-256 of the weights' bytes, 64 hexadecimal digits: equal on every engine. */
  async digest(): Promise<string> {
    return digestOf(this.save());
  }

  /** Everything that training needs to go on: weights, optimizer state, counters, `extra`, and further tensors under names of their own. */
  checkpoint(extra: Readonly<Record<string, string>> = {}, more: readonly Slot[] = []): Uint8Array {
    const { updates, rate, seed } = this.session;
    return saveCheckpoint(this.stateDict, this.optimizerState, more, { updates, learningRate: rate, seed, extra: { ...extra } });
  }

  /** Puts a checkpoint back, all or nothing, and returns its `extra`. */
  restore(bytes: Uint8Array, file = 'checkpoint', more: readonly Slot[] = []): Record<string, string> {
    const { updates, learningRate, seed, extra } = loadCheckpoint(this.stateDict, this.optimizerState, more, bytes, file);
    this.session.updates = updates;
    this.session.rate = learningRate;
    this.session.seed = seed ?? this.session.seed;
    this.session.pending = false;
    return extra;
  }
}
