import { planNetwork } from '../../src/blueprint.js';
import type { Network } from '../../src/network.js';
import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { show, type Tensor } from '../../src/core/shape.js';
import { compile, layers, losses, models, ops, optimizers, summarize } from '../../src/index.js';
import { readSafetensors, toBigInt64, toFloat32 } from '../../src/io/safetensors.js';
import { randomTensor } from '../conformance/within.js';
import { simulated } from '../support/simulated.js';

const { BatchNorm1d, BatchNorm2d, Conv2d, Flatten, GroupNorm, InstanceNorm2d, LayerNorm, Linear, LocalResponseNorm, ReLU, Sequential } = layers;
const sgd = () => optimizers.sgd({ lr: 0.1, momentum: 0.9 });
const floats = (file: Uint8Array, name: string): number[] => [...toFloat32(readSafetensors(file, 'save').tensors.get(name)!, name)];
const count = (file: Uint8Array, name: string): bigint => toBigInt64(readSafetensors(file, 'save').tensors.get(name)!, name)[0]!;

describe('running statistics', () => {
  const model = () => new Sequential({ conv: new Conv2d(2, 5, 3), bn: new BatchNorm2d(5), out: new Conv2d(5, 3, 4) });
  const options = { input: [2, 6, 6], batchSize: 4, optimizer: sgd() };

  test('are saved in the order of PyTorch, and counted as I64', async () => {
    const net = await compile(model(), options);
    const { tensors } = readSafetensors(net.save(), 'save');
    expect([...tensors].map(([name, { dtype, shape }]) => `${name} ${dtype} ${show(shape)}`)).toEqual([
      'conv.weight F32 [5, 2, 3, 3]', 'conv.bias F32 [5]', 'bn.weight F32 [5]', 'bn.bias F32 [5]',
      'bn.running_mean F32 [5]', 'bn.running_var F32 [5]', 'bn.num_batches_tracked I64 []', 'out.weight F32 [3, 5, 4, 4]', 'out.bias F32 [3]',
    ]);
    expect(floats(net.save(), 'bn.running_var')).toEqual([1, 1, 1, 1, 1]);
    expect(net.summary().params).toBe(5 * 18 + 5 + 10 + 3 * 80 + 3);
  });

  test('move once per forward of training, and are what predicting uses', async () => {
    const net = await compile(new BatchNorm2d(5), { input: [5, 3, 3], batchSize: 4, optimizer: sgd() });
    let [mean, variance] = [{ data: new Float32Array(5), shape: [5] }, { data: new Float32Array(5).fill(1), shape: [5] }] as [Tensor, Tensor];
    for (const n of [4, 2, 1]) {
      const x = randomTensor(n, n, 5, 3, 3);
      const want = ops.batchNorm(x, null, null, { training: true, runningMean: mean, runningVar: variance });
      expect(net.forwardSync(x).data).toEqual(want.data);
      [mean, variance] = [want.runningMean!, want.runningVar!];
    }
    net.predictSync(randomTensor(9, 4, 5, 3, 3));
    expect(floats(net.save(), 'running_mean')).toEqual([...mean.data]);
    expect(floats(net.save(), 'running_var')).toEqual([...variance.data]);
    expect(count(net.save(), 'num_batches_tracked')).toBe(3n);
    const x = randomTensor(8, 6, 5, 3, 3);
    expect(net.predictSync(x).data).toEqual(ops.batchNorm(x, null, null, { runningMean: mean, runningVar: variance }).data);
  });

  test('momentum null is the mean over all batches', async () => {
    const net = await compile(new BatchNorm1d(3, { momentum: null }), { input: [3], batchSize: 4, optimizer: sgd() });
    const sums = new Float64Array(3);
    for (let k = 0; k < 5; k++) {
      const x = randomTensor(k, 4, 3);
      net.forwardSync(x);
      x.data.forEach((v, i) => (sums[i % 3]! += v / 20));
    }
    floats(net.save(), 'running_mean').forEach((v, i) => expect(v).toBeCloseTo(sums[i]!, 6));
  });

  test('a checkpoint brings them back: the resumed run has the same bits', async () => {
    const train = (net: Network, from: number, to: number): void => {
      for (let k = from; k < to; k++) {
        net.forwardSync(randomTensor(k, 4, 2, 6, 6));
        net.backwardSync(randomTensor(k + 100, 4, 3, 1, 1));
        net.updateSync();
      }
    };
    const whole = await compile(model(), options);
    train(whole, 0, 6);
    const first = await compile(model(), options);
    train(first, 0, 3);
    const second = await compile(model(), { ...options, seed: 7 });
    second.restore(first.checkpoint());
    train(second, 3, 6);
    expect(await second.digest()).toBe(await whole.digest());
    second.load(first.save());
    expect(await second.digest()).toBe(await first.digest());
    expect(await first.digest()).not.toBe(await whole.digest());
  });

  test('without tracking nothing is saved and predicting uses the images at hand', async () => {
    const net = await compile(new BatchNorm2d(5, { trackRunningStats: false, affine: false }), { input: [5, 3, 3], batchSize: 4 });
    expect(readSafetensors(net.save(), 'save').tensors.size).toBe(0);
    const x = randomTensor(1, 4, 5, 3, 3);
    expect(net.predictSync(x).data).toEqual(ops.batchNorm(x, null, null, { training: true }).data);
  });

  test('frozen: used while training, left as they are', async () => {
    const net = await compile(new BatchNorm2d(5, { frozen: true }), { input: [5, 3, 3], batchSize: 4, optimizer: sgd(), inputGradient: true });
    const before = net.save();
    const [x, dy] = [randomTensor(1, 4, 5, 3, 3), randomTensor(2, 4, 5, 3, 3)];
    expect(net.forwardSync(x).data).toEqual(net.predictSync(x).data);
    net.backwardSync(dy);
    expect(net.save()).toEqual(before);
    const one = { data: new Float32Array(5).fill(1), shape: [5] };
    const zero = { data: new Float32Array(5), shape: [5] };
    const want = ops.batchNorm(x, one, zero, { runningMean: zero, runningVar: one }).backward(dy);
    expect(net.inputGradient().data).toEqual(want.input.data);
    expect(net.gradients().get('weight')!.data).toEqual(want.weight.data);
    expect(net.gradients().get('bias')!.data).toEqual(want.bias.data);
  });
});

