import type { AveragedWeights } from './average.js';
import { OptionError } from './core/errors.js';
import { elements } from './core/shape.js';
import { Turns } from './core/turns.js';
import { order } from './data/batches.js';
import type { Dataset } from './data/dataset.js';
import { applyAll, drawsOf, type Transform } from './data/transforms.js';
import type { EarlyStopping, EarlyStoppingOptions } from './earlystopping.js';
import { checkSource } from './evaluate.js';
import type { Keeper } from './fitcheckpoint.js';
import type { Network } from './network.js';
import { isBatches, passOver, passThrough, refuseOnce, type Batches, type Pass } from './source.js';
import type { Evaluation } from './training/metrics.js';
import type { Schedule } from './training/schedules.js';
import { readLabels, type Targets } from './training/targets.js';

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
  /** Batches of this epoch done, and of all: Infinity where `data` is batches, which do not tell. */
  readonly batch: number;
  readonly batches: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  readonly imagesPerSecond: number;
  /** Images of this epoch done, and of all: Infinity where `data` is batches. */
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
  readonly validation?: Dataset | Batches | null;
  /** Orders the images of each epoch; default 1. */
  readonly seed?: number;
  /** Sets `network.learningRate` before each step, from the updates done so far: a resumed run needs nothing more than its checkpoint. */
  readonly schedule?: Schedule;
  /** Leaves an incomplete last batch of a data set out. Default false: it is trained, its loss the mean over its images. */
  readonly dropLast?: boolean;
  /** Stops after the step under way, or between two slices of about 40 ms of a longer one, which then has not happened; with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Hears of every step; training waits for a promise that it returns: a pause. */
  readonly onStep?: (progress: FitProgress) => unknown;
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

function refuseDropLast({ batchSize }: Network, data: Dataset | Batches): void {
  if (isBatches(data)) throw new OptionError('fit: dropLast is for a data set, expected the batches to leave out what is incomplete');
  if (data.length < batchSize) throw new OptionError(`fit: dropLast leaves none of the ${data.length} images, the batchSize is ${batchSize}`);
}

function checkOptions(network: Network, data: Dataset | Batches, options: FitOptions): void {
  const { epochs, dropLast, validation, mixup: alpha = 1, checkpoint, checkpointEvery = 1, resume, position, earlyStopping } = options;
  if (!Number.isInteger(epochs) || epochs < 0) throw new OptionError(`fit: epochs is ${epochs}, expected an integer of at least 0`);
  checkSource(network, data);
  if (dropLast) refuseDropLast(network, data);
  if (validation) checkSource(network, validation);
  if (!(alpha > 0 && alpha < Infinity)) throw new OptionError(`fit: mixup is ${alpha}, expected a number above 0`);
  if (!Number.isInteger(checkpointEvery) || checkpointEvery < 1) throw new OptionError(`fit: checkpointEvery is ${checkpointEvery}, expected an integer of at least 1`);
  if (checkpoint === undefined && (resume || options.checkpointEvery !== undefined)) throw new OptionError('fit: resume and checkpointEvery need a checkpoint file');
  if (resume && position) throw new OptionError('fit: both resume and position are given, expected one of them');
  if (earlyStopping && !validation) throw new OptionError('fit: earlyStopping needs a validation set');
}

/**
 * Trains `network` on `data`: the only loop over data. Yields after every epoch.
 * The order of a data set's images depends on seed and epoch alone, so a run resumed at a `position` equals an unbroken one bit for bit.
 * Batches come in their own order: a resumed run asks for those of its epoch again and passes over as many as were done, so it equals an
 * unbroken one where they are the same again. Throws OptionError where batches that can be read once are to serve several epochs.
 */
