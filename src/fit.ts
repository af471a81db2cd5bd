import type { AveragedWeights } from './average.js';
import { OptionError } from './core/errors.js';
import { elements } from './core/shape.js';
import { Turns } from './core/turns.js';
import { gather, order } from './data/batches.js';
import type { Dataset } from './data/dataset.js';
import { mixup } from './data/mixup.js';
import { applyAll, drawsOf, type Transform } from './data/transforms.js';
import { EarlyStopping, type EarlyStoppingOptions } from './earlystopping.js';
import { checkDataset } from './evaluate.js';
import type { Keeper } from './fitcheckpoint.js';
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
  /** A file that is replaced, whole or not at all, after every epoch and when the signal stops training. Needs Node. */
  readonly checkpoint?: string;
  /** Batches after which it is written within an epoch, too; default: only at the epoch's end. */
  readonly checkpointEvery?: number;
  /** Goes on from the checkpoint file where it is there, to the same bits as an unbroken run; else starts from the beginning. */
  readonly resume?: boolean;
  /** Changes of each training image, drawn from seed, epoch and image (convasm/transforms). */
  readonly augment?: readonly Transform[];
  /** Mixup with λ ~ Beta(mixup, mixup); the loss must take class probabilities: `losses.crossEntropy({ target: 'probabilities' })`. */
  readonly mixup?: number;
  /** Takes every step's weights into an average, and validates the average. */
  readonly average?: AveragedWeights;
  /** Ends training once the validation no longer improves. */
  readonly earlyStopping?: EarlyStoppingOptions;
}

function checkOptions(network: Network, data: Dataset, options: FitOptions): void {
  const { epochs, dropLast, validation, mixup: alpha = 1, checkpoint, checkpointEvery = 1, resume, position, earlyStopping } = options;
  if (!Number.isInteger(epochs) || epochs < 0) throw new OptionError(`fit: epochs is ${epochs}, expected an integer of at least 0`);
  checkDataset(network, data);
  if (dropLast && data.length < network.batchSize) throw new OptionError(`fit: dropLast leaves none of the ${data.length} images, the batchSize is ${network.batchSize}`);
  if (validation) checkDataset(network, validation);
  if (!(alpha > 0 && alpha < Infinity)) throw new OptionError(`fit: mixup is ${alpha}, expected a number above 0`);
  if (!Number.isInteger(checkpointEvery) || checkpointEvery < 1) throw new OptionError(`fit: checkpointEvery is ${checkpointEvery}, expected an integer of at least 1`);
  if (checkpoint === undefined && (resume || options.checkpointEvery !== undefined)) throw new OptionError('fit: resume and checkpointEvery need a checkpoint file');
  if (resume && position) throw new OptionError('fit: both resume and position are given, expected one of them');
  if (earlyStopping && !validation) throw new OptionError('fit: earlyStopping needs a validation set');
}

/**
 * Trains `network` on `data`: the only loop over data. Yields after every epoch.
 * The order of images depends on seed and epoch alone, so a run resumed at a `position` equals an unbroken one bit for bit.
 */
export async function* fit(network: Network, data: Dataset, options: FitOptions): AsyncGenerator<EpochResult, void, void> {
  checkOptions(network, data, options);
  const { checkpoint } = options;
  const stopping = options.earlyStopping ? new EarlyStopping(network, options.earlyStopping) : null;
  const keeper = checkpoint === undefined ? null : await (await import('./fitcheckpoint.js')).Keeper.of(network, checkpoint, data, options, stopping);
  const run = new Training(network, data, options, keeper);
  let start = (options.resume ? await keeper?.resume() : options.position) ?? { epoch: 0, batch: 0 };
  for (let epoch = start.epoch; epoch < options.epochs && !stopping?.stopped; epoch++) {
    const { trained, ...result } = await run.epoch(epoch, start);
    const validation = await validate(network, options, epoch, stopping).catch(async (error: unknown) => {
      if (options.signal?.aborted) await keeper?.write(trained);
      throw error;
    });
    start = { epoch: epoch + 1, batch: 0 };
    await keeper?.write(start);
    yield { ...result, validation, position: start };
  }
  stopping?.restore();
}

