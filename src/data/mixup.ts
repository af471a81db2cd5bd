import { exp, log } from '../core/math.js';
import { hashName, Random } from '../core/random.js';

/** Gamma(shape, 1) by Marsaglia and Tsang (2000); below 1 by their own reduction, Gamma(a) = Gamma(a + 1) · u^(1/a). */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * exp(log((random.bits() + 1) / 0x100000000) / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) * (1 + c * x) * (1 + c * x);
    if (v > 0 && log((random.bits() + 1) / 0x100000000) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
  }
}

/**
 * Mixup (Zhang et al. 2018): each image of the batch becomes λ x + (1 − λ) x', x' another image of the batch, and its target the same
 * mixture of one-hot rows; λ ~ Beta(alpha, alpha), one per batch. Changes `images` [n, ...] in place, returns targets [n, classes].
 */
export function mixup(images: Float32Array, labels: Int32Array, classes: number, alpha: number, { seed, step }: { readonly seed: number; readonly step: number }): Float32Array {
  const random = new Random(seed, hashName(`mixup ${step}`));
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)];
  const lambda = a + b > 0 ? a / (a + b) : 1;
  const n = labels.length;
  const partner = random.shuffle(Uint32Array.from({ length: n }, (_, i) => i));
  const size = images.length / n;
  const old = images.slice();
  const targets = new Float32Array(n * classes);
  for (let i = 0; i < n; i++) {
    const from = partner[i]! * size;
    for (let k = 0; k < size; k++) images[i * size + k] = lambda * old[i * size + k]! + (1 - lambda) * old[from + k]!;
    targets[i * classes + labels[i]!]! += lambda;
    targets[i * classes + labels[partner[i]!]!]! += 1 - lambda;
  }
  return targets;
}
