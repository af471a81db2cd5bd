import { log, exp } from './core/math.js';
import { OptionError, ShapeError } from './core/errors.js';
import { elements, show } from './core/shape.js';
import { Turns } from './core/turns.js';
import type { Dataset } from './data/dataset.js';
import type { Network } from './network.js';
import { isBatches, passOver, passThrough, type Batches } from './source.js';
import { Tally, argmax, type Evaluation } from './training/metrics.js';
import { readLabels } from './training/targets.js';

export interface EvaluateOptions {
  /** Ends the evaluation between two batches, or two slices of about 40 ms of a longer one, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Images done, and of all: Infinity where the data are batches, which do not tell. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Throws ShapeError where a data set's images are not what the network takes, OptionError where there are none. Batches are checked as they come. */
export function checkSource(network: Network, data: Dataset | Batches): void {
  if (isBatches(data)) return;
  if (data.length === 0) throw new OptionError(`${data.name}: no images, expected at least one`);
  if (show(data.shape) !== show(network.inputShape)) {
    throw new ShapeError(`${data.name}: images are ${show(data.shape)}, expected ${show(network.inputShape)} as the network was compiled for`);
  }
  const classes = elements(network.outputShape);
  const beyond = data.labels.find((label) => label < 0 || label >= classes);
  if (beyond !== undefined) throw new ShapeError(`${data.name}: label ${beyond}, expected 0 to ${classes - 1}: the network has ${classes} outputs`);
}

/** −log softmax(logits)[label], in float64: the mean over images does not depend on batches. */
function crossEntropyOf(logits: Float32Array, from: number, classes: number, label: number): number {
  const top = logits[from + argmax(logits, from, from + classes)]!;
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += exp(logits[from + c]! - top);
  return log(sum) + top - logits[from + label]!;
}

/** Predicts every image and tallies; the loss is plain cross-entropy. */
export async function evaluate(network: Network, data: Dataset | Batches, { signal, onProgress }: EvaluateOptions): Promise<Evaluation> {
  checkSource(network, data);
  const classes = elements(network.outputShape);
  const tally = new Tally(classes);
  const turns = new Turns();
  const { total, parts } = isBatches(data)
    ? passThrough('evaluate', data, 0, network.inputShape, signal)
    : passOver(data, network.batchSize, Uint32Array.from({ length: data.length }, (_, i) => i));
  let done = 0;
  signal?.throwIfAborted();
  for await (const { images, labels, indices } of parts) {
    const truth = readLabels(labels, indices.length, classes);
    const { data: logits } = await network.predict(images, { signal });
    tally.add(logits, truth, Array.from(truth, (label, i) => crossEntropyOf(logits, i * classes, classes, label)));
    done += indices.length;
    onProgress?.(done, total);
    await turns.take();
    signal?.throwIfAborted();
  }
  return tally.result();
}