/** Measures the network, or the average of its weights, on the validation set, if there is one. */
async function validate(network: Network, { validation, average, signal }: FitOptions, epoch: number, stopping: EarlyStopping | null): Promise<Evaluation | null> {
  if (!validation) return null;
  average?.swap();
  try {
    const evaluation = await network.evaluate(validation, signal ? { signal } : {});
    stopping?.epoch(epoch + 1, evaluation);
    return evaluation;
  } finally {
    average?.swap();
  }
}

/** The batches of a run. */
class Training {
  readonly #network: Network;
  readonly #data: Dataset;
  readonly #options: FitOptions;
  readonly #keeper: Keeper | null;
  readonly #turns = new Turns();
  readonly #images: Float32Array;
  readonly #labels: Int32Array;
  readonly #size: number;
  readonly #total: number;

  constructor(network: Network, data: Dataset, options: FitOptions, keeper: Keeper | null) {
    this.#network = network;
    this.#data = data;
    this.#options = options;
    this.#keeper = keeper;
    this.#size = elements(data.shape);
    this.#total = options.dropLast ? data.length - (data.length % network.batchSize) : data.length;
    this.#images = new Float32Array(network.batchSize * this.#size);
    this.#labels = new Int32Array(network.batchSize);
  }

  async epoch(epoch: number, start: Position): Promise<Omit<EpochResult, 'validation' | 'position'> & { readonly trained: Position }> {
    const [network, total] = [this.#network, this.#total];
    const { epochs, seed = 1, signal, onStep, checkpointEvery } = this.#options;
    const indices = order(this.#data.length, seed, epoch);
    const batches = Math.ceil(total / network.batchSize);
    const first = Math.min(total, start.batch * network.batchSize);
    const uncounted = start.lossSum === undefined ? first : 0;
    let sum = start.lossSum ?? 0;
    const began = performance.now();
    for (let batch = start.batch; batch < batches; batch++) {
      if (signal?.aborted) await this.#keeper?.write({ epoch, batch, lossSum: sum });
      signal?.throwIfAborted();
      const from = batch * network.batchSize;
      const to = Math.min(total, from + network.batchSize);
      sum += (await this.#step(indices.subarray(from, to), epoch)) * (to - from);
      const position = { epoch, batch: batch + 1, lossSum: sum };
      onStep?.({
        epoch: epoch + 1, epochs, batch: batch + 1, batches, loss: sum / (to - uncounted), done: to, total,
        imagesPerSecond: ((to - first) * 1000) / (performance.now() - began), position,
      });
      if (checkpointEvery !== undefined && (batch + 1) % checkpointEvery === 0 && batch + 1 < batches) await this.#keeper?.write(position);
      await this.#turns.take();
    }
    const seconds = (performance.now() - began) / 1000;
    return { epoch: epoch + 1, loss: sum / (total - uncounted), seconds, imagesPerSecond: (total - first) / seconds, trained: { epoch, batch: batches, lossSum: sum } };
  }

  /** Trains on the images `indices`; returns the loss. */
  async #step(indices: Uint32Array, epoch: number): Promise<number> {
    const { schedule, seed = 1, augment = [], mixup: alpha, average } = this.#options;
    const [network, shape, size] = [this.#network, this.#data.shape, this.#size];
    const images = this.#images.subarray(0, indices.length * size);
    const labels = this.#labels.subarray(0, indices.length);
    gather(this.#data, indices, 0, indices.length, images, labels);
    if (augment.length > 0) indices.forEach((index, i) => applyAll(augment, images.subarray(i * size, (i + 1) * size), shape, drawsOf(seed, epoch, index)));
    const targets = alpha === undefined ? labels : mixup(images, labels, elements(network.outputShape), alpha, { seed, step: network.steps });
    if (schedule) network.learningRate = schedule(network.steps);
    const { loss } = await network.step(images, targets);
    average?.update();
    return loss;
  }
}
