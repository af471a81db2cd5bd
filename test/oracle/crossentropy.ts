import { Sums, type Exact, type Numbers } from './array.js';
import { lines, logSoftmaxForward, softmaxForward } from './softmax.js';

export interface CrossEntropyOptions {
  readonly weight: ArrayLike<number> | null;
  readonly reduction: 'mean' | 'sum' | 'none';
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
}

/** Class numbers [n, ...], or probabilities of the shape of x. */
export type Target = ArrayLike<number> | Numbers;

const isNumbers = (target: Target): target is Numbers => 'shape' in target;

/**
 * Every loss is -Σ over classes of q[class] * log softmax(x)[class]; q has the class weights in it:
 *   class y:        q[c] = w[c] * ((1 - smoothing) * [c = y] + smoothing / classes), or all 0 where y is ignored
 *   probabilities:  q[c] = w[c] * ((1 - smoothing) * target[c] + smoothing / classes)
 */
function coefficients(x: Numbers, target: Target, o: CrossEntropyOptions): Float64Array {
  const q = new Float64Array(x.data.length);
  lines(x.shape, x.shape.length === 1 ? 0 : 1).forEach((line, at) => {
    line.forEach((i, c) => {
      const ignored = !isNumbers(target) && target[at] === o.ignoreIndex;
      const given = isNumbers(target) ? target.data[i]! : target[at] === c ? 1 : 0;
      if (!ignored) q[i] = (o.weight?.[c] ?? 1) * ((1 - o.labelSmoothing) * given + o.labelSmoothing / line.length);
    });
  });
  return q;
}

/** What 'mean' divides by: the weights of the classes that count, or for probabilities the number of losses. */
function denominator(positions: number, target: Target, o: CrossEntropyOptions): number {
  if (o.reduction !== 'mean') return 1;
  if (isNumbers(target)) return positions;
  return Array.from(target).reduce((sum, y) => sum + (y === o.ignoreIndex ? 0 : (o.weight?.[y] ?? 1)), 0);
}

const lossShape = (x: readonly number[], o: CrossEntropyOptions): number[] => (o.reduction === 'none' ? x.filter((_, d) => d !== (x.length === 1 ? 0 : 1)) : []);

export function crossEntropyForward(x: Numbers, target: Target, o: CrossEntropyOptions): Exact {
  const dim = x.shape.length === 1 ? 0 : 1;
  const q = coefficients(x, target, o);
  const log = logSoftmaxForward(x, dim);
  const all = lines(x.shape, dim);
  const loss = new Sums(lossShape(x.shape, o));
  const magnitude = new Float64Array(loss.data.length);
  const share = 1 / denominator(all.length, target, o);
  all.forEach((line, at) => {
    const slot = o.reduction === 'none' ? at : 0;
    for (const i of line) {
      if (q[i] !== 0) loss.add(slot, -q[i]! * log.data[i]!);
      magnitude[slot]! += Math.abs(q[i]! * log.magnitude[i]! * share);
    }
  });
  return { data: loss.data.map((v) => v * share), magnitude, shape: loss.shape, terms: loss.terms + log.terms };
}

/** dx[c] = dy * (softmax(x)[c] * Σ q - q[c]) / denominator */
export function crossEntropyBackward(x: Numbers, target: Target, dy: Numbers, o: CrossEntropyOptions): Exact {
  const dim = x.shape.length === 1 ? 0 : 1;
  const q = coefficients(x, target, o);
  const p = softmaxForward(x, dim);
  const all = lines(x.shape, dim);
  const share = 1 / denominator(all.length, target, o);
  const [data, magnitude] = [new Float64Array(q.length), new Float64Array(q.length)];
  all.forEach((line, at) => {
    const scale = dy.data[o.reduction === 'none' ? at : 0]! * share;
    const sum = line.reduce((a, i) => a + q[i]!, 0);
    const size = line.reduce((a, i) => a + Math.abs(q[i]!), 0);
    for (const i of line) {
      data[i] = scale * (p.data[i]! * sum - q[i]!);
      magnitude[i] = Math.abs(scale) * (p.magnitude[i]! * size + Math.abs(q[i]!));
    }
  });
  return { data, magnitude, shape: x.shape, terms: p.terms + all.length };
}
