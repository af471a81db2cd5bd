import { expect, test } from 'vitest';
import { Plan } from '../../src/plan/plan.js';
import { ParameterStore } from '../../src/plan/store.js';
import { compile, layers, losses, optimizers } from '../../src/index.js';
import { read } from '../support/sources.js';

// What docs/own-layer.md promises to those who write layers.

const plan = new Plan({ batchSize: 2, training: true, workers: 1 }, new ParameterStore());
const text = read('docs/own-layer.md');

test('a plan offers what the page says', () => {
  const names = [...new Set([...text.matchAll(/`p\.(\w+)/g)].map(([, name]) => name!))];
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !(name in plan))).toEqual([]);
});

/** A layer as users write it in TypeScript: typed by what `layers` exports, with a parameter and steps of its own. */
class Scale implements layers.Layer {
  readonly type = 'Scale';
  plan(p: layers.Plan, input: layers.PlanTensor): layers.PlanTensor {
    const x = p.channelsLast(input);
    const [c, ...pixels] = x.shape as [number, ...number[]];
    const rows = pixels.reduce((a, b) => a * b, 1);
    const w: layers.Parameter = p.parameter('weight', [c], { kind: 'constant', value: 2 });
    const b = p.constant('zero', new Float32Array(c));
    const y = p.activation(x.shape, x);
    p.step('channelAffineForward', { x, w, b, y, rows, c });
    p.onBackward(y, (dy) => {
      if (p.needsGradient(w)) p.step('channelAffineBackwardWeight', { x, dy, rows, c, ...p.gradOfParameter(w) });
      if (p.needsGradient(x)) p.step('channelAffineBackwardInput', { dy, w, rows, c, ...p.gradInto(x) });
    });
    return y;
  }
}

test('a layer of steps computes, trains and is saved under its name', async () => {
  const net = await compile(new layers.Sequential({ scale: new Scale() }), {
    input: [2, 2, 1], batchSize: 2, loss: losses.mse({ reduction: 'sum' }), optimizer: optimizers.sgd({ lr: 0.01 }), inputGradient: true,
  });
  const x = Float32Array.of(1, 2, 3, 4);
  expect([...net.predictSync(x).data]).toEqual([2, 4, 6, 8]);
  const { gradients } = net.lossAndGradientsSync(x, new Float32Array(4));
  expect([...gradients.get('scale.weight')!.data]).toEqual([2 * (2 * 1 + 4 * 2), 2 * (6 * 3 + 8 * 4)]);
  expect([...net.inputGradient().data]).toEqual([8, 16, 24, 32]);
  net.updateSync();
  expect(net.parameters.map(({ name, read }) => [name, [...read()].map((value) => Math.round(value * 100) / 100)])).toEqual([['scale.weight', [1.8, 1]]]);
  await net.dispose();
});

test('a step with a field too few or too many is refused when the network is compiled', () => {
  expect(() => plan.step('multiply', { x: null, by: null, y: null })).toThrow('step multiply lacks length');
  expect(() => plan.step('multiply', { x: null, by: null, y: null, length: 1, more: 1 })).toThrow('step multiply has no field more');
});
