import { planNetwork, type CompileOptions } from './blueprint.js';
import type { Layer } from './layers/layer.js';
import { Network } from './network.js';

export type { CompileOptions };

/** Plans `model`, reserves its memory, draws its weights. Throws ShapeError, OptionError or MemoryError before anything runs. */
export async function compile(model: Layer, options: CompileOptions): Promise<Network> {
  return new Network(planNetwork(model, options));
}
