import { UnsupportedError } from '../src/core/errors.js';
import { AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, Tanh, type Layer } from '../src/layers/index.js';
import type { Node } from './workloads.js';

// Networks given as lists of nodes: conv, maxpool, avgpool, fc, tanh and, in this version, nothing with branches.

/** What a node needs of its fields. */
export interface SizedNode extends Node {
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly K: number;
  readonly R: number;
  readonly cin: number;
  readonly stride: number;
  readonly pad: number;
  readonly relu: boolean;
}

const MAKERS: Readonly<Record<string, (node: SizedNode) => Layer>> = {
  conv: ({ cin, K, R, stride, pad }) => new Conv2d(cin, K, R, { stride, padding: pad }),
  maxpool: ({ R, stride, pad, ceil }) => new MaxPool2d(R, { stride, padding: pad, ceilMode: ceil === true }),
  avgpool: ({ R, stride }) => new AvgPool2d(R, { stride }),
  fc: ({ cin, K }) => new Linear(cin, K),
  tanh: () => new Tanh(),
};

/** The name of a node's layer: its parameters are `<name>.weight` and `<name>.bias`. */
export function nameOf(i: number, node: Node): string {
  return `${node.op}${i}`;
}

/** What of the graph no layer expresses; null where all of it can be built. Predicting folds batch norm into the convolution before it. */
export function lacking(nodes: readonly Node[], training: boolean): string | null {
  for (const [i, node] of nodes.entries()) if (i > 0 && !Object.hasOwn(MAKERS, node.op)) return `node ${i} ${node.op}: this version has no such layer`;
  for (const [i, node] of nodes.entries()) {
    if (i === 0) continue;
    if (node.in?.length !== 1 || node.in[0] !== i - 1) return `node ${i} ${node.op}: reads node ${String(node.in)}, this version takes only the one before`;
    if (training && node['bn'] === true) return `node ${i} ${node.op}: batch norm is not in this version`;
  }
  return null;
}

/** Builds the network. Throws UnsupportedError naming the first node that no layer expresses. */
export function buildGraph(nodes: readonly Node[], training: boolean): { model: Sequential; input: readonly number[] } {
  const lacks = lacking(nodes, training);
  if (lacks !== null) throw new UnsupportedError(lacks);
  const sized = nodes as readonly SizedNode[];
  const layers: Record<string, Layer> = {};
  let flat = false;
  for (const [i, node] of sized.entries()) {
    if (i === 0) continue;
    if (node.op === 'fc' && !flat) {
      layers[`flatten${i}`] = new Flatten();
      flat = true;
    }
    layers[nameOf(i, node)] = MAKERS[node.op]!(node);
    if (node.relu) layers[`relu${i}`] = new ReLU();
  }
  const { C, H, W } = sized[0]!;
  return { model: new Sequential(layers), input: [C, H, W] };
}
