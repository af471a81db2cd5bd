import { exp } from './core/math.js';
import type { Tensor } from './core/shape.js';

/** Row `row` of logits [n, classes] as probabilities: e^(x - max) / Σ e^(x - max). */
export function softmax({ data, shape }: Tensor, row: number): number[] {
  const classes = shape[1]!;
  const logits = Array.from(data.subarray(row * classes, (row + 1) * classes));
  const max = Math.max(...logits);
  const powers = logits.map((logit) => exp(logit - max));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
