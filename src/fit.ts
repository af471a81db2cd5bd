import { OptionError } from './core/errors.js';
import { elements } from './core/shape.js';
import { Turns } from './core/turns.js';
import { gather, order } from './data/batches.js';
import type { Dataset } from './data/dataset.js';
import { checkDataset } from './evaluate.js';
import type { Network } from './network.js';
import type { Evaluation } from './training/metrics.js';
import type { Schedule } from './training/schedules.js';

/** Where training stands between two steps: `batch` batches of epoch `epoch` (from 0) are done. */
export interface Position {
  readonly epoch: number;
  readonly batch: number;
  /** Sum of the losses of those batches, each times its images: keeps the epoch's mean across a resume. Without it the mean is over the batches that follow. */
  readonly lossSum?: number;
}

export interface FitProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Batches of this epoch done, and of all. */
  readonly batch: number;
  readonly batches: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  readonly imagesPerSecond: number;
  /** Images of this epoch done, and of all. */
  readonly done: number;
  readonly total: number;
  readonly position: Position;
}

export interface EpochResult {
  /** From 1. */
  readonly epoch: number;
  /** Mean training loss over the epoch's images. */
  readonly loss: number;
  readonly validation: Evaluation | null;
  /** Time of the epoch's training, without validation. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly position: Position;
}

export interface FitOptions {
  /** All epochs, those before `position` included. */
  readonly epochs: number;
  readonly validation?: Dataset | null;
  /** Orders the images of each epoch; default 1. */
  readonly seed?: number;
  /** Sets `network.learningRate` before each step, from the updates done so far: a resumed run needs nothing more than its checkpoint. */
  readonly schedule?: Schedule;
  /** Leaves an incomplete last batch out. Default false: it is trained, its loss the mean over its images. */
  readonly dropLast?: boolean;
  /** Stops after the step under way, with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: FitProgress) => void;
  /** Where an earlier run stopped. */
  readonly position?: Position;
}

/**
 * Trains `network` on `data`: the only loop over data. Yields after every epoch.
 * The order of images depends on seed and epoch alone, so a run resumed at a `position` equals an unbroken one bit for bit.
 */
export async function* fit(network: Network, data: Dataset, options: FitOptions): AsyncGenerator<EpochResult, void, void> {
  if (!Number.isInteger(options.epochs) || options.epochs < 0) throw new OptionError(`fit: epochs is ${options.epochs}, expected an integer of at least 0`);
  checkDataset(network, data);
  if (options.dropLast && data.length < network.batchSize) throw new OptionError(`fit: dropLast leaves none of the ${data.length} images, the batchSize is ${network.batchSize}`);
  if (options.validation) checkDataset(network, options.validation);
  const turns = new Turns();
  let start = options.position ?? { epoch: 0, batch: 0 };
  for (let epoch = start.epoch; epoch < options.epochs; epoch++) {
    const result = await trainEpoch(network, data, options, epoch, start, turns);
    start = { epoch: epoch + 1, batch: 0 };
    const validation = options.validation ? await network.evaluate(options.validation, options.signal ? { signal: options.signal } : {}) : null;
    yield { ...result, validation, position: start };
  }
}

async function trainEpoch(network: Network, data: Dataset, options: FitOptions, epoch: number, start: Position, turns: Turns): Promise<Omit<EpochResult, 'validation' | 'position'>> {
  const size = elements(data.shape);
  const indices = order(data.length, options.seed ?? 1, epoch);
  const total = options.dropLast ? data.length - (data.length % network.batchSize) : data.length;
  const batches = Math.ceil(total / network.batchSize);
  const images = new Float32Array(network.batchSize * size);
  const labels = new Int32Array(network.batchSize);
  const first = Math.min(total, start.batch * network.batchSize);
  const uncounted = start.lossSum === undefined ? first : 0;
  let sum = start.lossSum ?? 0;
  const began = performance.now();
  for (let batch = start.batch; batch < batches; batch++) {
    options.signal?.throwIfAborted();
    const from = batch * network.batchSize;
    const to = Math.min(total, from + network.batchSize);
    gather(data, indices, from, to, images, labels);
    if (options.schedule) network.learningRate = options.schedule(network.steps);
    const { loss } = await network.step(images.subarray(0, (to - from) * size), labels.subarray(0, to - from));
    sum += loss * (to - from);
    options.onStep?.({
      epoch: epoch + 1, epochs: options.epochs, batch: batch + 1, batches, loss: sum / (to - uncounted), done: to, total,
      imagesPerSecond: ((to - first) * 1000) / (performance.now() - began), position: { epoch, batch: batch + 1, lossSum: sum },
    });
    await turns.take();
  }
  const seconds = (performance.now() - began) / 1000;
  return { epoch: epoch + 1, loss: sum / (total - uncounted), seconds, imagesPerSecond: (total - first) / seconds };
}
