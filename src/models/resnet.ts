import { known, whole } from '../core/options.js';
import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Flatten, Graph, Linear, MaxPool2d, ReLU, Sequential, type Layer } from '../layers/index.js';

export interface ModelOptions {
  /** Classes to tell apart; default 1000. */
  readonly classes?: number;
  /** Channels of the input; default 3. */
  readonly inChannels?: number;
}

export interface BlockOptions {
  /** Of the first 3x3 convolution and of the shortcut; default 1. */
  readonly stride?: number;
}

/** A convolution without bias, as batch normalisation follows; weights N(0, 2 / (co·k²)): He et al. 2015 with fan-out. */
function conv(ci: number, co: number, k: number, stride = 1): Conv2d {
  return new Conv2d(ci, co, k, { stride, padding: k >> 1, bias: false, init: { kind: 'normal', deviation: Math.sqrt(2 / (co * k * k)) } });
}

/** The shortcut's 1x1 convolution where shapes differ. */
function downsample(ci: number, co: number, stride: number): { downsample?: Layer } {
  return ci === co && stride === 1 ? {} : { downsample: new Sequential([conv(ci, co, 1, stride), new BatchNorm2d(co)]) };
}

/**
 * Two 3x3 convolutions beside a shortcut: [inChannels, h, w] → [planes, h/stride, w/stride] (He et al. 2016, figure 5 left).
 * A 1x1 convolution makes the shortcut fit where shapes differ (option B). state_dict: conv1, bn1, conv2, bn2, downsample.
 */
export function basicBlock(inChannels: number, planes: number, { stride = 1 }: BlockOptions = {}): Layer {
  const layers = {
    conv1: conv(inChannels, planes, 3, stride), bn1: new BatchNorm2d(planes), relu: new ReLU(),
    conv2: conv(planes, planes, 3), bn2: new BatchNorm2d(planes), ...downsample(inChannels, planes, stride),
  };
  return new Graph(layers, (m, x, { add }) => {
    const y = m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x)))));
    return m.relu(add(y, m.downsample?.(x) ?? x));
  }, 'BasicBlock');
}

/**
 * 1x1, 3x3 and 1x1 convolutions beside a shortcut: [inChannels, h, w] → [4·planes, h/stride, w/stride] (He et al. 2016, figure 5 right).
 * The 3x3 convolution has the stride, as in torchvision (v1.5); the paper's first 1x1 has it. state_dict: conv1, bn1 to conv3, bn3, downsample.
 */
export function bottleneck(inChannels: number, planes: number, { stride = 1 }: BlockOptions = {}): Layer {
  const layers = {
    conv1: conv(inChannels, planes, 1), bn1: new BatchNorm2d(planes), relu: new ReLU(),
    conv2: conv(planes, planes, 3, stride), bn2: new BatchNorm2d(planes),
    conv3: conv(planes, 4 * planes, 1), bn3: new BatchNorm2d(4 * planes), ...downsample(inChannels, 4 * planes, stride),
  };
  return new Graph(layers, (m, x, { add }) => {
    const y = m.bn3(m.conv3(m.relu(m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x))))))));
    return m.relu(add(y, m.downsample?.(x) ?? x));
  }, 'Bottleneck');
}

type Block = typeof basicBlock;

/** `count` blocks; the first has the stride and brings the channels from `from` to planes·expansion. */
function stage(block: Block, expansion: number, from: number, planes: number, count: number, stride: number): Layer {
  const blocks = Array.from({ length: count }, (_, i) => block(i === 0 ? from : planes * expansion, planes, { stride: i === 0 ? stride : 1 }));
  return new Sequential(blocks, `${count} ${blocks[0]!.type}`);
}

function resnet(name: string, block: Block, expansion: number, counts: readonly number[], options: ModelOptions): Layer {
  known(name, options, ['classes', 'inChannels']);
  const { classes = 1000, inChannels = 3 } = options;
  const stages = counts.map((count, i) => [`layer${i + 1}`, stage(block, expansion, i === 0 ? 64 : (32 << i) * expansion, 64 << i, count, i === 0 ? 1 : 2)]);
  return new Graph({
    conv1: conv(whole(name, 'inChannels', inChannels, 1), 64, 7, 2), bn1: new BatchNorm2d(64), relu: new ReLU(), maxpool: new MaxPool2d(3, { stride: 2, padding: 1 }),
    ...(Object.fromEntries(stages) as Record<'layer1' | 'layer2' | 'layer3' | 'layer4', Layer>),
    avgpool: new AdaptiveAvgPool2d(1), fc: new Linear(512 * expansion, whole(name, 'classes', classes, 1)),
  }, (m, x, { apply }) => {
    const stem = m.maxpool(m.relu(m.bn1(m.conv1(x))));
    return m.fc(apply(new Flatten(), m.avgpool(m.layer4(m.layer3(m.layer2(m.layer1(stem)))))));
  }, name);
}

/** ResNet-18 (He, Zhang, Ren and Sun 2016, "Deep residual learning for image recognition", table 1), as torchvision's: 11,689,512 parameters. */
export const resnet18 = (options: ModelOptions = {}): Layer => resnet('resnet18', basicBlock, 1, [2, 2, 2, 2], options);
/** ResNet-34 (He et al. 2016, table 1), as torchvision's: 21,797,672 parameters. */
export const resnet34 = (options: ModelOptions = {}): Layer => resnet('resnet34', basicBlock, 1, [3, 4, 6, 3], options);
/** ResNet-50 (He et al. 2016, table 1), as torchvision's: 25,557,032 parameters. Blocks have the stride in the 3x3 convolution (v1.5), the paper's in the first 1x1. */
export const resnet50 = (options: ModelOptions = {}): Layer => resnet('resnet50', bottleneck, 4, [3, 4, 6, 3], options);
/** ResNet-101 (He et al. 2016, table 1), as torchvision's: 44,549,160 parameters; v1.5 as resnet50. */
export const resnet101 = (options: ModelOptions = {}): Layer => resnet('resnet101', bottleneck, 4, [3, 4, 23, 3], options);
/** ResNet-152 (He et al. 2016, table 1), as torchvision's: 60,192,808 parameters; v1.5 as resnet50. */
export const resnet152 = (options: ModelOptions = {}): Layer => resnet('resnet152', bottleneck, 4, [3, 8, 36, 3], options);
