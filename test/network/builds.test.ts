import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { planNetwork } from '../../src/blueprint.js';
import { compile } from '../../src/index.js';
import { Network } from '../../src/network.js';
import { threadsModule } from '../../src/runtime/builds.js';
import { Engine } from '../../src/runtime/engine.js';
import { batchFor, networks, optionsOf } from '../support/networks.js';
import { simulated } from '../support/simulated.js';

// The builds of the kernels against one another, over every layer.

if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
const threads = await threadsModule();

/** A network on the build with atomics, without threads. */
function shared(one: (typeof networks)[number]): Network {
  const blueprint = planNetwork(one.model(), optionsOf(one));
  return new Network(blueprint, new Engine(threads, blueprint.arena.bytes, 'shared'), null);
}

describe.each(networks)('$name', (one) => {
  test('the base and the threaded build train to the same bits', () => {
    const files = [simulated(one.model(), optionsOf(one)), shared(one)].map((net) => {
      const { images, target } = batchFor(one, net.outputShape, 4);
      const losses = [1, 2, 3].map(() => net.stepSync(images, target).loss);
      return { losses, predicted: net.predictSync(images).data, saved: net.save() };
    });
    expect(files[1]).toEqual(files[0]);
  });
});

test('the relaxed build differs by rounding alone, and takes one worker', async () => {
  const lenet = networks.find(({ name }) => name === 'lenet5')!;
  const [base, relaxed] = [await compile(lenet.model(), optionsOf(lenet)), await compile(lenet.model(), { ...optionsOf(lenet), build: 'relaxed' })];
  const { images, target } = batchFor(lenet, base.outputShape, 5);
  for (let i = 0; i < 5; i++) {
    const [a, b] = [base.stepSync(images, target as Int32Array).loss, relaxed.stepSync(images, target as Int32Array).loss];
    expect(Math.abs(a - b)).toBeLessThan(1e-4 * Math.abs(a));
  }
  await expect(compile(lenet.model(), { ...optionsOf(lenet), build: 'relaxed', workers: 2 })).rejects.toThrow("workers is 2, expected 1 with build: 'relaxed'");
  await expect(compile(lenet.model(), { ...optionsOf(lenet), build: 'fast' as never })).rejects.toThrow("build is 'fast', expected 'simd' or 'relaxed'");
});
