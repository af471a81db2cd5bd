import { afterEach, describe, expect, test, vi } from 'vitest';
import { RUN_DONE, RUN_NOT_FINITE } from '../../assembly/abi.js';
import { compile, fit, layers, losses, optimizers, type Network } from '../../src/index.js';
import { Slices } from '../../src/slices.js';
import { MemoryDataset } from '../support/memorydataset.js';

// Long programs are cut into slices: the event loop gets turns, signals act there, and no bit changes.

const { BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential } = layers;
const model = () => new Sequential({ c: new Conv2d(1, 4, 3, { padding: 1 }), n: new BatchNorm2d(4), r: new ReLU(), f: new Flatten(), l: new Linear(144, 3) });
const make = (workers = 1) => compile(model(), { input: [1, 6, 6], batchSize: 8, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1, momentum: 0.9 }), workers, seed: 1 });
const data = new MemoryDataset(8, [1, 6, 6], 3);
const { images, labels } = data.batch(0, 8);

const busy = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

type Run = (first: number, last: number, ...rest: number[]) => number | Promise<number>;

/** Makes each call of the kernels take `ms` longer for each of its steps; returns the calls, [first, last]. */
function slow(net: Network, ms: number): number[][] {
  const { crew } = (net as unknown as { session: { crew: { run: Run } | null } }).session;
  const runner = crew ?? (net.engine as unknown as { run: Run });
  const run = runner.run.bind(runner);
  const calls: number[][] = [];
  runner.run = (first, last, ...rest) => {
    calls.push([first, last]);
    busy(ms * (last - first));
    return run(first, last, ...rest);
  };
  return calls;
}

/** How often timers get a turn while `work` runs. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await work();
  clearInterval(timer);
  return turns;
}

describe('cutting', () => {
  afterEach(() => void vi.restoreAllMocks());
  /** A program of steps that take so long by a clock that nothing else moves. */
  const stepsOf = (ms: readonly number[]) => {
    const calls: number[][] = [];
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const slices = new Slices((first, last) => {
      calls.push([first, last]);
      for (let i = first; i < last; i++) now += ms[i]!;
      return RUN_DONE;
    }, 6);
    return { calls, slices };
  };

  test('the first run goes step by step but for its end; later ones are cut where 40 ms were over', async () => {
    const { calls, slices } = stepsOf([15, 15, 15, 1, 50, 1, 30, 30]);
    expect(await slices.run({ first: 0, last: 8 }, 4)).toBe(RUN_DONE);
    expect(calls.splice(0)).toEqual([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 8]]);
    await slices.run({ first: 0, last: 8 }, 4);
    expect(calls.splice(0)).toEqual([[0, 3], [3, 5], [5, 8]]);
    await slices.run({ first: 0, last: 8 }, 3);
    expect(calls.splice(0)).toHaveLength(3);
    await slices.run({ first: 0, last: 8 }, 5);
    expect(calls.splice(0)).toHaveLength(7);
    await slices.run({ first: 6, last: 8 }, 4);
    expect(calls.splice(0)).toEqual([[6, 8]]);
  });

  test('a short program is one call from its second run on', async () => {
    const { calls, slices } = stepsOf([0, 0, 0, 0]);
    await slices.run({ first: 0, last: 4 }, 1);
    calls.length = 0;
    for (let i = 0; i < 3; i++) await slices.run({ first: 0, last: 4 }, 1);
    expect(calls).toEqual([[0, 4], [0, 4], [0, 4]]);
  });

  test('a slice that takes twice as long is measured anew', async () => {
    const ms = [0, 0, 0, 0];
    const { calls, slices } = stepsOf(ms);
    await slices.run({ first: 0, last: 4 }, 1);
    ms.fill(45);
    calls.length = 0;
    await slices.run({ first: 0, last: 4 }, 1);
    await slices.run({ first: 0, last: 4 }, 1);
    await slices.run({ first: 0, last: 4 }, 1);
    expect(calls).toEqual([[0, 4], ...[0, 1, 2, 3, 0, 1, 2, 3].map((i) => [i, i + 1])]);
  });

  test('a run that stops early stops', async () => {
    const slices = new Slices((first) => (first === 1 ? RUN_NOT_FINITE : RUN_DONE), 9);
    expect(await slices.run({ first: 0, last: 4 }, 1)).toBe(RUN_NOT_FINITE);
  });
});

