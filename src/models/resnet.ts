import { AdaptiveAvgPool2d, AvgPool2d, BatchNorm2d, Conv2d, Flatten, Graph, Linear, MaxPool2d, ReLU, Sequential, type Layer } from '../layers/index.js';
import { heFanOut } from './convnorm.js';
import { sizesOf, type ModelOptions } from './options.js';


export interface BlockOptions {
  /** Of the first 3x3 convolution and of the shortcut; default 1. */
  readonly stride?: number;
  /** Where shapes differ: 'B', a 1x1 convolution (default), or 'A', every stride-th pixel and zeros for the further maps. */
  readonly shortcut?: 'A' | 'B';
}

/** A convolution without bias, as batch normalisation follows; weights N(0, 2 / (co·k²)): He et al. 2015 with fan-out. */
function conv(ci: number, co: number, k: number, stride = 1): Conv2d {
  return new Conv2d(ci, co, k, { stride, padding: k >> 1, bias: false, init: heFanOut(co, k) });
}

/** The shortcut's layer where shapes differ. */
function downsample(ci: number, co: number, stride: number, kind: 'A' | 'B'): { downsample?: Layer } {
  if (ci === co && stride === 1) return {};
  if (kind === 'B') return { downsample: new Sequential([conv(ci, co, 1, stride), new BatchNorm2d(co)]) };
  return { downsample: new Graph({ pool: new AvgPool2d(1, { stride }) }, (m, x, { pad }) => pad(m.pool(x), co - ci), 'Shortcut') };
}

/**
 * Two 3x3 convolutions beside a shortcut: [inChannels, h, w] → [planes, h/stride, w/stride] (He et al. 2016, figure 5 left).
 * state_dict: conv1, bn1, conv2, bn2, and downsample for a shortcut B of another shape.
 */
export function basicBlock(inChannels: number, planes: number, { stride = 1, shortcut = 'B' }: BlockOptions = {}): Layer {
  const layers = {
    conv1: conv(inChannels, planes, 3, stride), bn1: new BatchNorm2d(planes), relu: new ReLU(),
    conv2: conv(planes, planes, 3), bn2: new BatchNorm2d(planes), ...downsample(inChannels, planes, stride, shortcut),
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
export function bottleneck(inChannels: number, planes: number, { stride = 1, shortcut = 'B' }: BlockOptions = {}): Layer {
  const layers = {
    conv1: conv(inChannels, planes, 1), bn1: new BatchNorm2d(planes), relu: new ReLU(),
    conv2: conv(planes, planes, 3, stride), bn2: new BatchNorm2d(planes),
    conv3: conv(planes, 4 * planes, 1), bn3: new BatchNorm2d(4 * planes), ...downsample(inChannels, 4 * planes, stride, shortcut),
  };
  return new Graph(layers, (m, x, { add }) => {
    const y = m.bn3(m.conv3(m.relu(m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x))))))));
    return m.relu(add(y, m.downsample?.(x) ?? x));
  }, 'Bottleneck');
}

type Block = typeof basicBlock;

/** `count` blocks; the first has the stride and brings the channels from `from` to planes·expansion. */
function stage(block: Block, from: number, to: number, planes: number, count: number, options: BlockOptions): Layer {
  const blocks = Array.from({ length: count }, (_, i) => (i === 0 ? block(from, planes, options) : block(to, planes)));
  return new Sequential(blocks, `${count} ${blocks[0]!.type}`);
}

/** Stages layer1, layer2, …: the first with `planes` and stride 1, each further one with twice as many and stride 2. */
function stages(block: Block, expansion: number, from: number, planes: number, counts: readonly number[], shortcut: 'A' | 'B'): [string, Layer][] {
  return counts.map((count, i) => {
    const width = planes << i;
    return [`layer${i + 1}`, stage(block, i === 0 ? from : (width / 2) * expansion, width * expansion, width, count, { stride: i === 0 ? 1 : 2, shortcut })];
  });
}

/** conv1, bn1, relu, then `body` one after another, mean over the pixels, fc. */
function network(type: string, stem: Record<string, Layer>, body: readonly [string, Layer][], width: number, classes: number): Layer {
  const layers: Record<string, Layer> = { ...stem, ...Object.fromEntries(body), avgpool: new AdaptiveAvgPool2d(1), fc: new Linear(width, classes) };
  return new Graph(layers, (m, x, { apply }) => {
    const y = Object.keys(layers).slice(0, -1).reduce((at, name) => m[name]!(at), x);
    return m['fc']!(apply(new Flatten(), y));
  }, type);
}

function resnet(name: string, block: Block, expansion: number, counts: readonly number[], options: ModelOptions): Layer {
  const { classes, inChannels } = sizesOf(name, options);
  const stem = { conv1: conv(inChannels, 64, 7, 2), bn1: new BatchNorm2d(64), relu: new ReLU(), maxpool: new MaxPool2d(3, { stride: 2, padding: 1 }) };
  return network('ResNet', stem, stages(block, expansion, 64, 64, counts, 'B'), 512 * expansion, classes);
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

function cifar(depth: number, options: ModelOptions): Layer {
  const { classes, inChannels } = sizesOf(`resnet${depth}`, options, [], 10);
  const stem = { conv1: conv(inChannels, 16, 3), bn1: new BatchNorm2d(16), relu: new ReLU() };
  const count = (depth - 2) / 6;
  return network('ResNet', stem, stages(basicBlock, 1, 16, 16, [count, count, count], 'A'), 64, classes);
}

/** ResNet-20 for CIFAR-10 (He et al. 2016, section 4.2 and table 6), [3, 32, 32], 10 classes: 269,722 parameters. Shortcuts A; torchvision has none, the names are those of its ResNets. */
export const resnet20 = (options: ModelOptions = {}): Layer => cifar(20, options);
/** ResNet-32 for CIFAR-10 (He et al. 2016, table 6): 464,154 parameters; otherwise as resnet20. */
export const resnet32 = (options: ModelOptions = {}): Layer => cifar(32, options);
/** ResNet-44 for CIFAR-10 (He et al. 2016, table 6): 658,586 parameters; otherwise as resnet20. */
export const resnet44 = (options: ModelOptions = {}): Layer => cifar(44, options);
/** ResNet-56 for CIFAR-10 (He et al. 2016, table 6): 853,018 parameters; otherwise as resnet20. */
export const resnet56 = (options: ModelOptions = {}): Layer => cifar(56, options);
/** ResNet-110 for CIFAR-10 (He et al. 2016, table 6): 1,727,962 parameters; otherwise as resnet20. */
export const resnet110 = (options: ModelOptions = {}): Layer => cifar(110, options);
