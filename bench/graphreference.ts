import { nameOf, type SizedNode } from './graph.js';
import type { Node } from './workloads.js';

// A network's forward in float64, node by node, by the definitions; images in row-major order.

export type Weights = ReadonlyMap<string, ArrayLike<number>>;

type Forward = (node: SizedNode, before: SizedNode, x: Float64Array<ArrayBuffer>, n: number, name: string, weights: Weights) => Float64Array<ArrayBuffer>;

const FORWARD: Readonly<Record<string, Forward>> = {
  conv: (node, before, x, n, name, weights) => convolve(node, before, x, n, weights.get(`${name}.weight`)!, weights.get(`${name}.bias`)!),
  maxpool: (node, before, x, n) => pool(node, before, x, n, (window) => Math.max(...window)),
  avgpool: (node, before, x, n) => pool(node, before, x, n, (window) => window.reduce((sum, value) => sum + value, 0) / (node.R * node.R)),
  fc: (node, _, x, n, name, weights) => dense(node, x, n, weights.get(`${name}.weight`)!, weights.get(`${name}.bias`)!),
  tanh: (_node, _before, x) => x.map(Math.tanh),
};

/** The outputs of `n` images, [n, classes]. */
export function forwardGraph(nodes: readonly Node[], weights: Weights, images: ArrayLike<number>, n: number): Float64Array<ArrayBuffer> {
  let x = Float64Array.from(images);
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i] as SizedNode;
    x = FORWARD[node.op]!(node, nodes[i - 1] as SizedNode, x, n, nameOf(i, node), weights);
    if (node.relu) for (let j = 0; j < x.length; j++) x[j] = Math.max(x[j]!, 0);
  }
  return x;
}

/** −mean over images of log softmax(logits)[label]. */
export function crossEntropyOf(logits: Float64Array, labels: ArrayLike<number>): number {
  const classes = logits.length / labels.length;
  let loss = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const most = Math.max(...row);
    loss += most + Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0)) - row[labels[i]!]!;
  }
  return loss / labels.length;
}

function convolve(node: SizedNode, { C, H, W }: SizedNode, x: Float64Array, n: number, w: ArrayLike<number>, b: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const { K, R, H: P, W: Q } = node;
  const y = new Float64Array(n * K * P * Q);
  for (let image = 0; image < n; image++) {
    for (let k = 0; k < K; k++) {
      const plane = y.subarray((image * K + k) * P * Q, (image * K + k + 1) * P * Q).fill(b[k]!);
      for (let c = 0; c < C; c++) {
        const from = x.subarray((image * C + c) * H * W, (image * C + c + 1) * H * W);
        for (let tap = 0; tap < R * R; tap++) addTap(node, plane, from, H, W, tap, w[(k * C + c) * R * R + tap]!);
      }
    }
  }
  return y;
}

/** plane[p, q] += weight · x[p·stride + r − pad, q·stride + s − pad] for the tap r, s. */
function addTap({ R, H: P, W: Q, stride, pad }: SizedNode, plane: Float64Array, x: Float64Array, H: number, W: number, tap: number, weight: number): void {
  const [r, s] = [Math.floor(tap / R) - pad, (tap % R) - pad];
  const first = Math.max(0, Math.ceil(-s / stride));
  const last = Math.min(Q - 1, Math.floor((W - 1 - s) / stride));
  for (let p = 0; p < P; p++) {
    const row = p * stride + r;
    if (row < 0 || row >= H) continue;
    for (let q = first, at = row * W + first * stride + s; q <= last; q++, at += stride) plane[p * Q + q]! += weight * x[at]!;
  }
}

function pool({ R, stride, pad, H: P, W: Q }: SizedNode, { C, H, W }: SizedNode, x: Float64Array, n: number, of: (window: number[]) => number): Float64Array<ArrayBuffer> {
  const y = new Float64Array(n * C * P * Q);
  for (let i = 0; i < y.length; i++) {
    const [plane, p, q] = [Math.floor(i / (P * Q)) * H * W, Math.floor((i % (P * Q)) / Q) * stride - (pad ?? 0), (i % Q) * stride - (pad ?? 0)];
    const window: number[] = [];
    for (let row = Math.max(p, 0); row < Math.min(p + R, H); row++) for (let column = Math.max(q, 0); column < Math.min(q + R, W); column++) window.push(x[plane + row * W + column]!);
    y[i] = of(window);
  }
  return y;
}

function dense({ cin, K }: SizedNode, x: Float64Array, n: number, w: ArrayLike<number>, b: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const y = new Float64Array(n * K);
  for (let i = 0; i < y.length; i++) {
    const [from, row] = [Math.floor(i / K) * cin, (i % K) * cin];
    let sum = b[i % K]!;
    for (let t = 0; t < cin; t++) sum += x[from + t]! * w[row + t]!;
    y[i] = sum;
  }
  return y;
}
