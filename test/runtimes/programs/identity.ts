import type { CompileOptions, Network } from '../../../src/index.js';
import type { Layer } from '../../../src/layers/index.js';
import { digestOf, numbers, type Library, type Program } from './program.js';

export interface IdentityOptions {
  readonly workers: number;
  /** Steps of LeNet-5; fewer than FULL: the other networks are smaller too. */
  readonly steps: number;
  /** Mixes in what engines round differently, to see that it is noticed. */
  readonly slip?: boolean;
}

const FULL = 100;

/** One digest per part, by its name. */
export type Digests = Record<string, string>;

type Part = (library: Library, options: IdentityOptions) => Promise<string>;

/** Compiles, hands over, disposes. */
async function withNetwork({ convasm }: Library, model: Layer, options: CompileOptions, use: (net: Network) => Promise<string>): Promise<string> {
  const net = await convasm.compile(model, options);
  if (net.workers !== options.workers) throw new Error(`${net.workers} workers run, expected ${options.workers}`);
  try {
    return await use(net);
  } finally {
    await net.dispose();
  }
}

/** Predicts, trains `steps` steps, predicts again: the digest of both outputs, every loss and the weights. */
function trained(library: Library, model: Layer, options: CompileOptions, steps: number): Promise<string> {
  return withNetwork(library, model, options, async (net) => {
    const batch = options.batchSize ?? 1;
    const size = options.input.reduce((product, side) => product * side, 1);
    const images = numbers(batch * size);
    const labels = Int32Array.from({ length: batch }, (_, i) => i % net.outputShape[0]!);
    const before = await net.predict(images);
    const losses = [];
    for (let i = 0; i < steps; i++) losses.push((await net.step(images, labels)).loss);
    const after = await net.predict(images);
    return digestOf(before.data, Float64Array.from(losses), after.data, await net.digest());
  });
}

/** LeNet-5 on drawn digits. */
const lenet5: Part = async (library, { workers, steps }) => {
  const { compile, fit, losses, models, optimizers } = library.convasm;
  const batchSize = 32;
  const epochs = steps < FULL ? 1 : 5;
  const { train, test } = library.datasets.digits({ train: (steps / epochs) * batchSize, test: 64, seed: 7 });
  const net = await compile(models.lenet5(), { input: [1, 32, 32], batchSize, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.05, momentum: 0.9 }), workers });
  const found: number[] = [];
  for await (const { loss, validation } of fit(net, train, { epochs, validation: test })) found.push(loss, validation!.loss, validation!.accuracy);
  const digest = await digestOf(Float64Array.from(found), String(net.steps), await net.digest());
  await net.dispose();
  return digest;
};

/** ResNet-18 for ten classes, or two of its blocks: one step of training between two predictions. */
const resnet18: Part = (library, { workers, steps }) => {
  const { layers: { Sequential, AdaptiveAvgPool2d, Flatten, Linear }, losses, models, optimizers } = library.convasm;
  const blocks = (): Layer => new Sequential([models.basicBlock(3, 16), models.basicBlock(16, 32, { stride: 2 }), new AdaptiveAvgPool2d(1), new Flatten(), new Linear(32, 10)]);
  const options = { input: [3, 32, 32], batchSize: 2, loss: losses.crossEntropy({ labelSmoothing: 0.1 }), optimizer: optimizers.sgd({ lr: 0.01, momentum: 0.9, weightDecay: 1e-4 }), workers };
  return trained(library, steps < FULL ? blocks() : models.resnet18({ classes: 10 }), options, 1);
};

/** AlexNet's convolutions, at their own size or a smaller one, under small dense layers. */
const alexnet: Part = (library, { workers, steps }) => {
  const { layers: { Sequential, Conv2d, ReLU, LocalResponseNorm, MaxPool2d, Flatten, Linear }, losses, optimizers } = library.convasm;
  const [side, left] = steps < FULL ? [95, 2] : [224, 6];
  const model = new Sequential({
    conv1: new Conv2d(3, 64, 11, { stride: 4, padding: 2 }), relu1: new ReLU(), norm1: new LocalResponseNorm(5), pool1: new MaxPool2d(3, { stride: 2 }),
    conv2: new Conv2d(64, 192, 5, { padding: 2 }), relu2: new ReLU(), norm2: new LocalResponseNorm(5), pool2: new MaxPool2d(3, { stride: 2 }),
    conv3: new Conv2d(192, 384, 3, { padding: 1 }), relu3: new ReLU(), conv4: new Conv2d(384, 256, 3, { padding: 1 }), relu4: new ReLU(),
    conv5: new Conv2d(256, 256, 3, { padding: 1 }), relu5: new ReLU(), pool5: new MaxPool2d(3, { stride: 2 }),
    flatten: new Flatten(), fc6: new Linear(256 * left * left, 32), relu6: new ReLU(), fc8: new Linear(32, 10),
  });
  return trained(library, model, { input: [3, side, side], batchSize: 1, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.01, momentum: 0.9 }), workers }, 1);
};

