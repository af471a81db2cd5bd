import { describe, expect, test } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import type { Dataset } from '../../src/data/dataset.js';
import { compile, fit, layers, losses, optimizers, schedules, type CompileOptions, type Network } from '../../src/index.js';
import { randomTensor } from '../conformance/within.js';

const { Conv2d, Flatten, Linear, MaxPool2d, Sequential, Tanh } = layers;

/** Some 20 000 weights: the gradient of f4 takes several chunks of the norm. */
const model = (): layers.Layer =>
  new Sequential({ c1: new Conv2d(1, 5, 3), a1: new Tanh(), s2: new MaxPool2d(2), c3: new Conv2d(5, 7, 3), flat: new Flatten(), f4: new Linear(112, 173), a4: new Tanh(), out: new Linear(173, 3) });

const make = (options: Partial<CompileOptions> = {}): Promise<Network> =>
  compile(model(), { input: [1, 14, 14], batchSize: 4, loss: losses.crossEntropy(), optimizer: optimizers.adam({ lr: 0.01 }), seed: 3, ...options });

const images = randomTensor(1, 18, 1, 14, 14);
const data: Dataset = {
  name: 'noise', length: 18, shape: [1, 14, 14], classes: ['a', 'b', 'c'], labels: Int32Array.from({ length: 18 }, (_, i) => i % 3),
  read: (index, out, offset) => out.set(images.data.subarray(index * 196, (index + 1) * 196), offset),
};
const batch = { data: images.data.slice(0, 4 * 196), shape: [4, 1, 14, 14] };
const labels = [0, 1, 2, 1];

async function epochs(net: Network, count: number, options: { schedule?: schedules.Schedule } = {}, from = 0): Promise<void> {
  for await (const epoch of fit(net, data, { epochs: count, position: { epoch: from, batch: 0 }, ...options })) expect(epoch.loss).toBeGreaterThan(0);
}

/** Names of the parameters that differ between two networks. */
function changed(a: Network, b: Network): string[] {
  const others = new Map(b.parameters.map((slot) => [slot.name, slot.read()]));
  return a.parameters.filter((slot) => slot.read().some((value, i) => value !== others.get(slot.name)![i])).map((slot) => slot.name);
}

describe('a restored run equals an unbroken one bit for bit', () => {
  const rows: Record<string, optimizers.Optimizer> = {
    adam: optimizers.adam({ lr: 0.01, weightDecay: 0.01 }),
    amsgrad: optimizers.adam({ lr: 0.01, amsgrad: true }),
    adamw: optimizers.adamw({ lr: 0.01 }),
    rmsprop: optimizers.rmsprop({ lr: 0.002, centered: true, momentum: 0.9 }),
    adagrad: optimizers.adagrad({ lr: 0.01, lrDecay: 0.1, initialAccumulatorValue: 0.1 }),
    sgd: optimizers.sgd({ lr: 0.05, momentum: 0.9, dampening: 0.1, groups: [{ match: '*.bias', lr: 0.01, momentum: 0 }] }),
  };
  for (const [name, optimizer] of Object.entries(rows))
    test(name, async () => {
      const schedule = schedules.sequential([schedules.linear({ lr: optimizer.lr, totalIters: 4 }), schedules.cosine({ lr: optimizer.lr, tMax: 12 })], { milestones: [4] });
      const options = { optimizer, clip: { norm: 0.5 } };
      const [whole, first, second] = [await make(options), await make(options), await make({ ...options, seed: 9 })];
      await epochs(whole, 3, { schedule });
      await epochs(first, 1, { schedule });
      second.restore(first.checkpoint());
      await epochs(second, 3, { schedule }, 1);
      expect(second.steps).toBe(15);
      expect(second.checkpoint()).toEqual(whole.checkpoint());
      expect(changed(whole, await make(options)).length).toBe(8);
    });
});

test('every number of workers gives the same bits', async () => {
  const optimizer = optimizers.adamw({ lr: 0.01, amsgrad: true });
  for (const clip of [{ norm: 0.1 }, { value: 0.001 }]) {
    const alone = await make({ optimizer, clip });
    const shared = await make({ optimizer, clip });
    for (const net of [alone, shared]) net.lossAndGradientsSync(batch, labels);
    const { train, arena } = shared.blueprint;
    alone.updateSync();
    for (let step = train!.update.first; step < train!.update.last; step++) {
      for (let worker = 2; worker >= 0; worker--) shared.engine.run(step, step + 1, arena.control, worker, 3);
    }
    expect(shared.save()).toEqual(alone.save());
    expect(shared.gradients()).toEqual(alone.gradients());
  }
});

describe('groups', () => {
  test('a rate of 0 leaves its parameters alone; net.learningRate moves all in proportion', async () => {
    const start = await make();
    const net = await make({ optimizer: optimizers.adam({ lr: 0.01, groups: [{ match: 'c1.*', lr: 0 }, { match: (name) => name.endsWith('weight'), weightDecay: 0.1 }] }) });
    net.stepSync(batch, labels);
    expect(changed(net, start)).toEqual(['c3.weight', 'c3.bias', 'f4.weight', 'f4.bias', 'out.weight', 'out.bias']);
    const before = net.save();
    net.learningRate = 0;
    net.stepSync(batch, labels);
    expect(net.save()).toEqual(before);
  });

  test('a group that fits nothing is refused', async () => {
    await expect(make({ optimizer: optimizers.sgd({ lr: 0.1, groups: [{ match: 'c9.*' }] }) })).rejects.toThrow("SGD: groups: 'c9.*' fits no parameter, expected a pattern for some of c1.weight, c1.bias");
  });
});

