import { Sums, type Exact, type Numbers } from './array.js';

/** y[r, i] = −Σ (x[r, j] − w[i, j])² (LeCun et al. 1998, equation 7, with its sign turned). */
export function rbfForward(x: Numbers, w: Numbers): Exact {
  const [co, ci] = w.shape as [number, number];
  const rows = x.data.length / ci;
  const y = new Sums([...x.shape.slice(0, -1), co]);
  const magnitude = new Float64Array(rows * co);
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < co; i++)
      for (let j = 0; j < ci; j++) {
        const [a, b] = [x.data[r * ci + j]!, w.data[i * ci + j]!];
        y.add(r * co + i, -((a - b) ** 2));
        magnitude[r * co + i]! += Math.abs(a - b) * (Math.abs(a) + Math.abs(b));
      }
  return { data: y.data, magnitude, shape: y.shape, terms: ci };
}

export function rbfBackward(x: Numbers, w: Numbers, dy: Numbers): { input: Exact; weight: Exact } {
  const [co, ci] = w.shape as [number, number];
  const rows = x.data.length / ci;
  const [dx, dw] = [new Sums(x.shape), new Sums(w.shape)];
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < co; i++)
      for (let j = 0; j < ci; j++) {
        const slope = 2 * dy.data[r * co + i]! * (x.data[r * ci + j]! - w.data[i * ci + j]!);
        dx.add(r * ci + j, -slope);
        dw.add(i * ci + j, slope);
      }
  return { input: dx, weight: dw };
}

export interface RbfLossOptions {
  readonly criterion: 'map' | 'mse';
  readonly j: number;
  readonly reduction: 'mean' | 'sum' | 'none';
}

/** Equations 8 and 9 over scores x [n, classes]: −x_t, plus log(e^−j + Σ e^x). */
export function rbfLossForward(x: Numbers, target: ArrayLike<number>, o: RbfLossOptions): Exact {
  const [n, classes] = x.shape as [number, number];
  const none = o.reduction === 'none';
  const loss = new Sums(none ? [n] : []);
  const share = o.reduction === 'mean' ? 1 / n : 1;
  for (let r = 0; r < n; r++) {
    loss.add(none ? r : 0, -x.data[r * classes + target[r]!]! * share);
    if (o.criterion === 'map') loss.add(none ? r : 0, logSum(x, r, o.j) * share);
  }
  return { data: loss.data, magnitude: loss.magnitude.map((v) => v + 1), shape: loss.shape, terms: loss.terms + classes };
}

function logSum(x: Numbers, r: number, j: number): number {
  const classes = x.shape[1]!;
  const all = [-j, ...Array.from({ length: classes }, (_, c) => x.data[r * classes + c]!)];
  const top = Math.max(...all);
  return top + Math.log(all.reduce((sum, v) => sum + Math.exp(v - top), 0));
}

export function rbfLossBackward(x: Numbers, target: ArrayLike<number>, dy: Numbers, o: RbfLossOptions): Exact {
  const [n, classes] = x.shape as [number, number];
  const share = o.reduction === 'mean' ? 1 / n : 1;
  const [data, magnitude] = [new Float64Array(n * classes), new Float64Array(n * classes)];
  for (let r = 0; r < n; r++)
    for (let c = 0; c < classes; c++) {
      const g = dy.data[o.reduction === 'none' ? r : 0]! * share;
      const p = o.criterion === 'map' ? Math.exp(x.data[r * classes + c]! - logSum(x, r, o.j)) : 0;
      const hit = c === target[r] ? 1 : 0;
      data[r * classes + c] = g * (p - hit);
      magnitude[r * classes + c] = Math.abs(g) * (p * (1 + Math.abs(x.data[r * classes + c]!)) + hit);
    }
  return { data, magnitude, shape: x.shape, terms: classes };
}
