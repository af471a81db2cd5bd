import { kaimingUniform } from '../core/init.js';
import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, Graph, Linear, MaxPool2d, ReLU, ReLU6, Sequential, type Layer } from '../layers/index.js';
import type { DropoutOptions } from './alexnet.js';
import { heFanOut, normal, ZERO } from './convnorm.js';
import { sizesOf } from './options.js';

/** A 1x1 convolution to `squeeze` maps, then 1x1 and 3x3 ones to `expand` each, joined by channel. */
function fire(ci: number, squeeze: number, expand: number): Layer {
  const conv = (from: number, to: number, k: number): Layer => new Conv2d(from, to, k, { padding: k >> 1, init: kaimingUniform(from * k * k), biasInit: ZERO });
  const layers = {
    squeeze: conv(ci, squeeze, 1), squeeze_activation: new ReLU(),
    expand1x1: conv(squeeze, expand, 1), expand1x1_activation: new ReLU(), expand3x3: conv(squeeze, expand, 3), expand3x3_activation: new ReLU(),
  };
  return new Graph(layers, (m, x, { concat }) => {
    const y = m.squeeze_activation(m.squeeze(x));
    return concat(m.expand1x1_activation(m.expand1x1(y)), m.expand3x3_activation(m.expand3x3(y)));
  }, 'Fire');
}

/**
 * SqueezeNet 1.1 (Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size"; 1.1 is its
 * authors' later release, with 2.4 times less work), as torchvision's: 1,235,496 parameters. state_dict: features.0 to 12, classifier.1.
 */
export function squeezenet1_1(options: DropoutOptions = {}): Layer {
  const { classes, inChannels } = sizesOf('squeezenet1_1', options, ['dropout']);
  const pool = (): Layer => new MaxPool2d(3, { stride: 2, ceilMode: true });
  const features = [
    new Conv2d(inChannels, 64, 3, { stride: 2, init: kaimingUniform(inChannels * 9), biasInit: ZERO }), new ReLU(), pool(), fire(64, 16, 64), fire(128, 16, 64), pool(),
    fire(128, 32, 128), fire(256, 32, 128), pool(), fire(256, 48, 192), fire(384, 48, 192), fire(384, 64, 256), fire(512, 64, 256),
  ];
  const classifier = [new Dropout(options.dropout ?? 0.5), new Conv2d(512, classes, 1, { init: normal(0.01), biasInit: ZERO }), new ReLU(), new AdaptiveAvgPool2d(1)];
  const layers = { features: new Sequential(features), classifier: new Sequential(classifier) };
  return new Graph(layers, (m, x, { apply }) => apply(new Flatten(), m.classifier(m.features(x))), 'SqueezeNet');
}

/** Convolution, batch normalisation, relu6. */
function convRelu6(ci: number, co: number, k: number, stride = 1, groups = 1): Layer {
  return new Sequential([new Conv2d(ci, co, k, { stride, padding: k >> 1, groups, bias: false, init: heFanOut(co, k) }), new BatchNorm2d(co), new ReLU6()], 'ConvBNReLU6');
}

/** 1x1 to expand·ci maps, 3x3 by channel, 1x1 to co maps without activation; added to x where shapes agree (figure 4). */
function invertedResidual(ci: number, co: number, stride: number, expand: number): Layer {
  const inner = ci * expand;
  const conv = new Sequential([
    ...(expand === 1 ? [] : [convRelu6(ci, inner, 1)]), convRelu6(inner, inner, 3, stride, inner),
    new Conv2d(inner, co, 1, { bias: false, init: heFanOut(co, 1) }), new BatchNorm2d(co),
  ]);
  return new Graph({ conv }, (m, x, { add }) => (stride === 1 && ci === co ? add(m.conv(x), x) : m.conv(x)), 'InvertedResidual');
}

/** Table 2: expansion, maps, blocks, stride of the first. */
const STAGES = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]] as const;

/** MobileNetV2 (Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks", table 2), as torchvision's: 3,504,872 parameters. state_dict: features.0 to 18, classifier.1. */
export function mobilenetV2(options: DropoutOptions = {}): Layer {
  const { classes, inChannels } = sizesOf('mobilenetV2', options, ['dropout']);
  let ci = 32;
  const blocks = STAGES.flatMap(([expand, co, count, stride]) => Array.from({ length: count }, (_, i) => {
    const block = invertedResidual(ci, co, i === 0 ? stride : 1, expand);
    ci = co;
    return block;
  }));
  const classifier = [new Dropout(options.dropout ?? 0.2), new Linear(1280, classes, { init: normal(0.01), biasInit: ZERO })];
  const layers = { features: new Sequential([convRelu6(inChannels, 32, 3, 2), ...blocks, convRelu6(ci, 1280, 1)]), classifier: new Sequential(classifier) };
  return new Graph(layers, (m, x, { apply }) => m.classifier(apply(new Flatten(), apply(new AdaptiveAvgPool2d(1), m.features(x)))), 'MobileNetV2');
}
