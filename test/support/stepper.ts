import { CONTROL_ACCUMULATE, CONTROL_LIVE, CONTROL_RATE, CONTROL_SEED, CONTROL_UPDATES } from '../../assembly/abi.js';
import type { Tensor } from '../../src/core/shape.js';
import type { Network } from '../../src/network.js';
import type { PlanStep, Range } from '../../src/plan/plan.js';
import type { Buffer } from '../../src/plan/tensor.js';

/** A network's two programs, to be run step by step. */
export class Stepper {
  readonly network: Network;
  constructor(network: Network) {
    this.network = network;
  }

  get steps(): readonly PlanStep[] {
    const { train, predict } = this.network.blueprint;
    return [...(train?.plan.steps ?? []), ...predict.plan.steps];
  }

  get train(): Range {
    return this.network.blueprint.train!.all;
  }

  get predict(): Range {
    const first = this.network.blueprint.train?.plan.steps.length ?? 0;
    return { first, last: this.steps.length };
  }

  floats(buffer: Buffer): Float32Array<ArrayBuffer> {
    return this.network.engine.floats(buffer.address, buffer.words);
  }

  /** A copy of a buffer's bits. */
  bits(buffer: Buffer): Int32Array {
    return this.network.engine.integers(buffer.address, buffer.words).slice();
  }

  /** Writes what `net.step` or `net.predict` would write before a run. */
  write(live: number, images: Float32Array, target: Int32Array | Tensor | null, updates = 0): void {
    const { engine, blueprint } = this.network;
    const { control } = blueprint.arena;
    for (const plan of [blueprint.train, blueprint.predict]) if (plan) this.floats(plan.images.buffer).set(images);
    for (const loss of target ? (blueprint.train?.losses ?? []) : []) {
      if (target instanceof Int32Array) engine.integers(loss.target.address, loss.target.words).set(target);
      else this.floats(loss.target).set(target!.data);
      this.floats(loss.gradient).fill(loss.weight);
    }
    engine.integers(control + CONTROL_LIVE, 1)[0] = live;
    engine.integers(control + CONTROL_UPDATES, 1)[0] = updates;
    engine.integers(control + CONTROL_ACCUMULATE, 1)[0] = 0;
    engine.integers(control + CONTROL_SEED, 2).set([blueprint.options.seed, 0]);
    engine.floats(control + CONTROL_RATE, 1)[0] = this.network.learningRate;
  }

  /** Step `i` as `workers` workers, one after another, first or last first. */
  run(i: number, workers = 1, backwards = false): number {
    const { engine, blueprint } = this.network;
    let result = 0;
    for (let w = 0; w < workers; w++) result = engine.run(i, i + 1, blueprint.arena.control, backwards ? workers - 1 - w : w, workers);
    return result;
  }
}
