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

const MODELS: readonly Model[] = [
  digits('lenet5', 'LeNet-5', (m, o) => m.lenet5(o)),
  digits('lenet5_modern', 'LeNet-5, modern (relu, max pooling)', (m, o) => m.lenet5Modern(o)),
  photos('resnet18', 'ResNet-18', (m, o) => m.resnet18(o)),
  photos('resnet34', 'ResNet-34', (m, o) => m.resnet34(o)),
  photos('resnet50', 'ResNet-50', (m, o) => m.resnet50(o)),
  photos('resnet101', 'ResNet-101', (m, o) => m.resnet101(o)),
  photos('resnet152', 'ResNet-152', (m, o) => m.resnet152(o)),
];

/** Names of the networks, as torchvision has them. */
export const modelNames: readonly string[] = MODELS.map(({ name }) => name);

/** The network of that name; throws UsageError with the names there are and the nearest. */
export function modelNamed(name: string): Model {
  const model = MODELS.find((each) => each.name === name);
  if (model === undefined) throw new UsageError(`unknown model ${name}${suggestion(name, modelNames)}`);
  return model;
}