test('layers normalise what lies in any order', async () => {
  const x = randomTensor(1, 3, 6, 4, 5);
  const [weight, bias] = [randomTensor(2, 6, 4, 5), randomTensor(3, 6, 4, 5)];
  // The convolution of 1x1 copies its channels, and leaves them last.
  const copy = () => new Conv2d(6, 6, 1, { bias: false, init: { kind: 'values', values: Array.from({ length: 36 }, (_, i) => Number(i % 7 === 0)) } });
  const by = async (layer: layers.Layer, weights: Record<string, Tensor> = {}): Promise<Tensor> => {
    const net = await compile(new Sequential({ copy: copy(), layer }), { input: [6, 4, 5], batchSize: 3 });
    for (const slot of net.parameters) if (slot.name in weights) slot.write(weights[slot.name]!.data);
    return net.predictSync(x);
  };
  const close = (a: Tensor, b: Tensor): void => {
    expect(a.data.length).toBe(b.data.length);
    a.data.forEach((v, i) => expect(Math.abs(v - b.data[i]!)).toBeLessThan(1e-5));
  };
  const whole = { 'layer.weight': weight, 'layer.bias': bias };
  close(await by(new LayerNorm([6, 4, 5]), whole), ops.layerNorm(x, [6, 4, 5], weight, bias));
  close(await by(new LayerNorm([4, 5])), ops.layerNorm(x, [4, 5]));
  close(await by(new LayerNorm(5, { bias: false })), ops.layerNorm(x, 5));
  close(await by(new GroupNorm(3, 6)), ops.groupNorm(x, 3));
  close(await by(new InstanceNorm2d(6)), ops.instanceNorm(x));
  close(await by(new LocalResponseNorm(3, { alpha: 2 })), ops.localResponseNorm(x, 3, { alpha: 2 }));
  const flat = new Sequential({ flat: new Flatten(), norm: new LayerNorm(120) });
  close(await by(flat, { 'layer.norm.weight': weight, 'layer.norm.bias': bias }), ops.layerNorm(x, [6, 4, 5], weight, bias));
  const first = new Sequential({ flat: new Flatten(), norm: new BatchNorm1d(120, { trackRunningStats: false }) });
  close(await by(first), ops.batchNorm({ data: x.data, shape: [3, 120] }, null, null, { training: true }));
});

