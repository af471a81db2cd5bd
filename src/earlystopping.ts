import { copiedSlots } from './average.js';
import { OptionError } from './core/errors.js';
import { known } from './core/options.js';
import type { Slot } from './io/weights.js';
import type { Network } from './network.js';
import type { Evaluation } from './training/metrics.js';

/** When training ends before its last epoch (Keras's EarlyStopping). */
export interface EarlyStoppingOptions {
  /** What of the validation is watched; default 'loss'. */
  readonly monitor?: 'loss' | 'accuracy';
  /** Epochs without an improvement after which training ends; default 5. */
  readonly patience?: number;
  /** Least change that counts as an improvement; default 0. */
  readonly minDelta?: number;
  /** Ends with the weights of the best epoch; default true. */
  readonly restoreBestWeights?: boolean;
}

/** What of it goes into a checkpoint. */
export interface StoppingState {
  readonly best: number | null;
  readonly bestEpoch: number;
  readonly wait: number;
}

/** Watches one number per epoch. */
export class EarlyStopping {
  readonly #network: Network;
  readonly #options: Required<EarlyStoppingOptions>;
  readonly #values: Map<string, Float32Array | BigInt64Array>;
  state: StoppingState = { best: null, bestEpoch: 0, wait: 0 };

  constructor(network: Network, options: EarlyStoppingOptions) {
    known('earlyStopping', options, ['monitor', 'patience', 'minDelta', 'restoreBestWeights']);
    this.#options = { monitor: 'loss', patience: 5, minDelta: 0, restoreBestWeights: true, ...options };
    const { monitor, patience, minDelta } = this.#options;
    if (monitor !== 'loss' && monitor !== 'accuracy') throw new OptionError(`earlyStopping: monitor is ${String(monitor)}, expected loss or accuracy`);
    if (!Number.isInteger(patience) || patience < 1) throw new OptionError(`earlyStopping: patience is ${patience}, expected an integer of at least 1`);
    if (!(minDelta >= 0)) throw new OptionError(`earlyStopping: minDelta is ${minDelta}, expected a number of at least 0`);
    this.#network = network;
    this.#values = this.#options.restoreBestWeights ? new Map(network.stateDict.map(({ name, read }) => [name, read()])) : new Map();
  }

  /** Whether training has ended. */
  get stopped(): boolean {
    return this.state.wait >= this.#options.patience;
  }

  /** Takes an epoch's validation; the network holds the weights that were validated. */
  epoch(epoch: number, validation: Evaluation): void {
    const { monitor, minDelta, restoreBestWeights } = this.#options;
    const value = validation[monitor];
    const { best, wait } = this.state;
    const better = best === null || (monitor === 'loss' ? value < best - minDelta : value > best + minDelta);
    this.state = better ? { best: value, bestEpoch: epoch, wait: 0 } : { ...this.state, wait: wait + 1 };
    if (better && restoreBestWeights) for (const { name, read } of this.#network.stateDict) this.#values.set(name, read());
  }

  /** Gives the network the best epoch's weights, where they were kept. */
  restore(): void {
    if (this.state.best !== null) for (const { name, write } of this.#network.stateDict) if (this.#values.has(name)) write(this.#values.get(name)!);
  }

  /** The best weights as tensors of a checkpoint, `best.NAME`. */
  get slots(): Slot[] {
    return this.#options.restoreBestWeights ? copiedSlots(this.#network, this.#values, 'best.') : [];
  }
}
