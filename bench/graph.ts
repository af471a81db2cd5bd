import { UnsupportedError } from '../src/core/errors.js';
import { AdaptiveAvgPool2d, AvgPool2d, BatchNorm2d, Conv2d, Flatten, Graph, Linear, MaxPool2d, ReLU, Tanh, type Joins, type Layer } from '../src/layers/index.js';
import type { PlanTensor } from '../src/plan/tensor.js';
import type { Node } from './workloads.js';

// Networks given as lists of nodes: conv, maxpool, avgpool, gap, fc, tanh, add and concat, each of the outputs of earlier nodes.

/** What a node needs of its fields. */
export interface SizedNode extends Node {
  readonly in: readonly number[];
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly K: number;
  readonly R: number;
  readonly cin: number;
  readonly stride: number;
  readonly pad: number;
  readonly relu: boolean;
  readonly bn: boolean;
}

const MAKERS: Readonly<Record<string, (node: SizedNode, training: boolean) => Layer>> = {
  conv: ({ cin, K, R, stride, pad, bn }, training) => new Conv2d(cin, K, R, { stride, padding: pad, bias: !(training && bn) }),
  maxpool: ({ R, stride, pad, ceil }) => new MaxPool2d(R, { stride, padding: pad, ceilMode: ceil === true }),
  avgpool: ({ R, stride }) => new AvgPool2d(R, { stride }),
  gap: () => new AdaptiveAvgPool2d(1),
  fc: ({ cin, K }) => new Linear(cin, K),
  tanh: () => new Tanh(),
};

const JOINS: Readonly<Record<string, (joins: Joins, inputs: readonly PlanTensor[]) => PlanTensor>> = {
  add: ({ add }, inputs) => add(...inputs),
  concat: ({ concat }, inputs) => concat(...inputs),
};

/** The name of a node's layer: its parameters are `<name>.weight` and `<name>.bias`. */
export function nameOf(i: number, node: Node): string {
  return `${node.op}${i}`;
}

/** What of the graph cannot be built; null where all of it can. */
export function lacking(nodes: readonly Node[]): string | null {
  for (const [i, node] of nodes.entries()) {
    if (i === 0) continue;
    if (!Object.hasOwn(MAKERS, node.op) && !Object.hasOwn(JOINS, node.op)) return `node ${i} ${node.op}: this version has no such layer`;
    const inputs = node.in ?? [];
    const many = Object.hasOwn(JOINS, node.op);
    if (inputs.length < 1 || (!many && inputs.length > 1) || inputs.some((one) => !Number.isInteger(one) || one < 0 || one >= i)) {
      return `node ${i} ${node.op}: reads node ${String(node.in)}, expected ${many ? 'nodes' : 'one node'} before it`;
    }
  }
  return null;
}

/** The layers by name; a node's batch norm and relu stand behind it. Predicting folds batch norm into the convolution before it. */
function layersOf(nodes: readonly SizedNode[], training: boolean): Record<string, Layer> {
  const layers: Record<string, Layer> = {};
  for (const [i, node] of nodes.entries()) {
    if (i === 0) continue;
    if (Object.hasOwn(MAKERS, node.op)) layers[nameOf(i, node)] = MAKERS[node.op]!(node, training);
    if (node.bn && training) layers[`bn${i}`] = new BatchNorm2d(node.K);
    if (node.relu) layers[`relu${i}`] = new ReLU();
  }
  return layers;
}

/** Builds the network. Throws UnsupportedError naming the first node that no layer expresses. */
export function buildGraph(nodes: readonly Node[], training: boolean): { model: Layer; input: readonly number[] } {
  const lacks = lacking(nodes);
  if (lacks !== null) throw new UnsupportedError(lacks);
  const sized = nodes as readonly SizedNode[];
  const model = new Graph(layersOf(sized, training), (m, x, joins) => {
    const outputs = [x];
    for (const [i, node] of sized.entries()) {
      if (i === 0) continue;
      const inputs = node.in.map((one) => outputs[one]!);
      const [first] = inputs as [PlanTensor];
      const flat = node.op === 'fc' && first.shape.length > 1 ? joins.apply(new Flatten(), first) : first;
      let y = JOINS[node.op]?.(joins, inputs) ?? m[nameOf(i, node)]!(flat);
      for (const name of [`bn${i}`, `relu${i}`]) y = m[name]?.(y) ?? y;
      outputs.push(y);
    }
    return outputs.at(-1)!;
  });
  const { C, H, W } = sized[0]!;
  return { model, input: [C, H, W] };
}