describe('freeze', () => {
  test('what comes before the first trained layer has no backward steps', async () => {
    const free = await make();
    const net = await make({ freeze: ['c1.*', /^c3\./] });
    const { gradients } = net.lossAndGradientsSync(batch, labels);
    const all = free.lossAndGradientsSync(batch, labels).gradients;
    expect([...gradients.keys()].sort()).toEqual(['f4.bias', 'f4.weight', 'out.bias', 'out.weight']);
    for (const [name, gradient] of gradients) expect(gradient).toEqual(all.get(name));
    const backward = (one: Network): string[] => {
      const { plan, loss, backward: range } = one.blueprint.train!;
      return plan.steps.slice(loss.first, range.last).map(({ op, layer }) => `${layer} ${op}`);
    };
    expect(backward(free).some((step) => step.startsWith('c3 '))).toBe(true);
    expect(backward(net).filter((step) => /^(c1|a1|s2|c3|flat)/.test(step))).toEqual([]);
    expect(backward(net).some((step) => step === 'f4 linearBackwardInput')).toBe(false);
    await epochs(net, 1);
    expect(changed(net, await make())).toEqual(['f4.weight', 'f4.bias', 'out.weight', 'out.bias']);
    expect(net.optimizerState.map(({ name }) => name).filter((name) => name.startsWith('c'))).toEqual([]);
  });

  test('a frozen layer passes gradients on to those before it', async () => {
    const free = await make();
    const net = await make({ freeze: (name) => !name.startsWith('c1') });
    const { gradients } = net.lossAndGradientsSync(batch, labels);
    const all = free.lossAndGradientsSync(batch, labels).gradients;
    expect([...gradients.keys()].sort()).toEqual(['c1.bias', 'c1.weight']);
    for (const [name, gradient] of gradients) expect(gradient).toEqual(all.get(name));
  });

  test('a frozen bias leaves its weight trained', async () => {
    const net = await make({ freeze: '*.bias' });
    net.stepSync(batch, labels);
    expect(changed(net, await make())).toEqual(['c1.weight', 'c3.weight', 'f4.weight', 'out.weight']);
  });

  test('all frozen: a step changes nothing; the gradient of the images is still to be had', async () => {
    const net = await make({ freeze: '*', inputGradient: true, clip: { norm: 1 } });
    const free = await make({ inputGradient: true });
    const { loss } = net.stepSync(batch, labels);
    expect(loss).toBe(free.stepSync(batch, labels).loss);
    expect(net.inputGradient()).toEqual(free.inputGradient());
    expect(() => net.gradientNorm).toThrow(OptionError);
    expect(changed(net, await make())).toEqual([]);
    const idle = await make({ freeze: '*' });
    expect(idle.stepSync(batch, labels).loss).toBe(loss);
    expect(idle.blueprint.train!.update.last).toBe(idle.blueprint.train!.loss.last);
  });

  test('a pattern that fits nothing is refused', async () => {
    await expect(make({ freeze: ['c1.*', 'c2.*'] })).rejects.toThrow("compile: freeze: 'c2.*' fits no parameter");
  });
});

describe('clip', () => {
  const norm = (net: Network): number => Math.sqrt([...net.gradients().values()].reduce((sum, { data: all }) => all.reduce((part, g) => part + g * g, sum), 0));

  test('norm: gradients above it are scaled, others left alone', async () => {
    const free = await make();
    const { gradients } = free.lossAndGradientsSync(batch, labels);
    const full = norm(free);
    for (const limit of [full / 3, full * 2, Infinity]) {
      const net = await make({ clip: { norm: limit } });
      net.stepSync(batch, labels);
      expect(Math.abs(net.gradientNorm / full - 1)).toBeLessThan(1e-12);
      const factor = Math.fround(Math.min(1, Math.fround(limit) / (net.gradientNorm + 1e-6)));
      for (const [name, { data: clipped }] of net.gradients()) expect(clipped, name).toEqual(gradients.get(name)!.data.map((g) => g * factor));
      if (limit > full) expect(changed(net, free).length).toBe(8);
    }
  });

  test('gradients that add up are clipped once, at the update', async () => {
    const net = await make({ clip: { norm: 1e-3 } });
    net.lossAndGradientsSync(batch, labels);
    net.lossAndGradientsSync(batch, labels);
    const full = norm(net);
    net.updateSync();
    expect(net.gradientNorm).toBeCloseTo(full, 12);
    expect(norm(net)).toBeLessThanOrEqual(1e-3 * (1 + 1e-6));
  });

  test('value: every number is limited', async () => {
    const { gradients } = (await make()).lossAndGradientsSync(batch, labels);
    const net = await make({ clip: { value: 0.01 } });
    net.stepSync(batch, labels);
    const limit = Math.fround(0.01);
    for (const [name, { data: clipped }] of net.gradients()) expect(clipped, name).toEqual(gradients.get(name)!.data.map((g) => Math.min(limit, Math.max(-limit, g))));
    expect(() => net.gradientNorm).toThrow(OptionError);
  });

  test('a wrong limit is refused', async () => {
    for (const clip of [{ norm: 0 }, { norm: NaN }, { value: -1 }, {}, { norm: 1, value: 1 }, { max: 1 }]) await expect(make({ clip: clip as never }), JSON.stringify(clip)).rejects.toThrow(OptionError);
  });
});

test('fit refuses a rate that is none', async () => {
  await expect(epochs(await make(), 1, { schedule: () => NaN })).rejects.toThrow('learningRate is NaN');
});

test('fit sets the rate of every step from the updates done', async () => {
  const net = await make();
  const seen: number[] = [];
  const schedule = (updates: number): number => {
    seen.push(updates);
    return updates / 100;
  };
  await epochs(net, 2, { schedule });
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(net.learningRate).toBe(0.09);
});
