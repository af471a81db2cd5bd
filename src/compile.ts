import { planNetwork, type Blueprint, type CompileOptions } from './blueprint.js';
import type { Layer } from './layers/layer.js';
import { Network } from './network.js';
import { baseModule, hasThreadsBuild, relaxedModule, threadsModule } from './runtime/builds.js';
import { supportsThreads } from './runtime/cores.js';
import { Crew } from './runtime/crew.js';
import { Engine } from './runtime/engine.js';

export type { CompileOptions };

/** A network of one worker. */
export function unthreaded(blueprint: Blueprint): Network {
  return new Network(blueprint, new Engine(baseModule(), blueprint.arena.bytes), null);
}

/** Plans `model`, reserves its memory, draws its weights. Throws ShapeError, OptionError or MemoryError before anything runs. */
export async function compile(model: Layer, options: CompileOptions): Promise<Network> {
  const blueprint = planNetwork(model, options);
  const { arena, options: { workers, build } } = blueprint;
  if (build === 'relaxed') return new Network(blueprint, new Engine(await relaxedModule(), arena.bytes), null);
  if (workers === 1 || !supportsThreads() || !hasThreadsBuild()) {
    if (workers > 1) console.warn(`convasm: threads cannot be started here (Node has them): ${workers} workers asked for, one runs. The results are the same.`);
    return unthreaded(blueprint);
  }
  const module = await threadsModule();
  const engine = new Engine(module, arena.bytes, 'shared');
  const crew = await Crew.start(module, engine, arena.control, workers);
  return new Network(blueprint, engine, crew);
}
