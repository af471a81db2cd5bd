import { describe, expect, test } from 'vitest';
import { compile, fit, layers, losses, models, ops, optimizers, summarize, type CompileOptions } from '../../src/index.js';
import { MemoryDataset } from '../support/memorydataset.js';

// Bad input is refused before anything runs, by an error that says where, what came and what was expected.

const { AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, Sequential, Softmax } = layers;
const options: CompileOptions = { input: [1, 4, 4], batchSize: 2, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1 }) };
const tiny = () => new Sequential({ flat: new Flatten(), out: new Linear(16, 3) });
const net = () => compile(tiny(), options);
const image = new Float32Array(16);

function refusal(name: string, message: string | RegExp): Error {
  return expect.objectContaining({ name, message: typeof message === 'string' ? message : (expect.stringMatching(message) as string) }) as Error;
}

async function refused(what: () => unknown, name: string, message: string | RegExp): Promise<void> {
  await expect((async () => what())()).rejects.toEqual(refusal(name, message));
}

describe('compile', () => {
  const of = (model: layers.Layer, more: object = {}) => compile(model, { ...options, ...more });
  test.each<[string, () => unknown, string, string | RegExp]>([
    ['no input', () => of(tiny(), { input: undefined }), 'OptionError', 'compile: input is undefined, expected the shape of one image, as [1, 32, 32]'],
    ['an input of no pixels', () => of(tiny(), { input: [1, 0, 4] }), 'ShapeError', 'compile: input is [1, 0, 4], expected sizes of at least 1'],
    ['a batch of none', () => of(tiny(), { batchSize: 0 }), 'OptionError', 'compile: batchSize is 0, expected an integer of at least 1'],
    ['an unknown option', () => of(tiny(), { batchsize: 4 }), 'OptionError', /^compile: unknown option batchsize, expected one of input, batchSize/],
    ['targets that are none', async () => (await of(tiny())).step(image, undefined as never), 'ShapeError', 'targets: undefined given, expected labels, numbers or a tensor'],
    ['half a seed', () => of(tiny(), { seed: 0.5 }), 'OptionError', 'compile: seed is 0.5, expected an integer of at least 0'],
    ['no workers', () => of(tiny(), { workers: 0 }), 'OptionError', 'compile: workers is 0, expected an integer of at least 1'],
    ['more workers than the control block has lines', () => of(tiny(), { workers: 65 }), 'OptionError', 'compile: workers is 65, expected at most 64'],
    ['other channels', () => of(models.lenet5(), { input: [3, 32, 32] }), 'ShapeError', 'c1: input has 3 channels, expected 1 (input [3, 32, 32])'],
    ['too small an image', () => of(models.lenet5(), { input: [1, 12, 12] }), 'OptionError', /^c3: the kernel reaches over 5x5 pixels, more than the padded input of 4x4/],
    ['other features', () => of(new Sequential({ deep: tiny() }), { input: [1, 5, 5] }), 'ShapeError', 'deep.out: input has 25 features, expected 16 (input [25])'],
    ['no image', () => of(new Conv2d(1, 1, 1), { input: [4] }), 'ShapeError', /input is \[4\], expected \[channels, height, width\]$/],
    ['class weights of another count', () => of(tiny(), { loss: losses.crossEntropy({ weight: [1, 2] }) }), 'ShapeError', 'crossEntropy: weight has 2 numbers, expected one per class, 3'],
    ['softmax over the batch', () => of(new Sequential({ s: new Softmax(0) })), 'OptionError', /^s: dim is 0, expected an axis of an image/],
    ['more memory than there is', () => of(models.lenet5(), { input: [1, 32, 32], batchSize: 1_000_000 }), 'MemoryError', /^the network needs [\d,]+ bytes at batchSize 1000000, WebAssembly gives 4,294,901,760; batchSize \d+ would fit$/],
    ['memory for not even one image', () => of(new Conv2d(1, 64, 1), { input: [1, 8192, 8192] }), 'MemoryError', /not even one image fits$/],
  ])('refuses %s', (_, what, name, message) => refused(what, name, message));

  test('what MemoryError says would fit, fits', async () => {
    const message = await of(models.lenet5(), { input: [1, 32, 32], batchSize: 1_000_000 }).then(() => '', (error: Error) => error.message);
    const batchSize = Number(/batchSize (\d+) would fit/.exec(message)![1]);
    expect(() => summarize(models.lenet5(), { ...options, input: [1, 32, 32], batchSize })).not.toThrow();
    expect(() => summarize(models.lenet5(), { ...options, input: [1, 32, 32], batchSize: Math.ceil(batchSize * 1.01) })).toThrow(/would fit/);
  });
});

