import type { Network } from '../../src/index.js';
import type { Dataset } from '../../src/data/dataset.js';
import { exp } from '../../src/core/math.js';
import { argmax, softmax } from '../../src/training/metrics.js';
import { Turns } from '../../src/core/turns.js';
import type { Mistake } from './messages.js';

const MOST_MISTAKES = 10;
const PIXELS = 1024;

/** Predicts every image; the fraction that is right, and the last that are not. Ends early, with null, once the signal says so. */
export async function validate(network: Network, data: Dataset, signal: AbortSignal): Promise<{ accuracy: number; mistakes: Mistake[] } | null> {
  const turns = new Turns();
  const images = new Float32Array(network.batchSize * PIXELS);
  const mistakes: Mistake[] = [];
  let right = 0;
  for (let from = 0; from < data.length; from += network.batchSize) {
    if (signal.aborted) return null;
    const n = Math.min(network.batchSize, data.length - from);
    for (let i = 0; i < n; i++) data.read(from + i, images, i * PIXELS);
    const { data: logits } = network.predictSync(images.subarray(0, n * PIXELS));
    for (let i = 0; i < n; i++) {
      const row = logits.subarray(i * 10, i * 10 + 10);
      const [said, truth] = [argmax(row), data.labels[from + i]!];
      if (said === truth) right++;
      else mistakes.push({ image: images.slice(i * PIXELS, (i + 1) * PIXELS), truth, said, confidence: softmax(row, exp)[said]! });
    }
    await turns.take();
  }
  return { accuracy: right / data.length, mistakes: mistakes.slice(-MOST_MISTAKES).reverse() };
}
