import { AdaptiveAvgPool2d, AvgPool2d, Conv2d, Dropout, FixedFilter2d, Flatten, Graph, Linear, MaxPool2d, ReLU, Sequential, type Layer } from '../layers/index.js';
import { branches, chain, convNorm, normal } from './convnorm.js';
import type { AuxiliaryOptions } from './googlenet.js';
import { sizesOf, type ModelOptions } from './options.js';

const INIT = { kind: 'normal', deviation: 0.1 } as const;

type Specs = Readonly<Record<string, string>>;

// The blocks of table 1, figures 5 to 7 and 10, with torchvision's names.
const a = (pool: number): Specs => ({ branch1x1: '64', branch5x5: '48 64:5', branch3x3dbl: '64 96:3 96:3', branch_pool: `avg ${pool}` });
const b: Specs = { branch3x3: '384:3/2', branch3x3dbl: '64 96:3 96:3/2', '': 'max/2' };
const c = (n: number): Specs => ({ branch1x1: '192', branch7x7: `${n} ${n}:1x7 192:7x1`, branch7x7dbl: `${n} ${n}:7x1 ${n}:1x7 ${n}:7x1 192:1x7`, branch_pool: 'avg 192' });
const d: Specs = { branch3x3: '192 320:3/2', branch7x7x3: '192 192:1x7 192:7x1 192:3/2', '': 'max/2' };
const e: Specs = { branch1x1: '320', branch3x3: '384 384:split', branch3x3dbl: '448 384:3 384:split', branch_pool: 'avg 192' };

const v3 = (): readonly (readonly [name: string, type: string, specs: Specs])[] => [
  ['Mixed_5b', 'InceptionA', a(32)], ['Mixed_5c', 'InceptionA', a(64)], ['Mixed_5d', 'InceptionA', a(64)], ['Mixed_6a', 'InceptionB', b],
  ['Mixed_6b', 'InceptionC', c(128)], ['Mixed_6c', 'InceptionC', c(160)], ['Mixed_6d', 'InceptionC', c(160)], ['Mixed_6e', 'InceptionC', c(192)],
  ['Mixed_7a', 'InceptionD', d], ['Mixed_7b', 'InceptionE', e], ['Mixed_7c', 'InceptionE', e],
];

const STEM = ['Conv2d_1a_3x3', 'Conv2d_2a_3x3', 'Conv2d_2b_3x3', 'maxpool1', 'Conv2d_3b_1x1', 'Conv2d_4a_3x3', 'maxpool2'];

/** The auxiliary head of Inception v3. state_dict: conv0, conv1, fc. */
function head(classes: number): Layer {
  const layers = {
    conv0: convNorm(768, 128, [1, 1], 1, [0, 0], INIT), conv1: convNorm(128, 768, [5, 5], 1, [0, 0], normal(0.01)), fc: new Linear(768, classes, { init: normal(0.001) }),
  };
  return new Graph(layers, (m, x, { apply }) => {
    const y = m.conv1(m.conv0(apply(new AvgPool2d(5, { stride: 3 }), x)));
    return m.fc(apply(new Flatten(), apply(new AdaptiveAvgPool2d(1), y)));
  }, 'InceptionAux');
}

/**
 * Inception v3 (Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision", table 1), for 299x299 images, as torchvision's:
 * 23,834,568 parameters, 27,161,264 with the auxiliary head, which stands behind Mixed_6e while training, its loss counting 0.4.
 * Differs from torchvision: images are not re-normalised (transform_input).
 */
export function inceptionV3(options: AuxiliaryOptions = {}): Layer {
  const { classes, inChannels } = sizesOf('inceptionV3', options, ['auxLogits', 'dropout']);
  const stem = chain('32:3/2 32:3v 64:3 max/2 80 192:3v max/2', inChannels, INIT).map(({ layers: [layer] }, i): [string, Layer] => [STEM[i]!, layer!]);
  let channels = 192;
  const blocks = v3().map(([name, type, specs]): [string, Layer] => {
    const block = branches(type, channels, specs, 1, INIT);
    channels = block.channels;
    return [name, block.layer];
  });
  const layers: Record<string, Layer> = {
    ...Object.fromEntries([...stem, ...blocks]), AuxLogits: head(classes),
    avgpool: new AdaptiveAvgPool2d(1), dropout: new Dropout(options.dropout ?? 0.5), fc: new Linear(channels, classes, { init: INIT }),
  };
  return new Graph(layers, (m, x, { apply, auxiliary }) => {
    let y = x;
    for (const [name] of [...stem, ...blocks]) {
      y = m[name]!(y);
      if (name === 'Mixed_6e' && (options.auxLogits ?? true)) auxiliary('AuxLogits', y, 0.4);
    }
    return m['fc']!(apply(new Flatten(), m['dropout']!(m['avgpool']!(y))));
  }, 'Inception3');
}

