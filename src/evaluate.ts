import { log, exp } from './core/math.js';
import { OptionError, ShapeError } from './core/errors.js';
import { elements, show } from './core/shape.js';
import { Turns } from './core/turns.js';
import { gather } from './data/batches.js';
import type { Dataset } from './data/dataset.js';
import type { Network } from './network.js';
import { Tally, argmax, type Evaluation } from './training/metrics.js';

export interface EvaluateOptions {
  /** Ends the evaluation between two batches with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Throws ShapeError where the data set's images are not what the network takes, OptionError where there are none. */
export function checkDataset(network: Network, data: Dataset): void {
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
export async function evaluate(network: Network, data: Dataset, options: EvaluateOptions): Promise<Evaluation> {
  checkDataset(network, data);
  const classes = elements(network.outputShape);
  const tally = new Tally(classes);
  const size = elements(data.shape);
  const images = new Float32Array(network.batchSize * size);
  const labels = new Int32Array(network.batchSize);
  const turns = new Turns();
  const indices = Uint32Array.from({ length: data.length }, (_, i) => i);
  for (let from = 0; from < data.length; from += network.batchSize) {
    options.signal?.throwIfAborted();
    const to = Math.min(data.length, from + network.batchSize);
    gather(data, indices, from, to, images, labels);
    const { data: logits } = await network.predict(images.subarray(0, (to - from) * size));
    const losses = Array.from({ length: to - from }, (_, i) => crossEntropyOf(logits, i * classes, classes, labels[i]!));
    tally.add(logits, labels.subarray(0, to - from), losses);
    options.onProgress?.(to, data.length);
    await turns.take();
  }
  return tally.result();
}
