import { AdaptiveAvgPool2d, Dropout, Flatten, Graph, Linear, MaxPool2d, ReLU, type Layer } from '../layers/index.js';
import { branches, convNorm } from './convnorm.js';
import { sizesOf, type ModelOptions } from './options.js';

export interface AuxiliaryOptions extends ModelOptions {
  /** Auxiliary heads while training; default true. Predicting has none. */
  readonly auxLogits?: boolean;
  /** Probability before the last layer. */
  readonly dropout?: number;
}

const INIT = { kind: 'normal', deviation: 0.01 } as const;

/**
 * Inception block (Szegedy et al. 2015, figure 2b): a 1x1 convolution, 1x1 then 3x3, 1x1 then "5x5", and 3x3 max pooling then 1x1, joined by
 * channel: [inChannels, h, w] → [c1x1 + c3x3 + c5x5 + poolProj, h, w]. As torchvision's: batch normalisation behind each convolution, and the
 * third branch's kernel is 3x3. state_dict: branch1 to branch4, within them conv and bn.
 */
export function inceptionBlock(inChannels: number, c1x1: number, c3x3Reduce: number, c3x3: number, c5x5Reduce: number, c5x5: number, poolProj: number): Layer {
  const specs = { branch1: `${c1x1}`, branch2: `${c3x3Reduce} ${c3x3}:3`, branch3: `${c5x5Reduce} ${c5x5}:3`, branch4: `max ${poolProj}` };
  return branches('Inception', inChannels, specs, null, INIT).layer;
}

const conv = (ci: number, co: number, k: number, stride = 1): Layer => convNorm(ci, co, [k, k], stride, [k >> 1, k >> 1], INIT);

/** An auxiliary head: 4x4 average pooling, a 1x1 convolution and two dense layers. state_dict: conv, fc1, fc2. */
function head(ci: number, classes: number): Layer {
  const layers = { conv: conv(ci, 128, 1), fc1: new Linear(2048, 1024, { init: INIT }), fc2: new Linear(1024, classes, { init: INIT }), dropout: new Dropout(0.7) };
  return new Graph(layers, (m, x, { apply }) => {
    const y = apply(new Flatten(), m.conv(apply(new AdaptiveAvgPool2d(4), x)));
    return m.fc2(m.dropout(apply(new ReLU(), m.fc1(y))));
  }, 'InceptionAux');
}

/** Table 1: what inceptionBlock takes behind the input's channels, by stage. */
const BLOCKS: readonly (readonly [string, number, number, number, number, number, number, number])[] = [
  ['3a', 192, 64, 96, 128, 16, 32, 32], ['3b', 256, 128, 128, 192, 32, 96, 64],
  ['4a', 480, 192, 96, 208, 16, 48, 64], ['4b', 512, 160, 112, 224, 24, 64, 64], ['4c', 512, 128, 128, 256, 24, 64, 64],
  ['4d', 512, 112, 144, 288, 32, 64, 64], ['4e', 528, 256, 160, 320, 32, 128, 128],
  ['5a', 832, 256, 160, 320, 32, 128, 128], ['5b', 832, 384, 192, 384, 48, 128, 128],
];

/**
 * GoogLeNet (Szegedy et al. 2015, "Going deeper with convolutions", table 1), as torchvision's: 6,624,904 parameters, 13,004,888 with the two
 * auxiliary heads, which stand behind blocks 4a and 4d while training, their losses counting 0.3 each.
 * Differs from the paper as torchvision's does: batch normalisation in place of response normalisation and biases, 3x3 for 5x5 kernels, dropout
 * 0.2. From torchvision: images are not re-normalised (transform_input).
 */
export function googlenet(options: AuxiliaryOptions = {}): Layer {
  const { classes, inChannels } = sizesOf('googlenet', options, ['auxLogits', 'dropout']);
  const pool = (k: number): Layer => new MaxPool2d(k, { stride: 2, ceilMode: true });
  const blocks = BLOCKS.map(([name, ...sizes]): [string, Layer] => [`inception${name}`, inceptionBlock(...sizes)]);
  const layers: Record<string, Layer> = {
    conv1: conv(inChannels, 64, 7, 2), maxpool1: pool(3), conv2: conv(64, 64, 1), conv3: conv(64, 192, 3), maxpool2: pool(3), maxpool3: pool(3), maxpool4: pool(2),
    ...Object.fromEntries(blocks), aux1: head(512, classes), aux2: head(528, classes),
    avgpool: new AdaptiveAvgPool2d(1), dropout: new Dropout(options.dropout ?? 0.2), fc: new Linear(1024, classes, { init: INIT }),
  };
  return new Graph(layers, (m, x, { apply, auxiliary }) => {
    let y = x;
    const outputs: Record<string, typeof x> = {};
    for (const name of ['conv1', 'maxpool1', 'conv2', 'conv3', 'maxpool2']) y = m[name]!(y);
    for (const [name] of blocks) {
      if (name === 'inception4a') y = m['maxpool3']!(y);
      if (name === 'inception5a') y = m['maxpool4']!(y);
      y = outputs[name] = m[name]!(y);
    }
    if (options.auxLogits ?? true) {
      auxiliary('aux1', outputs['inception4a']!, 0.3);
      auxiliary('aux2', outputs['inception4d']!, 0.3);
    }
    return m['fc']!(m['dropout']!(apply(new Flatten(), m['avgpool']!(y))));
  }, 'GoogLeNet');
}
