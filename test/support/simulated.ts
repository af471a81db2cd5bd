import { planNetwork, type CompileOptions } from '../../src/blueprint.js';
import type { Layer } from '../../src/layers/index.js';
import { Network } from '../../src/network.js';
import { baseModule } from '../../src/runtime/builds.js';
import { Engine } from '../../src/runtime/engine.js';

/** A network planned for `workers`, without threads: a test plays the workers one after another on one instance. */
export function simulated(model: Layer, options: CompileOptions): Network {
  const blueprint = planNetwork(model, options);
  return new Network(blueprint, new Engine(baseModule(), blueprint.arena.bytes), null);
}
