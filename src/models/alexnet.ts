import { OptionError } from '../core/errors.js';
import { AdaptiveAvgPool2d, Conv2d, Dropout, Flatten, Graph, Linear, LocalResponseNorm, MaxPool2d, ReLU, Sequential, type Layer } from '../layers/index.js';
import { heFanOut, normal, ZERO } from './convnorm.js';
import { sizesOf, type ModelOptions } from './options.js';

export interface DropoutOptions extends ModelOptions {
  /** Probability of dropout. */
  readonly dropout?: number;
}

export interface AlexNetOptions extends DropoutOptions {
  /** 2: the published network's two columns, 48, 128, 192, 192 and 128 maps each, which meet in the third convolution and the dense layers. Default 1. */
  readonly groups?: 1 | 2;
  /** Response normalisation behind the first and second convolution, as published. Default false. */
  readonly lrn?: boolean;
}

/** features, adaptive average pooling to `side`, classifier. */
function classifying(type: string, features: Layer[], side: number, classifier: Layer[]): Layer {
  const layers = { features: new Sequential(features), avgpool: new AdaptiveAvgPool2d(side), classifier: new Sequential(classifier) };
  return new Graph(layers, (m, x, { apply }) => m.classifier(apply(new Flatten(), m.avgpool(m.features(x)))), type);
}

/**
 * AlexNet (Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural networks", figure 2).
 * Without options torchvision's, the one column of Krizhevsky 2014 with 64, 192, 384, 256 and 256 maps: 61,100,840 parameters.
 * `{ groups: 2, lrn: true }` is the network of 2012 as one machine holds it: 60,965,224 parameters, weights N(0, 0.01²), biases 1 in the second,
 * fourth and fifth convolution and the hidden dense layers, else 0; overlapping 3x3 pooling with stride 2. At 224x224 the first layer pads by 2
 * for the paper's 55x55. Response normalisation sums over neighbours across the two columns. state_dict: features, classifier.
 */
export function alexnet(options: AlexNetOptions = {}): Layer {
  const { classes, inChannels } = sizesOf('alexnet', options, ['dropout', 'groups', 'lrn']);
  const { groups = 1, lrn = false, dropout = 0.5 } = options;
  if (groups !== 1 && groups !== 2) throw new OptionError(`alexnet: groups is ${String(groups)}, expected 1 or 2`);
  const published = groups === 2;
  const maps = published ? [96, 256, 384, 384, 256] : [64, 192, 384, 256, 256];
  const starts = (one: boolean) => (published ? { init: normal(0.01), biasInit: one ? ({ kind: 'constant', value: 1 } as const) : ZERO } : {});
  const features = maps.flatMap((co, i) => [
    new Conv2d(i === 0 ? inChannels : maps[i - 1]!, co, [11, 5, 3, 3, 3][i]!, { stride: i === 0 ? 4 : 1, padding: i < 2 ? 2 : 1, groups: i === 0 || i === 2 ? 1 : groups, ...starts(i !== 0 && i !== 2) }),
    new ReLU(),
    ...(lrn && i < 2 ? [new LocalResponseNorm(5, { alpha: 5e-4, k: 2 })] : []),
    ...(i < 2 || i === 4 ? [new MaxPool2d(3, { stride: 2 })] : []),
  ]);
  return classifying('AlexNet', features, 6, [
    new Dropout(dropout), new Linear(9216, 4096, starts(true)), new ReLU(), new Dropout(dropout), new Linear(4096, 4096, starts(true)), new ReLU(),
    new Linear(4096, classes, starts(false)),
  ]);
}

function vgg(name: string, counts: readonly number[], options: DropoutOptions): Layer {
  const { classes, inChannels } = sizesOf(name, options, ['dropout']);
  const { dropout = 0.5 } = options;
  let ci = inChannels;
  const features = counts.flatMap((count, stage) => {
    const co = Math.min(512, 64 << stage);
    const convs = Array.from({ length: count }, () => {
      const conv = new Conv2d(ci, co, 3, { padding: 1, init: heFanOut(co, 3), biasInit: ZERO });
      ci = co;
      return [conv, new ReLU()];
    });
    return [...convs.flat(), new MaxPool2d(2)];
  });
  const dense = (inputs: number, outputs: number): Layer => new Linear(inputs, outputs, { init: normal(0.01), biasInit: ZERO });
  return classifying('VGG', features, 7, [
    dense(25088, 4096), new ReLU(), new Dropout(dropout), dense(4096, 4096), new ReLU(), new Dropout(dropout), dense(4096, classes),
  ]);
}

/** VGG-11 (Simonyan and Zisserman 2015, "Very deep convolutional networks for large-scale image recognition", table 1, A), as torchvision's: 132,863,336 parameters. */
export const vgg11 = (options: DropoutOptions = {}): Layer => vgg('vgg11', [1, 1, 2, 2, 2], options);
/** VGG-16 (Simonyan and Zisserman 2015, table 1, D), as torchvision's: 138,357,544 parameters. */
export const vgg16 = (options: DropoutOptions = {}): Layer => vgg('vgg16', [2, 2, 3, 3, 3], options);
