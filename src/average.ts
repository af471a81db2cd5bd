import { OptionError } from './core/errors.js';
import { known } from './core/options.js';
import type { Slot } from './io/weights.js';
import type { Network } from './network.js';

export interface AverageOptions {
  /** What is kept of the average at each update: an exponential moving average, as Keras's ema_momentum. Without it all weights count the same (SWA). */
  readonly decay?: number;
  /** Updates of the network before the first weights count; default 0. */
  readonly start?: number;
}

/**
 * A running average of a network's weights and running statistics (torch.optim.swa_utils.AveragedModel with use_buffers):
 *   a ← a + (w − a) · rate,  rate = 1 − decay, or 1 / (number of weights averaged) without decay; the first weights are copied.
 * Polyak and Juditsky 1992; Izmailov et al. 2018 (SWA). Counters are copied. Hand it to `fit` as `average`, or call `update` after each step.
 */
export class AveragedWeights {
  readonly #network: Network;
  readonly #decay: number | null;
  readonly #start: number;
  readonly #values: Map<string, Float32Array | BigInt64Array>;
  /** Weights averaged so far. */
  count = 0;

  constructor(network: Network, options: AverageOptions = {}) {
    known('AveragedWeights', options, ['decay', 'start']);
    const { decay = null, start = 0 } = options;
    if (decay !== null && !(decay >= 0 && decay < 1)) throw new OptionError(`AveragedWeights: decay is ${decay}, expected a number from 0 to below 1`);
    if (!Number.isInteger(start) || start < 0) throw new OptionError(`AveragedWeights: start is ${start}, expected an integer of at least 0`);
    this.#network = network;
    this.#decay = decay;
    this.#start = start;
    this.#values = new Map(network.stateDict.map(({ name, read }) => [name, read()]));
  }

  /** Takes the network's weights into the average. */
  update(): void {
    if (this.#network.steps <= this.#start) return;
    this.count++;
    const rate = this.count === 1 ? 1 : this.#decay === null ? 1 / this.count : 1 - this.#decay;
    for (const { name, read } of this.#network.stateDict) {
      const [mean, values] = [this.#values.get(name)!, read()];
      if (mean instanceof Float32Array && rate < 1) for (let i = 0; i < mean.length; i++) mean[i]! += ((values[i] as number) - mean[i]!) * rate;
      else this.#values.set(name, values);
    }
  }

  /** Exchanges the average with the network's weights: once to use it, once more to train on. Nothing happens before the first update. */
  swap(): void {
    if (this.count === 0) return;
    for (const { name, read, write } of this.#network.stateDict) {
      const held = read();
      write(this.#values.get(name)!);
      this.#values.set(name, held);
    }
  }

  /** The average as tensors of a checkpoint, `average.NAME`. */
  get slots(): Slot[] {
    return copiedSlots(this.#network, this.#values, 'average.');
  }
}

/** Values kept beside a network, under a prefix. */
export function copiedSlots(network: Network, values: Map<string, Float32Array | BigInt64Array>, prefix: string): Slot[] {
  return network.stateDict.map(({ name, shape, dtype }) => ({
    name: prefix + name, shape, ...(dtype && { dtype }), read: () => values.get(name)!, write: (read) => void values.set(name, read.slice()),
  }));
}
