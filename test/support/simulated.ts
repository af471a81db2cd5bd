import { planNetwork, type CompileOptions } from '../../src/blueprint.js';
import { unthreaded } from '../../src/compile.js';
import type { Layer } from '../../src/layers/index.js';
import { recompute } from '../../src/plan/recompute.js';
import type { Network } from '../../src/network.js';

/** A network planned for `workers`, without threads: a test plays the workers one after another on one instance. */
export function simulated(model: Layer, options: CompileOptions): Network {
  return unthreaded(planNetwork(model, options, recompute));
}