describe('layers', () => {
  test.each<[string, () => unknown, string | RegExp]>([
    ['stride 0', () => new Conv2d(1, 1, 3, { stride: 0 }), 'Conv2d: stride is 0, expected an integer of at least 1'],
    ['groups that do not divide', () => new Conv2d(4, 6, 3, { groups: 4 }), 'Conv2d: groups is 4, expected a divisor of both inChannels 4 and outChannels 6'],
    ['padding same with a stride', () => new Conv2d(1, 1, 3, { padding: 'same', stride: 2 }), "Conv2d: padding 'same' takes stride 1, not 2x2"],
    ['an unknown option', () => new Conv2d(1, 1, 3, { pading: 1 } as object), /^Conv2d: unknown option pading, expected one of stride, padding/],
    ['an unknown option of a loss', () => losses.crossEntropy({ smoothing: 0.1 } as object), /^crossEntropy: unknown option smoothing, expected one of weight, reduction/],
    ['a mask of another size', () => new Conv2d(1, 1, 3, { mask: new Float32Array(4) }), 'Conv2d: mask has 4 numbers, expected 9'],
    ['padding beyond half the window', () => new MaxPool2d(2, { padding: 2 }), 'MaxPool2d: padding is 2x2, expected at most half the kernel of 2x2'],
    ['a divisor of 0', () => new AvgPool2d(2, { divisorOverride: 0 }), /^AvgPool2d: divisorOverride is 0, expected /],
    ['no features', () => new Linear(0, 3), 'Linear: inFeatures is 0, expected an integer of at least 1'],
    ['no layers', () => new Sequential([]), 'Sequential: no layers given, expected at least one'],
    ['a name with a dot', () => new Sequential({ 'a.b': new Flatten() }), "Sequential: a layer is named 'a.b', expected a name without dots"],
    ['an activation unknown to LeNet-5', () => models.lenet5({ activation: 'elu' as 'relu' }), "lenet5: activation is 'elu', expected 'tanh', 'relu' or 'sigmoid'"],
    ['a negative learning rate', () => optimizers.sgd({ lr: -1 }), /lr is -1, expected a number of at least 0$/],
    ['nesterov without momentum', () => optimizers.sgd({ lr: 1, nesterov: true }), /^SGD: nesterov .*momentum above 0 and dampening 0$/],
    ['label smoothing of 2', () => losses.crossEntropy({ labelSmoothing: 2 }), 'crossEntropy: labelSmoothing is 2, expected 0 to 1'],
  ])('refuse %s', (_, make, message) => refused(make, 'OptionError', message));
});

describe('images', () => {
  test.each<[string, unknown, string | RegExp]>([
    ['of another size', { data: new Float32Array(25), shape: [1, 5, 5] }, 'predict: shape is [1, 5, 5], expected [1, 4, 4] or [n, 1, 4, 4]'],
    ['with numbers left over', new Float32Array(20), 'predict: 20 numbers given, expected a multiple of 16 ([1, 4, 4] each)'],
    ['of none', new Float32Array(0), 'predict: 0 numbers given, expected a multiple of 16 ([1, 4, 4] each)'],
    ['with words in them', [[['a']]], 'predict: found string among the numbers'],
    ['fewer than their shape says', { data: new Float32Array(16), shape: [2, 1, 4, 4] }, 'predict: 16 numbers given, expected 32 for [2, 1, 4, 4]'],
    ['in float64', new Float64Array(16), 'predict: Float64Array given, expected a Tensor with float32 data, a Float32Array or nested arrays'],
    ['in bytes', { data: new Uint8Array(16), shape: [1, 4, 4] }, 'predict: a Tensor of Uint8Array given, expected a Tensor with float32 data, a Float32Array or nested arrays'],
    ['undefined', undefined, 'predict: undefined given, expected a Tensor with float32 data, a Float32Array or nested arrays'],
  ])('%s are refused', async (_, images, message) => {
    const one = await net();
    await refused(() => one.predict(images as Float32Array), 'ShapeError', message);
    await refused(() => one.step(images as Float32Array, [0]), 'ShapeError', new RegExp(message.toString().replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('predict', '(images|predict)')));
  });

  test('beyond the batch size are refused in training, and cut into batches in prediction', async () => {
    const one = await net();
    await refused(() => one.step(new Float32Array(48), [0, 1, 2]), 'ShapeError', 'images: 3 given, expected at most the batchSize of 2');
    expect((await one.predict(new Float32Array(48))).shape).toEqual([3, 3]);
    expect((await one.predict([[[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]]])).shape).toEqual([1, 3]);
  });
});