/** Masks of both kinds, between functions that are not made of + − × ÷ alone. */
const dropout: Part = (library, { workers }) => {
  const { layers: { Sequential, Conv2d, Dropout, Dropout2d, GELU, Sigmoid, Tanh, SiLU, Softplus, Flatten, Linear }, losses, optimizers } = library.convasm;
  const model = new Sequential({
    conv: new Conv2d(2, 12, 3), tanh: new Tanh(), channels: new Dropout2d(0.3), gelu: new GELU(), flatten: new Flatten(),
    hidden: new Linear(432, 40), sigmoid: new Sigmoid(), drop: new Dropout(0.5), silu: new SiLU(), softplus: new Softplus(), fc: new Linear(40, 5),
  });
  return trained(library, model, { input: [2, 8, 8], batchSize: 6, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1 }), workers }, 10);
};

/** The same small network under every optimizer. */
const optimizers: Part = async (library, { workers }) => {
  const { layers: { Sequential, Conv2d, ELU, Flatten, Linear }, losses, optimizers: { sgd, adam, adamw, rmsprop, adagrad } } = library.convasm;
  const model = (): Layer => new Sequential({ conv: new Conv2d(2, 7, 3), elu: new ELU(), flatten: new Flatten(), fc: new Linear(112, 4) });
  const each = [
    sgd({ lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }), adam(), adam({ amsgrad: true }), adamw({ weightDecay: 0.1 }),
    rmsprop({ centered: true, momentum: 0.5 }), adagrad(),
  ];
  const digests = [];
  for (const optimizer of each) digests.push(await trained(library, model(), { input: [2, 6, 6], batchSize: 5, loss: losses.crossEntropy(), optimizer, clip: { norm: 1 }, workers }, 10));
  return digestOf(...digests);
};

/** Every transform's pixels, at each reading the same, and a network that learns from images which each epoch changes and mixes anew. */
const augmentation: Part = async ({ convasm, datasets, transforms }, { workers }) => {
  const { compile, fit, losses, models, optimizers } = convasm;
  const { normalize, randomAffine, randomCrop, randomErasing, randomHorizontalFlip, randomVerticalFlip, transformed } = transforms;
  const augment = [
    randomCrop({ padding: 4 }), randomHorizontalFlip(), randomVerticalFlip({ p: 0.3 }), randomAffine({ degrees: 25, translate: [0.1, 0.2], scale: [0.8, 1.25], shear: 12, fill: 0.5 }),
    randomErasing({ p: 0.6, value: 0.25 }), normalize({ mean: [0.13], std: [0.31] }),
  ];
  const { train, test } = datasets.digits({ train: 96, test: 32, seed: 11 });
  const changed = transformed(train, augment, 5);
  const pixels = new Float32Array(train.length * 1024);
  for (let i = 0; i < train.length; i++) changed.read(i, pixels, i * 1024);
  const net = await compile(models.lenet5Modern(), { input: [1, 32, 32], batchSize: 32, loss: losses.crossEntropy({ target: 'probabilities' }), optimizer: optimizers.adamw(), workers });
  const found: number[] = [];
  for await (const { loss, validation } of fit(net, train, { epochs: 3, seed: 5, augment, mixup: 0.3, validation: transformed(test, augment) })) found.push(loss, validation!.loss);
  const digest = await digestOf(pixels, Float64Array.from(found), await net.digest());
  await net.dispose();
  return digest;
};

/** Not ours: what ECMAScript leaves to the engine. Only there to be found out. */
const slip: Part = async () => {
  const x = Array.from({ length: 2000 }, (_, i) => (i - 1000) / 77);
  return digestOf(Float64Array.from(x.flatMap((value) => [Math.exp(value), Math.tanh(value), Math.sin(value), Math.pow(1.1, value)])));
};

const PARTS: Readonly<Record<string, Part>> = { lenet5, resnet18, alexnet, dropout, optimizers, augmentation };

/** Trains and predicts with everything that could differ between engines. */
export const identity: Program<IdentityOptions, Digests> = async (library, options) => {
  const digests: Digests = {};
  for (const [name, part] of Object.entries(options.slip ? { ...PARTS, slip } : PARTS)) digests[name] = await part(library, options);
  return digests;
};
