import { describe, expect, test } from 'vitest';
import { compile, layers, losses, optimizers } from '../../src/index.js';
import { elements } from '../../src/core/shape.js';
import { batchFor, networks, numbers, optionsOf } from '../support/networks.js';
import type { Network } from '../../src/network.js';

// Gradients against finite differences of what is computed forward in float32: the derivative along a gradient is its length.

const BATCH = 4;

/** A tensor that outputs depend on, its gradient, and a way to move it. */
interface Moved {
  readonly name: string;
  readonly at: Float32Array;
  readonly gradient: Float32Array;
  readonly set: (values: Float32Array) => void;
}

const length = (v: Float32Array): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

/** (f(t + h·g/|g|) − f(t − h·g/|g|)) / 2h, with what the moves really were after rounding. */
function slope({ at, gradient, set }: Moved, f: () => number, h: number): number {
  const size = length(gradient);
  const [up, down] = [1, -1].map((sign) => at.map((x, i) => x + (sign * h * gradient[i]!) / size)) as [Float32Array, Float32Array];
  const moved = up.reduce((sum, x, i) => sum + ((x - down[i]!) * gradient[i]!) / size, 0);
  set(up);
  const above = f();
  set(down);
  const below = f();
  set(at);
  return (above - below) / moved;
}

/** Every parameter and the images, auxiliary heads where there is a loss. `images` is written in place. */
function movable(net: Network, images: Float32Array, gradients: Map<string, { data: Float32Array }>): Moved[] {
  const parameters = net.parameters.filter(({ name }) => gradients.has(name) || !name.includes('auxiliary')).map((slot) => ({ name: slot.name, at: slot.read(), gradient: gradients.get(slot.name)!.data, set: (values: Float32Array) => slot.write(values) }));
  return [...parameters, { name: 'images', at: images.slice(), gradient: net.inputGradient().data, set: (values) => images.set(values) }];
}

/** What is left of a gradient that normalisation cancels (a bias before batch norm), as a part of the largest gradient: rounding. */
const CANCELLED = 1e-4;

/**
 * Worst relative deviation, by tensor; only those beyond 1 %. A short step loses to rounding, a long one to kinks of relu and max: one of six
 * must fit. Where normalisation cancels the gradient, the outputs must not move either.
 */
function deviations(tensors: Moved[], f: () => number): string[] {
  const found: string[] = [];
  const most = Math.max(...tensors.map(({ gradient }) => length(gradient)));
  for (const tensor of tensors) {
    const want = length(tensor.gradient);
    const spread = Math.sqrt(tensor.at.length);
    const slopes = [1e-2, 2e-3, 3e-4, 5e-5, 1e-5, 2e-6].map((h) => slope(tensor, f, h * spread));
    const cancelled = want < CANCELLED * most && Math.min(...slopes.map(Math.abs)) < CANCELLED * most;
    const errors = slopes.map((one) => Math.abs(one / want - 1));
    if (!cancelled && !(Math.min(...errors) <= 0.01)) found.push(`${tensor.name}: ${errors.map((error) => error.toPrecision(3)).join(', ')} of ${want}`);
  }
  return found;
}

describe.each(networks)('$name', (one) => {
  test('outputs move as backward says, by every parameter and by the images', async () => {
    const { loss: _, ...options } = optionsOf(one, { batchSize: BATCH });
    const net = await compile(one.model(), options);
    const { images } = batchFor(one, net.outputShape, BATCH);
    const weights = numbers(BATCH * elements(net.outputShape), 5);
    net.forwardSync(images);
    net.backwardSync(weights);
    const f = (): number => (one.differs ? net.forwardSync(images) : net.predictSync(images)).data.reduce((sum, y, i) => sum + y * weights[i]!, 0);
    expect(deviations(movable(net, images, net.gradients()), f)).toEqual([]);
  });

  test('the loss moves as its gradients say', async () => {
    const net = await compile(one.model(), optionsOf(one, { batchSize: BATCH }));
    const { images, target } = batchFor(one, net.outputShape, BATCH);
    const { gradients } = net.lossAndGradientsSync(images, target);
    // The loss is a float32: one direction through all tensors at once moves it furthest.
    const tensors = movable(net, images, gradients).filter(({ name }) => name !== 'images');
    const f = (): number => net.lossAndGradientsSync(images, target).loss;
    const joined: Moved = {
      name: 'all',
      at: Float32Array.from(tensors.flatMap(({ at }) => [...at])),
      gradient: Float32Array.from(tensors.flatMap(({ gradient }) => [...gradient])),
      set: (values) => {
        let from = 0;
        for (const { at, set } of tensors) set(values.slice(from, (from += at.length)));
      },
    };
    expect(deviations([joined], f)).toEqual([]);
  });
});

test('the gradient of the images is there only where it was asked for', async () => {
  const net = await compile(new layers.Linear(3, 2), { input: [3], loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1 }) });
  net.stepSync(new Float32Array(3), [1]);
  expect(() => net.inputGradient()).toThrow('inputGradient: compile was not given inputGradient: true');
});
