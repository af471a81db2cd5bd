import { compile, losses, models, optimizers, type Network } from '../../src/index.js';
import { lenet5Weights } from '../../src/weights/lenet5.js';
import type { RunOptions } from '../address.js';
import type { Kernels, LayerFacts, Row, Unit } from './messages.js';

const INPUT = [1, 32, 32] as const;
const LOOKED_AT = ['a1', 's2', 'a3', 's4', 'a5', 'a6', 'output'];

const modelOf = ({ model }: RunOptions) => (model === 'lenet5' ? models.lenet5() : models.lenet5Modern());

/** The network that learns; it keeps every layer's output, at the same speed and to the same bits. */
export function learner(run: RunOptions): Promise<Network> {
  return compile(modelOf(run), { input: INPUT, batchSize: run.batch, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: run.lr, momentum: run.momentum }), seed: run.seed, fuse: false });
}

/** LeNet-5 with the weights that come along: it reads the pad until there is a network of the reader's own. */
export async function shippedReader(): Promise<Network> {
  const network = await compile(models.lenet5(), { input: INPUT, fuse: false });
  network.load(lenet5Weights());
  return network;
}

/** Outputs of the layers that the page shows, for one image [1, 32, 32], by name, row-major. */
export async function lookAt(network: Network, image: Float32Array): Promise<Record<string, Float32Array>> {
  return Object.fromEntries([...(await network.predict(image, { outputs: LOOKED_AT }))].map(([name, { data }]) => [name, data]));
}

/** Weights of one unit of a dense layer, and its bias. */
export function rowOf(network: Network, { layer, unit }: Unit): Row {
  const read = (name: string): Float32Array => network.parameters.find((slot) => slot.name === `${layer}.${name}`)!.read();
  const [weights, biases] = [read('weight'), read('bias')];
  const inputs = weights.length / biases.length;
  return { layer, unit, weights: weights.slice(unit * inputs, (unit + 1) * inputs), bias: biases[unit]! };
}

export function kernelsOf(network: Network): Kernels {
  const read = (name: string): Float32Array => network.parameters.find((slot) => slot.name === name)!.read();
  return { c1: read('c1.weight'), c3: read('c3.weight'), c1Bias: read('c1.bias'), c3Bias: read('c3.bias') };
}

export function factsOf(network: Network): LayerFacts[] {
  return network.summary().layers.map(({ name, type, outputShape, params, macs, receptiveField }) => ({ name, type, shape: [...outputShape], params, macs, field: receptiveField?.size[0] ?? null }));
}