export async function* fit(network: Network, data: Dataset | Batches, options: FitOptions): AsyncGenerator<EpochResult, void, void> {
  checkOptions(network, data, options);
  const { checkpoint } = options;
  const stopping = options.earlyStopping ? new (await import('./earlystopping.js')).EarlyStopping(network, options.earlyStopping) : null;
  const keeper = checkpoint === undefined ? null : await (await import('./fitcheckpoint.js')).Keeper.of(network, checkpoint, data, options, stopping);
  const run = new Training(network, data, options, keeper);
  let start = (options.resume ? await keeper?.resume() : options.position) ?? { epoch: 0, batch: 0 };
  for (const source of [data, options.validation]) refuseOnce('fit', source, options.epochs - start.epoch);
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
  readonly #data: Dataset | Batches;
  readonly #options: FitOptions;
  readonly #keeper: Keeper | null;
  readonly #turns = new Turns();

  constructor(network: Network, data: Dataset | Batches, options: FitOptions, keeper: Keeper | null) {
    this.#network = network;
    this.#data = data;
    this.#options = options;
    this.#keeper = keeper;
  }

  /** The batches of an epoch: those of a data set from `first` on. */
  #pass(epoch: number, first: number): Pass {
    const [data, { batchSize, inputShape }, { seed = 1, dropLast, signal }] = [this.#data, this.#network, this.#options];
    if (isBatches(data)) return passThrough(`fit: epoch ${epoch + 1}`, data, epoch, inputShape, signal);
    return passOver(data, batchSize, order(data.length, seed, epoch).subarray(0, dropLast ? data.length - (data.length % batchSize) : data.length), first);
  }

  async epoch(epoch: number, start: Position): Promise<Omit<EpochResult, 'validation' | 'position'> & { readonly trained: Position }> {
    const { epochs, signal, onStep, checkpointEvery } = this.#options;
    const { batches, total, parts, ...pass } = this.#pass(epoch, start.batch);
    let { batch, done } = pass;
    let before = done;
    let sum = start.lossSum ?? 0;
    const began = performance.now();
    const mean = (): number => sum / (start.lossSum === undefined ? done - before : done);
    const speed = (): number => ((done - before) * 1000) / (performance.now() - began);
    const position = (): Position => ({ epoch, batch, lossSum: sum });
    try {
      signal?.throwIfAborted();
      for await (const { images, labels, indices } of parts) {
        const count = indices.length;
        if (batch >= start.batch) sum += (await this.#step(images, labels, indices, epoch)) * count;
        else before += count;
        done += count;
        if (batch++ < start.batch) continue;
        await onStep?.({ epoch: epoch + 1, epochs, batch, batches, loss: mean(), done, total, imagesPerSecond: speed(), position: position() });
        if (checkpointEvery !== undefined && batch % checkpointEvery === 0 && batch < batches) await this.#keeper?.write(position());
        await this.#turns.take();
        if (batch < batches) signal?.throwIfAborted();
      }
      if (batch < start.batch) throw new OptionError(`fit: epoch ${epoch + 1} has ${batch} batches, expected at least the ${start.batch} that were done before`);
    } catch (error) {
      if (signal?.aborted && error === signal.reason) await this.#keeper?.write(position());
      throw error;
    }
    return { epoch: epoch + 1, loss: mean(), seconds: (performance.now() - began) / 1000, imagesPerSecond: speed(), trained: position() };
  }

  /** Trains on images, number `indices` of the data set or of the epoch; returns the loss. */
  async #step(images: Float32Array, labels: Targets, indices: Uint32Array, epoch: number): Promise<number> {
    const { schedule, seed = 1, augment = [], mixup: alpha, average, signal } = this.#options;
    const network = this.#network;
    const size = elements(network.inputShape);
    if (augment.length > 0) indices.forEach((index, i) => applyAll(augment, images.subarray(i * size, (i + 1) * size), network.inputShape, drawsOf(seed, epoch, index)));
    const classes = elements(network.outputShape);
    const targets = alpha === undefined ? labels : (await import('./data/mixup.js')).mixup(images, readLabels(labels, indices.length, classes), classes, alpha, { seed, step: network.steps });
    if (schedule) network.learningRate = schedule(network.steps);
    const { loss } = await network.step(images, targets, { signal });
    average?.update();
    return loss;
  }
}