/** Specs of branches by number, as timm names them. */
const numbered = (...specs: string[]): Specs => Object.fromEntries(specs.map((spec, i) => [`branch${i}`, spec]));

// Figures 3 to 9 of Szegedy et al. 2017; one entry per block.
const v4 = (): readonly (readonly [type: string, count: number, specs: Specs])[] => [
  ['Mixed4a', 1, numbered('64 96:3v', '64 64:1x7 64:7x1 96:3v')],
  ['Mixed5a', 1, { conv: '192:3/2', maxpool: 'max/2' }],
  ['InceptionA', 4, numbered('96', '64 96:3', '64 96:3 96:3', 'avg- 96')],
  ['ReductionA', 1, numbered('384:3/2', '192 224:3 256:3/2', 'max/2')],
  ['InceptionB', 7, numbered('384', '192 224:1x7 256:7x1', '192 192:7x1 224:1x7 224:7x1 256:1x7', 'avg- 128')],
  ['ReductionB', 1, numbered('192 192:3/2', '256 256:1x7 320:7x1 320:3/2', 'max/2')],
  ['InceptionC', 3, numbered('256', '384 256:split', '384 448:3x1 512:1x3 256:split', 'avg- 256')],
];

/** The first joint of the stem, max pooling beside a convolution, both with stride 2. */
const mixed3a = (): Layer => new Graph({ maxpool: new MaxPool2d(3, { stride: 2 }), conv: convNorm(64, 96, [3, 3], 2, [0, 0]) }, (m, x, { concat }) => concat(m.maxpool(x), m.conv(x)), 'Mixed3a');

/**
 * Inception v4 (Szegedy, Ioffe, Vanhoucke and Alemi 2017, "Inception-v4, Inception-ResNet and the impact of residual connections on learning",
 * figures 3 to 9), for 299x299 images: 42,679,816 parameters. torchvision has none; names, sizes and start weights are timm's (inception_v4):
 * features.0 to 21, last_linear.
 */
export function inceptionV4(options: ModelOptions & { readonly dropout?: number } = {}): Layer {
  const { classes, inChannels } = sizesOf('inceptionV4', options, ['dropout']);
  const features = chain('32:3/2 32:3v 64:3', inChannels).map(({ layers: [layer] }) => layer!);
  features.push(mixed3a());
  let channels = 160;
  for (const [type, count, specs] of v4()) {
    for (let i = 0; i < count; i++) {
      const block = branches(type, channels, specs);
      features.push(block.layer);
      channels = block.channels;
    }
  }
  const layers = { features: new Sequential(features), global_pool: new AdaptiveAvgPool2d(1), head_drop: new Dropout(options.dropout ?? 0.2), last_linear: new Linear(channels, classes) };
  return new Graph(layers, (m, x, { apply }) => m.last_linear(m.head_drop(apply(new Flatten(), m.global_pool(m.features(x))))), 'InceptionV4');
}

export interface ScaledOptions {
  /** What the branches' sum is multiplied by before it is added to x. */
  readonly scale?: number;
  /** relu at the end; default true. */
  readonly relu?: boolean;
}

/** x + scale · a 1x1 convolution of the branches, then relu: [inChannels, h, w] → the same. */
function scaled(type: string, inChannels: number, specs: Specs, { scale, relu = true }: ScaledOptions & { readonly scale: number }): Layer {
  const { layer: inside, channels } = branches(type, inChannels, specs);
  return new Graph({ conv2d: new Conv2d(channels, inChannels, 1) }, (m, x, { add, apply }) => {
    const y = add(x, apply(new FixedFilter2d([[scale]]), m.conv2d(apply(inside, x))));
    return relu ? apply(new ReLU(), y) : y;
  }, type);
}

/** Inception-ResNet-A of Inception-ResNet-v2 (Szegedy et al. 2017, figure 16), 320 channels there; names as timm's Block35. */
export const inceptionResnetA = (inChannels = 320, options: ScaledOptions = {}): Layer =>
  scaled('Block35', inChannels, numbered('32', '32 32:3', '32 48:3 64:3'), { scale: 0.17, ...options });

/** Inception-ResNet-B (figure 17), 1088 channels; names as timm's Block17. */
export const inceptionResnetB = (inChannels = 1088, options: ScaledOptions = {}): Layer =>
  scaled('Block17', inChannels, numbered('192', '128 160:1x7 192:7x1'), { scale: 0.1, ...options });

/** Inception-ResNet-C (figure 19), 2080 channels; names as timm's Block8. */
export const inceptionResnetC = (inChannels = 2080, options: ScaledOptions = {}): Layer =>
  scaled('Block8', inChannels, numbered('192', '192 224:1x3 256:3x1'), { scale: 0.2, ...options });
