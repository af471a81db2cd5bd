import type { Shape } from '../core/shape.js';
import type { Layer } from '../layers/layer.js';
import { UsageError } from './failure.js';
import { suggestion } from './nearest.js';

type Builders = typeof import('../models/index.js');

/** How a picture becomes the network's input: the shorter side to `side`, the centre cut out, then (x / 255 − mean) / deviation by channel. */
export interface PhotoPreprocessing {
  readonly side: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface BuildOptions {
  readonly classes?: number;
  readonly auxLogits?: boolean;
}

/** A network that commands know by name. */
export interface Model {
  readonly name: string;
  readonly title: string;
  /** One image, [channels, height, width]. */
  readonly input: Shape;
  /** Number of classes it tells apart, unless built for others. */
  readonly classes: number;
  /** Of photographs; null for digits, whose data sets prepare them. */
  readonly preprocessing: PhotoPreprocessing | null;
  build(options?: BuildOptions): Promise<Layer>;
}

const digits = (name: string, title: string, build: (builders: Builders, options: BuildOptions) => Layer): Model => ({
  name, title, input: [1, 32, 32], classes: 10, preprocessing: null,
  build: async (options = {}) => build(await import('../models/index.js'), options),
});

/** Means and deviations of ImageNet's colours, as torchvision prepares images. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

const photos = (name: string, title: string, build: (builders: Builders, options: BuildOptions) => Layer, side = 224, resized = 256): Model => ({
  name, title, input: [3, side, side], classes: 1000, preprocessing: { side: resized, ...IMAGENET },
  build: async (options = {}) => build(await import('../models/index.js'), options),
});

const cifar = (name: string, title: string, build: (builders: Builders, options: BuildOptions) => Layer): Model => ({
  ...photos(name, title, build), input: [3, 32, 32], classes: 10, preprocessing: { side: 32, mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] },
});

/** The options of a network without auxiliary heads. */
const sizes = ({ classes }: BuildOptions): { classes?: number } => (classes === undefined ? {} : { classes });

const MODELS: readonly Model[] = [
  digits('lenet5', 'LeNet-5', (m, o) => m.lenet5(sizes(o))),
  digits('lenet5_modern', 'LeNet-5, modern (relu, max pooling)', (m, o) => m.lenet5Modern(sizes(o))),
  photos('alexnet', 'AlexNet', (m, o) => m.alexnet(sizes(o))),
  photos('vgg11', 'VGG-11', (m, o) => m.vgg11(sizes(o))),
  photos('vgg16', 'VGG-16', (m, o) => m.vgg16(sizes(o))),
  photos('googlenet', 'GoogLeNet', (m, o) => m.googlenet(o)),
  photos('inception_v3', 'Inception v3', (m, o) => m.inceptionV3(o), 299, 342),
  photos('inception_v4', 'Inception v4', (m, o) => m.inceptionV4(sizes(o)), 299, 342),
  photos('squeezenet1_1', 'SqueezeNet 1.1', (m, o) => m.squeezenet1_1(sizes(o))),
  photos('mobilenet_v2', 'MobileNetV2', (m, o) => m.mobilenetV2(sizes(o))),
  ...([18, 34, 50, 101, 152] as const).map((depth) => photos(`resnet${depth}`, `ResNet-${depth}`, (m, o) => m[`resnet${depth}`](sizes(o)))),
  ...([20, 32, 44, 56, 110] as const).map((depth) => cifar(`resnet${depth}`, `ResNet-${depth} for CIFAR-10`, (m, o) => m[`resnet${depth}`](sizes(o)))),
];

/** Names of the networks, as torchvision has them. */
export const modelNames: readonly string[] = MODELS.map(({ name }) => name);

/** The network of that name; throws UsageError with the names there are and the nearest. */
export function modelNamed(name: string): Model {
  const model = MODELS.find((each) => each.name === name);
  if (model === undefined) throw new UsageError(`unknown model ${name}${suggestion(name, modelNames)}`);
  return model;
}
