import { CONTROL_LIVE } from '../assembly/abi.js';
import type { TrainPlan } from './blueprint.js';
import { DivergedError } from './core/errors.js';
import type { Steps } from './steps.js';
import { buffersOf } from './plan/lifetime.js';

/** Runs the forward steps one by one and names the layer of the first whose output is not finite; null where all are. */
function firstNotFinite(network: Steps, train: TrainPlan, live: number): string | null {
  const { engine, blueprint } = network;
  const { control } = blueprint.arena;
  engine.integers(control + CONTROL_LIVE, 1)[0] = live;
  for (let i = train.forward.first; i < train.forward.last; i++) {
    const step = train.plan.steps[i]!;
    if (step.op === 'channelNormTrack') continue; // has run once for these images
    engine.run(i, i + 1, control);
    for (const buffer of buffersOf(step, 'write')) {
      const words = Math.floor((buffer.words * live) / network.batchSize);
      if (!engine.floats(buffer.address, words).every(Number.isFinite)) return step.layer;
    }
  }
  return null;
}

/** What to throw for a loss that is not finite. */
export function divergence(network: Steps, train: TrainPlan, live: number): DivergedError {
  const layer = firstNotFinite(network, train, live);
  const found = layer === null ? '' : `; first layer with such an output: ${layer}`;
  const step = network.steps + 1;
  return new DivergedError(`Training stopped: loss is not finite at step ${step}${found}. Try a smaller learning rate (now ${network.learningRate}).`, step, layer);
}
