import { describe, expect, test } from 'vitest';
import { compile } from '../../src/index.js';
import type { Network } from '../../src/network.js';
import type { Buffer } from '../../src/plan/tensor.js';
import { OPS } from '../../src/plan/ops.js';
import { batchFor, networks, optionsOf, type NetworkCase } from '../support/networks.js';
import { Sentinel } from '../support/sentinel.js';
import { Stepper } from '../support/stepper.js';
import { simulated } from '../support/simulated.js';

// Silent corruption is the price of one arena: so every step is watched to write only what it declares, and to read nothing that is dead.

const BATCH = 5;

const trainInputs = (net: Network): Buffer[] => {
  const { images, losses } = net.blueprint.train!;
  return [images.buffer, ...losses.flatMap(({ target, gradient }) => [target, gradient])];
};

async function watched(one: NetworkCase, live: number, workers: number) {
  const [plain, canaried] = [await compile(one.model(), optionsOf(one)), simulated(one.model(), optionsOf(one, { canary: 64, workers }))];
  const { images, target } = batchFor(one, plain.outputShape, live);
  const stepper = new Stepper(canaried);
  stepper.write(live, images, target);
  return { plain, stepper, images, target };
}

describe.each(networks)('$name', (one) => {
  test.each([[BATCH, 1], [2, 1], [3, 3]])('trains %i images as %i worker(s) within its declared writes', async (live, workers) => {
    const { plain, stepper, images, target } = await watched(one, live, workers);
    const sentinel = new Sentinel(stepper, stepper.train, trainInputs(stepper.network));
    expect(sentinel.overlaps()).toEqual([]);
    sentinel.prepare();
    expect(sentinel.run(workers)).toEqual([]);
    const { loss } = plain.stepSync(images, target);
    expect(stepper.floats(stepper.network.blueprint.train!.lossTensors!.loss)[0]).toBe(loss);
    expect(loss).toBeGreaterThan(0);
    for (const [name, gradient] of plain.gradients()) expect(stepper.network.gradients().get(name), name).toEqual(gradient);
    expect(await stepper.network.digest()).toBe(await plain.digest());
    expect(plain.inputGradient().data).toEqual(stepper.floats(stepper.network.blueprint.train!.plan.gradientOf(stepper.network.blueprint.train!.images)!).slice(0, images.length));
  });

  test.each([BATCH, 1])('predicts %i images within its declared writes', async (live) => {
    const { plain, stepper, images } = await watched(one, live, 1);
    const { images: input, output } = stepper.network.blueprint.predict;
    const sentinel = new Sentinel(stepper, stepper.predict, [input.buffer]);
    expect(sentinel.overlaps()).toEqual([]);
    sentinel.prepare();
    expect(sentinel.run()).toEqual([]);
    const { data } = plain.predictSync(images);
    expect(stepper.floats(output.buffer).slice(0, data.length)).toEqual(data);
    expect(data.every(Number.isFinite)).toBe(true);
  });
});

test('together the networks use every op, but those of products of two tensors', async () => {
  const used = new Set<string>();
  for (const one of networks) for (const step of new Stepper(await compile(one.model(), optionsOf(one))).steps) used.add(step.op);
  expect(Object.keys(OPS).filter((op) => !used.has(op))).toEqual(['gemm', 'packPanels']);
});

test('a stray write and a read of dead memory are found', async () => {
  const one = networks[0]!;
  const { stepper } = await watched(one, BATCH, 1);
  const sentinel = new Sentinel(stepper, stepper.train, trainInputs(stepper.network));
  sentinel.prepare();
  const step = stepper.steps[0]!;
  const y = (step.fields as Record<string, Buffer>)['y']!;
  // The first step's record says that its output lies one line further than it was given.
  const { engine, blueprint } = stepper.network;
  const words = engine.integers(blueprint.arena.records, 40);
  words[words.indexOf(y.address)]! += 64;
  expect(sentinel.run()[0]).toContain(`0 ${step.layer} ${step.op}: wrote byte`);
  expect(stepper.network.gradients().get('c1.weight')!.data.some(Number.isNaN)).toBe(true);
});