describe('labels', () => {
  test.each<[string, unknown, string, string | RegExp]>([
    ['out of range', [3], 'OptionError', 'labels: 3 at position 0, expected a class from 0 to 2'],
    ['below 0', Int32Array.of(-1), 'OptionError', 'labels: -1 at position 0, expected a class from 0 to 2'],
    ['between two classes', [0.5], 'OptionError', 'labels: 0.5 at position 0, expected a class from 0 to 2'],
    ['too many', [0, 1], 'ShapeError', /^labels: 2 given, expected 1, one per image/],
  ])('%s are refused', async (_, labels, name, message) => refused(async () => (await net()).step(image, labels as number[]), name, message));
});

describe('the order of calls', () => {
  test('training a network that only predicts', async () => {
    const one = await compile(tiny(), { input: [1, 4, 4] });
    await refused(() => one.step(image, [0]), 'OptionError', 'step: the network was compiled to predict only; give compile a loss or an optimizer');
    await refused(() => one.forwardSync(image), 'OptionError', /^forward: the network was compiled to predict only/);
  });

  test('a step without loss or without optimizer', async () => {
    const { loss: _, ...noLoss } = options;
    const { optimizer: __, ...noOptimizer } = options;
    await refused(async () => (await compile(tiny(), noLoss)).step(image, [0]), 'OptionError', 'compile was given no loss: use forward, backward and update');
    await refused(async () => (await compile(tiny(), noOptimizer)).step(image, [0]), 'OptionError', 'step: compile was given no optimizer');
    await refused(async () => (await compile(tiny(), noOptimizer)).update(), 'OptionError', 'update: compile was given no optimizer');
  });

  test('backward without its forward', async () => {
    const one = await net();
    await refused(() => one.backwardSync(new Float32Array(3)), 'OptionError', 'backward: call forward first');
    one.forwardSync(image);
    await refused(() => one.backwardSync(new Float32Array(4)), 'ShapeError', 'backward: 4 numbers given, expected 3 ([1, 3])');
    one.backwardSync(new Float32Array(3));
    // The memory of what forward kept is given to the gradients: a second backward needs a forward of its own.
    await refused(() => one.backwardSync(new Float32Array(3)), 'OptionError', 'backward: call forward first');
    one.forwardSync(image);
    one.stepSync(image, [0]);
    await refused(() => one.backwardSync(new Float32Array(3)), 'OptionError', 'backward: call forward first');
  });

  test('anything after dispose', async () => {
    const one = await net();
    one.dispose();
    one.dispose();
    const text = 'this network was disposed: compile a new one';
    for (const call of [() => one.predict(image), () => one.step(image, [0]), () => one.save(), () => one.checkpoint(), () => one.gradients(), () => one.memoryBytes, () => one.evaluate(new MemoryDataset(4, [1, 4, 4], 3))]) {
      await refused(call, 'UnsupportedError', text);
    }
  });

  test('a learning rate that is none', async () => {
    const one = await net();
    await refused(() => (one.learningRate = NaN), 'OptionError', 'learningRate is NaN, expected a number of at least 0');
    expect(one.learningRate).toBe(0.1);
  });
});

describe('data sets', () => {
  const first = async (data: MemoryDataset, more: object = {}) => fit(await net(), data, { epochs: 1, ...more }).next();
  test.each<[string, () => unknown, string, string | RegExp]>([
    ['of other images', () => first(new MemoryDataset(4, [1, 5, 5], 3)), 'ShapeError', 'seeded images: images are [1, 5, 5], expected [1, 4, 4] as the network was compiled for'],
    ['with more classes', () => first(new MemoryDataset(40, [1, 4, 4], 4)), 'ShapeError', 'seeded images: label 3, expected 0 to 2: the network has 3 outputs'],
    ['for validation, of other images', () => first(new MemoryDataset(4, [1, 4, 4], 3), { validation: new MemoryDataset(4, [1, 5, 5], 3) }), 'ShapeError', /images are \[1, 5, 5\]/],
    ['of none', () => first(new MemoryDataset(0, [1, 4, 4], 3)), 'OptionError', /^seeded images: no images/],
    ['smaller than a batch, dropped', () => first(new MemoryDataset(1, [1, 4, 4], 3), { dropLast: true }), 'OptionError', /^fit: dropLast leaves none of the 1 images/],
    ['half an epoch', () => first(new MemoryDataset(4, [1, 4, 4], 3), { epochs: 0.5 }), 'OptionError', 'fit: epochs is 0.5, expected an integer of at least 0'],
  ])('%s are refused', (_, what, name, message) => refused(what, name, message));
});

test('operators name themselves', async () => {
  const x = { data: image, shape: [1, 1, 4, 4] };
  await refused(() => ops.conv2d(x, { data: new Float32Array(18), shape: [1, 2, 3, 3] }), 'ShapeError', 'conv2d: input has 1 channels, expected 2 (input [1, 4, 4])');
  await refused(() => ops.maxPool2d({ data: image, shape: [16] }, 2), 'ShapeError', 'maxPool2d: input is [16], expected [n, channels, height, width] or [channels, height, width]');
});
