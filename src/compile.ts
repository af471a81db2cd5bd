import { planNetwork, type Blueprint, type CompileOptions } from './blueprint.js';
import { MemoryError } from './core/errors.js';
import type { Layer } from './layers/layer.js';
import { Network } from './network.js';
import { baseModule, hasThreadsBuild, relaxedModule, threadsModule } from './runtime/builds.js';
import { callerMayBlock, threadsMissing } from './runtime/cores.js';
import { Engine } from './runtime/engine.js';

export type { CompileOptions };

/** A network of one worker. */
export function unthreaded(blueprint: Blueprint): Network {
  return new Network(blueprint, new Engine(baseModule(), blueprint.arena.bytes), null);
}

/** A network whose steps run on several threads, or on one beside the caller's. */
async function threaded(blueprint: Blueprint): Promise<Network> {
  const { arena, options: { workers, inWorker = false, workerFile: file } } = blueprint;
  const [module, { Crew }] = await Promise.all([threadsModule(), import('./runtime/crew.js')]);
  const engine = new Engine(module, arena.bytes, 'shared');
  const callerWorks = callerMayBlock() && !inWorker;
  return new Network(blueprint, engine, await Crew.start(module, engine, arena.control, { workers, callerWorks, file }));
}

/** Plans `model`, reserves its memory, draws its weights. Throws ShapeError, OptionError or MemoryError before anything runs. */
export async function compile(model: Layer, options: CompileOptions): Promise<Network> {
  const blueprint = planNetwork(model, options, options?.memory === 'low' ? (await import('./plan/recompute.js')).recompute : undefined);
  const { arena, options: { workers, build, inWorker } } = blueprint;
  if (build === 'relaxed') return new Network(blueprint, new Engine(await relaxedModule(), arena.bytes), null);
  if (workers === 1 && !inWorker) return unthreaded(blueprint);
  let why = hasThreadsBuild() ? threadsMissing() : 'this entry of the package carries no build with atomics';
  if (why === null) {
    try {
      return await threaded(blueprint);
    } catch (error) {
      if (error instanceof MemoryError) throw error;
      why = error instanceof Error ? error.message : String(error);
    }
  }
  console.warn(`convasm: no threads (${why}). ${workers > 1 ? `${workers} workers were asked for, one runs` : 'The network runs on the calling thread'}. The results are the same.`);
  return unthreaded(blueprint);
}
