import { CONTROL_LIVE } from '../assembly/abi.js';
import type { TrainPlan } from './blueprint.js';
import type { Network } from './network.js';
import { buffersOf } from './plan/lifetime.js';

/** Runs the forward steps one by one and names the layer of the first whose output is not finite; null where all are. */
export function firstNotFinite(network: Network, train: TrainPlan, live: number): string | null {
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
