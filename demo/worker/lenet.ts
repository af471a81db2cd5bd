import { compile, losses, models, optimizers, type Network } from '../../src/index.js';
import type { RunOptions } from '../address.js';
import type { Kernels, LayerFacts } from './messages.js';

const INPUT = [1, 32, 32] as const;

const modelOf = ({ model }: RunOptions) => (model === 'lenet5' ? models.lenet5() : models.lenet5Modern());

/** The network that learns. */
export function learner(run: RunOptions): Promise<Network> {
  return compile(modelOf(run), { input: INPUT, batchSize: run.batch, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: run.lr, momentum: run.momentum }), seed: run.seed });
}

/** The same network for one image, whose inner outputs can be read: it is given the learner's weights before it looks. */
export class Viewer {
  readonly #network: Network;
  #weightsOf = -1;

  private constructor(network: Network) {
    this.#network = network;
  }

  static async make(run: RunOptions): Promise<Viewer> {
    return new Viewer(await compile(modelOf(run), { input: INPUT, fuse: false }));
  }

  /** The weights changed other than by a step. */
  forget(): void {
    this.#weightsOf = -1;
  }

  /** Outputs of every layer for one image [1, 32, 32], by name, row-major. */
  look(learner: Network, image: Float32Array): Record<string, Float32Array> {
    if (this.#weightsOf !== learner.steps) {
      const values = learner.parameters;
      this.#network.parameters.forEach((slot, i) => slot.write(values[i]!.read()));
      this.#weightsOf = learner.steps;
    }
    this.#network.predictSync(image);
    return Object.fromEntries([...this.#network.blueprint.predict.plan.outputs].filter(([name]) => name !== '').map(([name, tensor]) => {
      const lying = this.#network.engine.floats(tensor.buffer.address, tensor.shape.reduce((a, b) => a * b, 1));
      return [name, tensor.order ? channelsFirst(lying, tensor.order.channels) : lying.slice()];
    }));
  }

  dispose(): void {
    void this.#network.dispose();
  }
}

/** [pixels, channels] → [channels, pixels] */
function channelsFirst(values: Float32Array, channels: number): Float32Array {
  const pixels = values.length / channels;
  return Float32Array.from(values, (_, i) => values[(i % pixels) * channels + Math.floor(i / pixels)]!);
}

export function kernelsOf(network: Network): Kernels {
  const read = (name: string): Float32Array => network.parameters.find((slot) => slot.name === name)!.read();
  return { c1: read('c1.weight'), c3: read('c3.weight'), c1Bias: read('c1.bias'), c3Bias: read('c3.bias') };
}

export function factsOf(network: Network): LayerFacts[] {
  return network.summary().layers.map(({ name, type, outputShape, params, macs, receptiveField }) => ({ name, type, shape: [...outputShape], params, macs, field: receptiveField?.size[0] ?? null }));
}