test('any number of workers gives the same bits', () => {
  const model = () => new Sequential({
    c1: new Conv2d(2, 9, 3), bn: new BatchNorm2d(9), a1: new ReLU(), lrn: new LocalResponseNorm(5, { alpha: 1 }), c2: new Conv2d(9, 6, 3),
    gn: new GroupNorm(2, 6), in: new InstanceNorm2d(6, { affine: true }), ln: new LayerNorm([6, 5, 4]), flat: new Flatten(), bn1: new BatchNorm1d(120), out: new Linear(120, 3),
  });
  const results = [1, 2, 3, 4].map((workers) => {
    const net = simulated(model(), { input: [2, 9, 8], batchSize: 5, optimizer: sgd(), inputGradient: true, workers });
    const run = net.engine.run.bind(net.engine);
    net.engine.run = (first, last, control) => {
      for (let step = first; step < last; step++) for (let worker = 0; worker < workers; worker++) run(step, step + 1, control, worker, workers);
      return -1;
    };
    const y = net.forwardSync(randomTensor(1, 5, 2, 9, 8));
    net.backwardSync(randomTensor(2, 5, 3));
    net.updateSync();
    return { y: y.data, dx: net.inputGradient().data, saved: net.save() };
  });
  for (const result of results.slice(1)) expect(result).toEqual(results[0]);
});

test('what does not fit is refused', async () => {
  for (const make of [
    () => new BatchNorm2d(0), () => new BatchNorm2d(3, { eps: -1 }), () => new BatchNorm2d(3, { momentum: 2 }), () => new BatchNorm2d(3, { momentum: NaN }),
    () => new BatchNorm2d(3, { frozen: true, trackRunningStats: false }), () => new BatchNorm1d(3, { epsilon: 1 } as object), () => new GroupNorm(4, 6), () => new LayerNorm([]),
  ]) expect(make).toThrow(OptionError);
  const refused: [layers.Layer, number[]][] = [
    [new BatchNorm2d(3), [4, 2, 2]], [new BatchNorm2d(3), [3]], [new BatchNorm1d(3), [3, 2, 2]], [new GroupNorm(2, 4), [6, 2, 2]],
    [new InstanceNorm2d(4), [4, 1, 1]], [new InstanceNorm2d(4), [4]], [new LayerNorm([4, 4]), [4, 4, 2]], [new LocalResponseNorm(5), [4]],
  ];
  for (const [layer, input] of refused) expect(() => summarize(layer, { input })).toThrow(ShapeError);
});

test('one value per channel is not enough to train', async () => {
  expect(() => planNetwork(new BatchNorm1d(3), { input: [3], optimizer: sgd() })).toThrow(ShapeError);
  const net = await compile(new Sequential({ bn: new BatchNorm1d(3) }), { input: [3], batchSize: 4, optimizer: sgd() });
  expect(() => net.forwardSync(randomTensor(1, 1, 3))).toThrow(/^bn: .*at least 2 images/);
  expect(net.predictSync(randomTensor(1, 1, 3)).data).toHaveLength(3);
});

test('LeNet-5 with batch normalisation learns and names its layers', async () => {
  const net = await compile(models.lenet5({ batchNorm: true }), { input: [1, 32, 32], batchSize: 8, loss: losses.crossEntropy(), optimizer: sgd() });
  expect([...readSafetensors(net.save(), 'save').tensors.keys()].slice(0, 9)).toEqual([
    'c1.weight', 'c1.bias', 'bn1.weight', 'bn1.bias', 'bn1.running_mean', 'bn1.running_var', 'bn1.num_batches_tracked', 'c3.weight', 'c3.bias',
  ]);
  const [images, labels] = [randomTensor(1, 8, 1, 32, 32), Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7)];
  const course = Array.from({ length: 12 }, () => net.stepSync(images, labels).loss);
  expect(course.at(-1)!).toBeLessThan(course[0]! / 2);
});