describe.each([1, 2])('%d workers', (workers) => {
  test('long steps and predictions give turns and the bits of whole ones', async () => {
    const [net, whole] = [await make(workers), await make()];
    const calls = slow(net, 15);
    for (let i = 0; i < 3; i++) {
      calls.length = 0;
      expect(await turnsDuring(() => net.step(images, labels))).toBeGreaterThan(1);
      whole.stepSync(images, labels);
      const { update, all } = net.blueprint.train!;
      if (i > 0) expect(calls.length).toBeLessThan(all.last / 2);
      expect(calls.every(([first, last]) => last! <= update.first || (first! <= update.first && last === all.last))).toBe(true);
    }
    expect(await net.digest()).toBe(await whole.digest());
    slow(net, 30);
    let got;
    expect(await turnsDuring(async () => (got = await net.predict(images)))).toBeGreaterThan(0);
    expect(got).toEqual(whole.predictSync(images));
    await net.dispose();
  });

  test('an aborted step has not happened', async () => {
    const [net, whole] = [await make(workers), await make()];
    slow(net, 9);
    for (const each of [net, whole]) await each.step(images, labels);
    const before = net.checkpoint();
    const own = new Error('enough');
    for (const after of [1, 60, 110]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(own), after);
      await expect(net.step(images, labels, { signal: controller.signal })).rejects.toBe(own);
      expect(net.checkpoint()).toEqual(before);
    }
    await expect(net.step(images, labels, { signal: AbortSignal.abort(own) })).rejects.toBe(own);
    await net.step(images, labels);
    whole.stepSync(images, labels);
    expect(net.checkpoint()).toEqual(whole.checkpoint());
    expect((await net.predict(images)).data).toEqual(whole.predictSync(images).data);
    await net.dispose();
  });

  test('an aborted prediction leaves a network that predicts', async () => {
    const [net, whole] = [await make(workers), await make()];
    const calls = slow(net, 30);
    const signal = AbortSignal.timeout(20);
    await expect(net.predict(images, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(calls.length).toBeLessThan(net.blueprint.predict.plan.steps.length);
    expect((await net.predict(images)).data).toEqual(whole.predictSync(images).data);
    await expect(net.evaluate(data, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'TimeoutError' });
    await net.dispose();
  });

  test('forward, backward and update run with everyone, to the bits of one worker', async () => {
    const [net, one, whole] = [await make(workers), await make(), await make()];
    const calls = slow(net, 0);
    for (let i = 0; i < 3; i++) {
      const gradOutput = Float32Array.from({ length: 24 }, (_, k) => Math.sin(k + i));
      expect(await net.forward(images)).toEqual(one.forwardSync(images));
      await net.backward(gradOutput);
      one.backwardSync(gradOutput);
      expect(await net.lossAndGradients(images, labels)).toEqual(one.lossAndGradientsSync(images, labels));
      await net.update();
      one.updateSync();
      expect(net.checkpoint()).toEqual(one.checkpoint());
    }
    expect(calls.length).toBeGreaterThan(0);
    const { loss } = await net.lossAndGradients(images, labels);
    whole.restore(one.checkpoint());
    expect(await whole.step(images, labels)).toEqual({ loss });
    await net.update();
    expect(net.checkpoint()).toEqual(whole.checkpoint());
    await net.dispose();
  });
});

test('calls in between are refused or wait', async () => {
  const [net, whole] = [await make(), await make()];
  slow(net, 9);
  const step = net.step(images, labels);
  await new Promise((resolve) => setTimeout(resolve, 0));
  for (const call of [() => net.predictSync(images), () => net.stepSync(images, labels), () => net.forwardSync(images), () => net.updateSync()]) {
    expect(call).toThrow('a call of this network is under way: await it first');
  }
  const prediction = net.predict(images);
  await step;
  whole.stepSync(images, labels);
  expect(await prediction).toEqual(whole.predictSync(images));
  expect(net.predictSync(images)).toEqual(whole.predictSync(images));
});

test('sync parts are for one worker', async () => {
  const net = await make(2);
  expect(() => net.forwardSync(images)).toThrow('forwardSync: the network has 2 workers; use forward, or compile with workers: 1');
  expect(() => net.backwardSync(new Float32Array(24))).toThrow('backwardSync: the network has 2 workers');
  expect(() => net.updateSync()).toThrow('updateSync: the network has 2 workers');
  expect(() => net.lossAndGradientsSync(images, labels)).toThrow('lossAndGradientsSync: the network has 2 workers');
  await net.dispose();
});

test('gradients that wait for an update are dropped with an aborted backward, and kept with an aborted forward', async () => {
  const [net, other] = [await make(), await make()];
  slow(net, 30);
  for (const each of [net, other]) await each.lossAndGradients(images, labels);
  const soon = () => ({ signal: AbortSignal.timeout(5) });
  await expect(net.forward(images, soon())).rejects.toMatchObject({ name: 'TimeoutError' });
  await expect(net.backward(new Float32Array(24))).rejects.toThrow('backward: call forward first');
  await expect(net.step(images, labels, soon())).rejects.toMatchObject({ name: 'TimeoutError' });
  other.zeroGradients();
  expect((await net.lossAndGradients(images, labels)).gradients).toEqual(other.lossAndGradientsSync(images, labels).gradients);
});

test('fit stops within a long step: its checkpoint is of the step before', async () => {
  const [net, whole] = [await make(), await make()];
  slow(net, 30);
  await net.step(images, labels);
  await whole.step(images, labels);
  const own = new Error('enough');
  const controller = new AbortController();
  setTimeout(() => controller.abort(own), 50);
  const run = async (): Promise<void> => {
    for await (const _ of fit(net, data, { epochs: 1, signal: controller.signal }));
  };
  await expect(run()).rejects.toBe(own);
  expect(net.checkpoint()).toEqual(whole.checkpoint());
});
