import { nameOf, type SizedNode } from './graph.js';
import type { Node } from './workloads.js';

// A network's forward in float64, node by node, by the definitions; images in row-major order.

export type Weights = ReadonlyMap<string, ArrayLike<number>>;

type Image = Float64Array<ArrayBuffer>;
type Forward = (node: SizedNode, before: SizedNode, xs: readonly Image[], n: number, name: string, weights: Weights) => Image;

const FORWARD: Readonly<Record<string, Forward>> = {
  conv: (node, before, [x], n, name, weights) => convolve(node, before, x!, n, weights.get(`${name}.weight`)!, weights.get(`${name}.bias`) ?? new Float64Array(node.K)),
  maxpool: (node, before, [x], n) => pool(node, before, x!, n, (window) => Math.max(...window)),
  avgpool: (node, before, [x], n) => pool(node, before, x!, n, (window) => mean(window)),
  gap: (node, before, [x], n) => pool({ ...node, R: Math.max(before.H, before.W), stride: 1, pad: 0 }, before, x!, n, mean),
  fc: (node, _, [x], n, name, weights) => dense(node, x!, n, weights.get(`${name}.weight`)!, weights.get(`${name}.bias`)!),
  tanh: (_node, _before, [x]) => x!.map(Math.tanh),
  add: (_node, _before, xs) => xs.reduce((a, b) => a.map((value, i) => value + b[i]!)),
  concat: (node, _, xs, n) => {
    const y = new Float64Array(n * node.C * node.H * node.W);
    let at = 0;
    for (let i = 0; i < n; i++) {
      for (const x of xs) {
        y.set(x.subarray((i * x.length) / n, ((i + 1) * x.length) / n), at);
        at += x.length / n;
      }
    }
    return y;
  },
};

const mean = (window: readonly number[]): number => window.reduce((sum, value) => sum + value, 0) / window.length;

/** The outputs of `n` images, [n, classes]. */
export function forwardGraph(nodes: readonly Node[], weights: Weights, images: ArrayLike<number>, n: number): Image {
  const outputs = [Float64Array.from(images)];
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i] as SizedNode;
    const y = FORWARD[node.op]!(node, nodes[node.in[0]!] as SizedNode, node.in.map((one) => outputs[one]!), n, nameOf(i, node), weights);
    if (weights.has(`bn${i}.weight`)) normalise(node, y, n, weights.get(`bn${i}.weight`)!, weights.get(`bn${i}.bias`)!);
    if (node.relu) for (let j = 0; j < y.length; j++) y[j] = Math.max(y[j]!, 0);
    outputs.push(y);
  }
  return outputs.at(-1)!;
}

/** y = (y − mean) / √(variance + 1e-5) · w + b per channel, over images and pixels. */
function normalise({ C, H, W }: SizedNode, y: Image, n: number, w: ArrayLike<number>, b: ArrayLike<number>): void {
  for (let c = 0; c < C; c++) {
    const planes = Array.from({ length: n }, (_, i) => y.subarray((i * C + c) * H * W, (i * C + c + 1) * H * W));
    const each = (f: (value: number) => number): number => planes.reduce((sum, plane) => plane.reduce((part, value) => part + f(value), sum), 0) / (n * H * W);
    const centre = each((value) => value);
    const scale = w[c]! / Math.sqrt(each((value) => (value - centre) ** 2) + 1e-5);
    for (const plane of planes) for (let j = 0; j < plane.length; j++) plane[j] = (plane[j]! - centre) * scale + b[c]!;
  }
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
