import { Random } from '../../src/core/random.js';
import { elements, type Shape, type Tensor } from '../../src/core/shape.js';
import type { CompileOptions } from '../../src/index.js';
import {
  BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm2d, LayerNorm, LocalResponseNorm, AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Dropout, Dropout2d, ELU,
  Concat, FixedFilter2d, Flatten, GELU, Graph, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, Linear, LogSoftmax, MaxPool1d, MaxPool2d, MaxUnpool1d, MaxUnpool2d, Mish, PReLU, Rbf, ReLU,
  ReLU6, Residual, SELU, ScaleShift2d,
  Sequential, SiLU, Sigmoid, Softmax, Softplus, Softsign, Tanh, Upsample, type Layer,
} from '../../src/layers/index.js';
import { lenet5, lenet5Modern } from '../../src/models/lenet.js';
import { basicBlock, bottleneck } from '../../src/models/resnet.js';
import type { Plan } from '../../src/plan/plan.js';
import type { PlanTensor } from '../../src/plan/tensor.js';
import { bceWithLogits, crossEntropy, huber, l1, mse, nll, rbf, smoothL1, type CrossEntropyOptions, type Loss } from '../../src/training/losses.js';
import { adagrad, adam, adamw, rmsprop, sgd, type SgdOptions } from '../../src/training/optimizers.js';

// Networks that together use every layer and every option, small enough to watch each byte of.

/** y = first(x) + second(x): x's gradient has two writers, the second adds. */
export class Sum implements Layer {
  readonly type = 'Sum';
  readonly first: Layer;
  readonly second: Layer;

  constructor(first: Layer, second: Layer) {
    this.first = first;
    this.second = second;
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    const parts = [p.layer('first', this.first, x), p.layer('second', this.second, x)] as const;
    const [a, b] = parts;
    const [rows, columns] = [p.batchSize, elements(a.shape)];
    const y = p.activation(a.shape, a, { name: 'sum' });
    p.step('axpby', { x: a, z: b, y, rows, columns, zRow: columns, zColumn: 1, alpha: 1, beta: 1 });
    p.onBackward(y, (dy) => {
      for (const part of parts) {
        if (!p.needsGradient(part)) continue;
        const { dx, accumulate } = p.gradInto(part);
        p.step('sumTo', { x: dy, y: dx, s0: 1, s1: 1, s2: rows, s3: columns, keep0: 1, keep1: 1, keep2: 1, keep3: 1, alpha: 1, accumulate });
      }
    });
    return y;
  }
}

/** One layer, one set of weights, twice in a row: the weights' gradient has two writers. */
export class Twice implements Layer {
  readonly type = 'Twice';
  readonly layer: Layer;

  constructor(layer: Layer) {
    this.layer = layer;
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    return p.layer('shared', this.layer, p.layer('shared', this.layer, x));
  }
}

/** x passed on untouched. */
class Identity implements Layer {
  readonly type = 'Identity';
  plan(_: Plan, x: PlanTensor): PlanTensor {
    return x;
  }
}

export interface NetworkCase {
  readonly name: string;
  readonly model: () => Layer;
  readonly input: Shape;
  readonly loss?: CrossEntropyOptions;
  /** Another loss than cross-entropy. */
  readonly criterion?: Loss;
  /** Targets are numbers from 0 to 1 like the outputs instead of classes. */
  readonly values?: boolean;
  /** Training computes other numbers than predicting: dropout, statistics of the batch. */
  readonly differs?: boolean;
  readonly optimizer?: SgdOptions;
  /** What else it is compiled with. */
  readonly more?: Partial<CompileOptions>;
}

/** The product, batch norm and an activation. */
const normed = (product: Layer, channels: number, activation: Layer = new ReLU()): Layer => new Sequential([product, new BatchNorm2d(channels), activation]);
/** MobileNetV2's block without its shortcut. */
const inverted = (c: number): Layer => new Sequential([normed(new Conv2d(c, 2 * c, 1), 2 * c, new ReLU6()), normed(new Conv2d(2 * c, 2 * c, 3, { groups: 2 * c, padding: 1 }), 2 * c, new ReLU6()), new Conv2d(2 * c, c, 1), new BatchNorm2d(c)]);

const digits: Shape = [1, 32, 32];
const flat = (): Layer => new Flatten();
const sum = (first: Layer, second: Layer = new Identity()): Layer => new Sum(first, second);
const chain = (...layers: Layer[]): Layer => new Sequential(layers);

/** Two poolings undone, the last first; what the first's undoing reads has two readers. Windows do not overlap: a place named twice is written once, but PyTorch gives its residual to both. */
function unpooling(): Layer {
  const [first, second] = [new MaxPool2d(2, { returnIndices: true, ceilMode: true }), new MaxPool2d(2, { padding: 1, returnIndices: true })];
  return chain(new Conv2d(2, 5, 3, { padding: 1 }), first, second, new Conv2d(5, 5, 1), new MaxUnpool2d(second), sum(new MaxUnpool2d(first), new Upsample({ size: [8, 7] })), flat(), new Linear(280, 3));
}

function unpooledSequence(): Layer {
  const pool = new MaxPool1d(3, { padding: 1, returnIndices: true });
  return chain(new Conv1d(3, 6, 3), pool, new Conv1d(6, 6, 1), new MaxUnpool1d(pool), flat(), new Linear(90, 3));
}

const lenets: NetworkCase[] = [
  { name: 'lenet5', model: () => lenet5(), input: digits, optimizer: { lr: 0.05, momentum: 0.9 } },
  { name: 'lenet5 modern', model: () => lenet5Modern(), input: digits, optimizer: { lr: 0.05, momentum: 0.9, nesterov: true } },
  { name: 'lenet5 with sparse C3', model: () => lenet5({ sparseC3: true }), input: digits, optimizer: { lr: 0.05, weightDecay: 1e-3 } },
  { name: 'lenet5 with trainable sub-sampling', model: () => lenet5({ trainableSubsampling: true, activation: 'sigmoid' }), input: digits, optimizer: { lr: 0.05, momentum: 0.5, dampening: 0.25 } },
  { name: 'lenet5 for 28x28 with 3 channels', model: () => lenet5({ padding: 2, inChannels: 3, classes: 7 }), input: [3, 28, 28], optimizer: { lr: 0.05, maximize: true } },
];

const convolutions: NetworkCase[] = [
  { name: 'strides and paddings', model: () => chain(new Conv2d(3, 10, [3, 5], { stride: [2, 1], padding: [1, 2] }), new ReLU(), new Conv2d(10, 5, 3, { stride: 3, padding: [0, 2, 1, 0], bias: false }), flat(), new Linear(30, 4)), input: [3, 11, 9] },
  { name: 'stride beyond the kernel', model: () => chain(new Conv2d(2, 9, 2, { stride: 3 }), new Conv2d(9, 8, 1, { stride: 2 }), flat(), new Linear(32, 3)), input: [2, 11, 11] },
  { name: 'dilation and same', model: () => chain(new Conv2d(3, 12, 3, { dilation: [2, 1], padding: 'same' }), new Tanh(), new Conv2d(12, 4, [2, 4], { padding: 'same' }), flat(), new Linear(168, 5)), input: [3, 6, 7] },
  { name: 'many channels in and out', model: () => chain(new Conv2d(2, 33, 1), new Conv2d(33, 65, 3, { padding: 1 }), new AvgPool2d(3), flat(), new Linear(65, 3)), input: [2, 4, 5] },
  { name: 'groups', model: () => chain(new Conv2d(6, 9, 3, { groups: 3, padding: 1 }), new ReLU(), new Conv2d(9, 18, 3, { groups: 3, stride: 2, dilation: 2, padding: 2 }), flat(), new Linear(162, 3)), input: [6, 5, 6] },
  { name: 'depthwise', model: () => chain(new Conv2d(6, 6, 3, { groups: 6, padding: 1 }), new Tanh(), new Conv2d(6, 6, [3, 2], { groups: 6, stride: 2, dilation: [1, 2], padding: [2, 1], bias: false }), new Conv2d(6, 7, 1), flat(), new Linear(84, 3)), input: [6, 5, 6] },
  { name: 'fixed filter', model: () => chain(new Conv2d(2, 6, 3), new FixedFilter2d([[1, 0, -1], [2, 0, -2], [1, 0, -1]]), new Tanh(), flat(), new Linear(72, 3)), input: [2, 6, 5] },
  { name: 'pointwise and covering kernels', model: () => chain(new Conv2d(5, 11, 1), new Sigmoid(), new Conv2d(11, 13, [4, 5]), new Conv2d(13, 6, 1, { bias: false }), flat()), input: [5, 4, 5], loss: { reduction: 'sum' } },
  { name: 'weights used twice', model: () => chain(new Conv2d(2, 6, 3, { padding: 1 }), new Twice(new Conv2d(6, 6, 3, { padding: 1 })), new Twice(new Conv2d(6, 6, 3, { groups: 6, padding: 1 })), new Twice(new Conv2d(6, 6, 1)), new Twice(new ScaleShift2d(6)), flat(), new Linear(96, 9), new Twice(new Linear(9, 9))), input: [2, 4, 4], optimizer: { lr: 0.01, momentum: 0.9 } },
];

const tiles = (channels: number): Layer => chain(new Conv2d(2, channels, 1), new Conv2d(channels, 19, 3, { padding: [1, 0, 0, 2] }), new Tanh(), sum(new Conv2d(19, 19, 3, { padding: 1, bias: false })), new Twice(new Conv2d(19, 19, 3, { padding: 1 })), new ConvTranspose2d(19, 16, 3), sum(new ConvTranspose2d(16, 16, 3, { padding: 1 })), new AvgPool2d(3), flat(), new Linear(144, 3));

const winograd: NetworkCase[] = [
  { name: 'tiles of 4x4', model: () => tiles(70), input: [2, 8, 7], optimizer: { lr: 0.01, momentum: 0.9 } },
  { name: 'tiles of 2x2', model: () => tiles(17), input: [2, 8, 7], optimizer: { lr: 0.01, momentum: 0.9 }, more: { winograd: 2 } },
  { name: 'no tiles', model: () => tiles(17), input: [2, 8, 7], optimizer: { lr: 0.01, momentum: 0.9 }, more: { winograd: false } },
];

const others: NetworkCase[] = [
  { name: 'pooling', model: () => chain(new Conv2d(1, 6, 3), new MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }), new AvgPool2d([2, 3], { stride: [1, 2], padding: [1, 1], ceilMode: true, countIncludePad: false }), new AvgPool2d(2, { stride: 1, padding: 1, divisorOverride: 3 }), new MaxPool2d(2, { stride: 1, dilation: 2 }), flat(), new Linear(126, 3)), input: [1, 14, 13] },
  { name: 'unpooling', model: unpooling, input: [2, 8, 7] },
  { name: 'unpooling of sequences', model: unpooledSequence, input: [3, 17] },
  { name: 'softmax layers', model: () => chain(new Conv2d(2, 5, 3), new Softmax(1), new Softmax(-1), new LogSoftmax(2), flat(), new Linear(100, 6), new LogSoftmax(1)), input: [2, 6, 7] },
  { name: 'two writers', model: () => chain(new Conv2d(3, 6, 3, { padding: 1 }), sum(new Conv2d(6, 6, 3, { padding: 1 })), sum(new Conv2d(6, 6, 3, { groups: 6, padding: 1 })), sum(new Conv2d(6, 6, 1), new Tanh()), sum(new ReLU()), sum(new Sigmoid(), new ReLU()), sum(new AvgPool2d(3, { stride: 1, padding: 1 }), new MaxPool2d(3, { stride: 1, padding: 1 })), sum(new ScaleShift2d(6), new Softmax(1)), flat(), sum(new Linear(72, 72), new LogSoftmax(1)), new Linear(72, 4)), input: [3, 4, 3], optimizer: { lr: 0.01, momentum: 0.9 } },
  { name: 'channels first and last', model: () => chain(new Linear(5, 6), new Conv2d(3, 4, 3, { padding: 1 }), new Linear(6, 3), flat(), new Linear(48, 3)), input: [3, 4, 5] },
  { name: 'one class per pixel', model: () => chain(new Conv2d(2, 5, 3, { padding: 1 })), input: [2, 3, 4], loss: { weight: [1, 2, 0.5, 1.5, 3], labelSmoothing: 0.1 } },
  { name: 'class weights', model: () => chain(flat(), new Linear(9, 6)), input: [1, 3, 3], loss: { weight: [1, 2, 0.5, 1.5, 3, 0.25] } },
  { name: 'class probabilities', model: () => chain(flat(), new Linear(12, 6)), input: [3, 2, 2], loss: { target: 'probabilities', labelSmoothing: 0.2 } },
];

const activations: NetworkCase[] = [
  { name: 'piecewise activations', model: () => chain(new Conv2d(2, 6, 3), new LeakyReLU(0.1), new Hardswish(), new Conv2d(6, 5, 1), new ReLU6(), new Hardsigmoid(), new Softsign(), flat(), new Linear(60, 3)), input: [2, 5, 6] },
  { name: 'trained slopes', model: () => chain(new Conv2d(2, 6, 3), new PReLU(6), new Conv2d(6, 5, 1), new PReLU(), new Hardtanh(-2, 2), flat(), new Linear(320, 3)), input: [2, 10, 10] },
  { name: 'smooth activations', model: () => chain(new Conv2d(3, 7, 3), new SiLU(), new GELU(), new Conv2d(7, 5, 1), new ELU(0.5), new SELU(), new GELU('tanh'), new Softplus(2), new Mish(), flat(), new Linear(60, 3)), input: [3, 6, 5] },
  { name: 'activations with two writers', model: () => chain(new Conv2d(2, 5, 3), sum(new PReLU(5), new SiLU()), sum(new PReLU(1, { init: 0.9 }), new LeakyReLU(0.5)), new Twice(new PReLU(5, { init: 0.8 })), new Twice(new PReLU(1, { init: 0.8 })), sum(new ELU(), new Hardtanh()), flat(), new Linear(320, 3)), input: [2, 10, 10], optimizer: { lr: 0.01, momentum: 0.9 } },
  { name: 'dropout', model: () => chain(new Conv2d(2, 20, 3), new Dropout2d(0.3), new Tanh(), new Dropout(0.25), sum(new Dropout(0.5)), sum(new Dropout2d(0.4)), flat(), new Dropout(0), new Linear(240, 3)), input: [2, 5, 6], differs: true },
];

const criteria: NetworkCase[] = [
  { name: 'mean squared error', model: () => chain(new Conv2d(2, 3, 3)), input: [2, 5, 6], criterion: mse(), values: true },
  { name: 'absolute error', model: () => chain(flat(), new Linear(12, 7)), input: [3, 2, 2], criterion: l1({ reduction: 'none' }), values: true },
  { name: 'smooth L1', model: () => chain(flat(), new Linear(12, 1100)), input: [3, 2, 2], criterion: smoothL1({ beta: 0.5 }), values: true },
  { name: 'Huber', model: () => chain(flat(), new Linear(12, 5)), input: [3, 2, 2], criterion: huber({ delta: 0.3, reduction: 'sum' }), values: true },
  { name: 'binary cross-entropy', model: () => chain(new Conv2d(2, 3, 2)), input: [2, 3, 3], criterion: bceWithLogits({ weight: [1, 2], posWeight: { data: Float32Array.of(1, 3, 0.5), shape: [3, 1, 1] } }), values: true },
  { name: 'negative log-likelihood', model: () => chain(new Conv2d(2, 5, 2), new LogSoftmax(1)), input: [2, 3, 4], criterion: nll({ weight: [1, 2, 0.5, 1, 3] }) },
  { name: 'radial basis functions', model: () => chain(flat(), new Linear(9, 6), new Tanh(), new Rbf(6, 4, numbers(24, 5), { trainable: true })), input: [1, 3, 3], criterion: rbf() },
  { name: 'fixed centres', model: () => chain(flat(), new Linear(9, 7), new Tanh(), new Rbf(7, 3, numbers(21, 5))), input: [1, 3, 3], criterion: rbf({ criterion: 'mse' }) },
];

const images: NetworkCase[] = [
  { name: 'sequences of many kinds', model: () => chain(new Conv1d(3, 8, 3, { padding: 1 }), new ReLU(), new MaxPool1d(3, { stride: 2, padding: 1 }), new Conv1d(8, 6, 2, { groups: 2, dilation: 2, padding: [2, 1], rotate: true }), new AvgPool1d(2, { stride: 1, padding: 1 }), new ConvTranspose1d(6, 5, 3, { stride: 2, padding: 1, outputPadding: 1 }), sum(new AdaptiveAvgPool1d(7), new AdaptiveMaxPool1d(7)), flat(), new Linear(35, 3)), input: [3, 17] },
  { name: 'true convolution', model: () => chain(new Conv2d(2, 9, [3, 2], { rotate: true, padding: 'same' }), new Tanh(), new Conv2d(9, 9, 3, { rotate: true, groups: 9, stride: 2 }), new Conv2d(9, 4, [2, 2], { rotate: true, mask: Float32Array.from({ length: 144 }, (_, i) => Number(i % 3 > 0)) }), flat()), input: [2, 5, 6] },
  { name: 'transposed convolution', model: () => chain(new ConvTranspose2d(3, 9, 3, { stride: 2, padding: 1, outputPadding: 1 }), new Tanh(), new ConvTranspose2d(9, 6, [2, 3], { groups: 3, dilation: [2, 1], bias: false }), new ConvTranspose2d(6, 6, 3, { groups: 6, padding: 1 }), new ConvTranspose2d(6, 6, 2, { groups: 6, stride: 3, outputPadding: 1 }), new ConvTranspose2d(6, 4, [1, 2], { padding: [2, 0] }), new AvgPool2d(5), flat(), new Linear(96, 3)), input: [3, 3, 4] },
  { name: 'transposed convolution, two writers', model: () => chain(new Conv2d(2, 6, 3), sum(new ConvTranspose2d(6, 6, 3, { padding: 1 })), sum(new ConvTranspose2d(6, 6, 3, { groups: 6, padding: 1 })), sum(new ConvTranspose2d(6, 6, [1, 2], { groups: 6, padding: 0, dilation: 2 }), new ConvTranspose2d(6, 6, [1, 3])), new Twice(new ConvTranspose2d(6, 6, 3, { padding: 1 })), flat(), new Linear(96, 3)), input: [2, 6, 4], optimizer: { lr: 0.01, momentum: 0.9 } },
  { name: 'adaptive pooling', model: () => chain(new Conv2d(2, 7, 3), sum(new AdaptiveAvgPool2d([4, 3]), new AdaptiveMaxPool2d([4, 3])), sum(new AdaptiveAvgPool2d([2, null]), new AdaptiveMaxPool2d([2, null])), sum(new AvgPool2d([2, 3]), new AdaptiveMaxPool2d(1)), sum(new AdaptiveAvgPool2d(1)), flat(), new Linear(7, 3)), input: [2, 11, 9] },
  { name: 'upsampling', model: () => chain(new Conv2d(2, 5, 2), sum(new Upsample({ scaleFactor: [1.5, 2] }), new Upsample({ scaleFactor: [1.5, 2], mode: 'bilinear' })), new Upsample({ size: [7, 9], mode: 'bilinear', alignCorners: true }), sum(new Upsample({ size: [4, 5] }), new Upsample({ size: [4, 5], mode: 'bilinear' })), flat(), new Linear(100, 3)), input: [2, 5, 4] },
  { name: 'many channels', model: () => chain(new Conv2d(1, 19, 2), new Upsample({ scaleFactor: 2, mode: 'bilinear' }), new AdaptiveAvgPool2d(1), flat(), new Linear(19, 3)), input: [1, 4, 5] },
];

const norms: NetworkCase[] = [
  { name: 'batch norm', differs: true, model: () => chain(new Conv2d(2, 7, 3, { bias: false }), new BatchNorm2d(7), new ReLU(), new Conv2d(7, 4, 2, { bias: false }), new BatchNorm2d(4, { affine: false, momentum: null }), flat(), new Linear(36, 3)), input: [2, 6, 6] },
  { name: 'batch norm of sequences', differs: true, model: () => chain(new Conv1d(2, 7, 3, { bias: false }), new BatchNorm1d(7, { momentum: 0.3 }), new Tanh(), flat(), new Linear(56, 3)), input: [2, 10] },
  { name: 'group, instance and layer norm', model: () => chain(new Conv2d(2, 6, 3), new GroupNorm(3, 6), new Tanh(), new InstanceNorm2d(6, { affine: true }), new Conv2d(6, 5, 2), new LayerNorm([5, 3, 3]), flat(), new LayerNorm([45], { elementwiseAffine: false }), new Linear(45, 3)), input: [2, 6, 6] },
  { name: 'local response norm', model: () => chain(new Conv2d(2, 9, 3), new LocalResponseNorm(5, { alpha: 0.5 }), new Conv2d(9, 4, 2), sum(new LocalResponseNorm(3, { beta: 0.6, alpha: 1 })), flat(), new Linear(36, 3)), input: [2, 6, 6] },
];

const shared = (): Layer => {
  const layers = { conv: new Conv2d(6, 6, 3, { padding: 1 }), relu: new ReLU(), fc: new Linear(72, 4) };
  return new Graph(layers, (m, x, { add, concat, apply }) => {
    const a = m.relu(m.conv(x));
    const b = add(a, m.relu(m.conv(a)), x);
    const rows = concat(apply(flat(), b), apply(flat(), apply(new MaxPool2d(3, { stride: 1, padding: 1 }), b)));
    return m.fc(apply(flat(), apply(new AvgPool1d(2), apply({ type: 'Row', plan: (p, y) => p.view(y, [1, 144]) }, rows))));
  });
};

const headed = (): Layer => new Graph({ conv: new Conv2d(2, 5, 3), auxiliary: new Linear(80, 3), relu: new ReLU(), out: new Linear(80, 3) }, (m, x, { apply, auxiliary }) => {
  const y = m.relu(m.conv(x));
  auxiliary('auxiliary', apply(flat(), y), 0.3);
  return m.out(apply(flat(), y));
});

const branches: NetworkCase[] = [
  { name: 'an auxiliary head', differs: true, model: headed, input: [2, 6, 6] },
  { name: 'residual blocks', differs: true, model: () => chain(new Conv2d(2, 5, 3), new Residual(chain(new Conv2d(5, 5, 3, { padding: 1, bias: false }), new BatchNorm2d(5), new ReLU())), new ReLU(), new Residual(new Conv2d(5, 7, 3, { stride: 2, padding: 1 }), new Conv2d(5, 7, 1, { stride: 2 })), new Tanh(), flat(), new Residual(new Linear(28, 28)), new Linear(28, 3)), input: [2, 6, 6] },
  { name: 'concat', model: () => chain(new Conv2d(2, 6, 3), new Concat({ a: new Conv2d(6, 3, 1), b: chain(new Conv2d(6, 1, 3, { padding: 1 }), new ReLU()), c: new MaxPool2d(3, { stride: 1, padding: 1 }) }), new Concat([new AvgPool2d(4), new MaxPool2d(4)]), flat(), new Concat([new Linear(20, 5), new Tanh()]), new Linear(25, 3)), input: [2, 6, 6] },
  { name: 'a graph with shared layers', model: () => chain(new Conv2d(2, 6, 1), shared()), input: [2, 3, 4], optimizer: { lr: 0.01, momentum: 0.9 } },
  { name: 'norms of every kind of product', differs: true, model: () => chain(normed(new Conv2d(2, 34, 1, { stride: 2 }), 34), normed(new Conv2d(34, 34, 3, { groups: 34, padding: 1 }), 34, new ReLU6()), normed(new Conv2d(34, 34, [2, 1], { groups: 34 }), 34, new Hardtanh(-1, 1)), normed(new Conv2d(34, 30, 1), 30, new Tanh()), normed(new Conv2d(30, 54, 3, { groups: 3 }), 54), normed(new Conv2d(54, 26, 1), 26), flat(), new Linear(234, 27), new ReLU(), new Linear(27, 3)), input: [2, 11, 9] },
  { name: 'inverted residuals', differs: true, model: () => chain(new Conv2d(2, 5, 3), new Residual(inverted(5)), new Residual(inverted(5), chain(new Conv2d(5, 5, 1), new BatchNorm2d(5))), new Residual(new ReLU(), new Conv2d(5, 5, 3, { padding: 1 })), new Residual(new Tanh(), new Residual(new Conv2d(5, 5, 1))), flat(), new Linear(80, 3)), input: [2, 6, 6] },
  { name: 'branches of a concat', differs: true, model: () => chain(new Concat([normed(new Conv2d(2, 9, 1), 9), chain(normed(new Conv2d(2, 3, 1), 3), new Concat([normed(new Conv2d(3, 5, 3, { padding: 1 }), 5), new Conv2d(3, 1, 1)])), new MaxPool2d(3, { stride: 1, padding: 1 }), new AvgPool2d(3, { stride: 1, padding: 1 }), new ReLU(), new Residual(new Conv2d(2, 2, 1))]), new Concat([new MaxPool2d(2), new AvgPool2d(2), normed(new Conv2d(23, 23, 2, { groups: 23, stride: 2 }), 23), normed(new Conv2d(23, 23, 3, { groups: 23, stride: 2, padding: 1 }), 23)]), new Concat([new Residual(new Conv2d(92, 5, 3, { padding: 1 }), new Conv2d(92, 5, 1)), new Conv2d(92, 3, 1)]), flat(), new Linear(72, 3)), input: [2, 6, 6] },
  { name: 'tiles that end in norms, sums and columns', differs: true, model: () => chain(new Conv2d(2, 16, 1), basicBlock(16, 16), new Concat([normed(new Conv2d(16, 17, 3, { padding: 1 }), 17), new Conv2d(16, 16, 3, { padding: 1 })]), new AdaptiveAvgPool2d(1), flat(), new Linear(33, 3)), input: [2, 6, 6] },
  { name: 'bottlenecks', differs: true, model: () => chain(bottleneck(3, 2), bottleneck(8, 2, { stride: 2 }), basicBlock(8, 8), new AdaptiveAvgPool2d(1), flat(), new Linear(8, 3)), input: [3, 6, 5] },
];

const small = { model: () => chain(new Conv2d(2, 5, 3), new Tanh(), new Conv2d(5, 6, 2), flat(), new Linear(54, 87), new Tanh(), new Linear(87, 3)), input: [2, 6, 6] as const };

const optimizers: NetworkCase[] = [
  { name: 'adam, norm clipped', ...small, more: { optimizer: adam({ weightDecay: 0.01 }), clip: { norm: 0.1 } } },
  { name: 'amsgrad, values clipped', ...small, more: { optimizer: adam({ amsgrad: true }), clip: { value: 0.01 } } },
  { name: 'adamw, two groups', ...small, more: { optimizer: adamw({ groups: [{ match: '*.bias', weightDecay: 0 }] }), clip: { norm: Infinity } } },
  { name: 'rmsprop', ...small, more: { optimizer: rmsprop() } },
  { name: 'rmsprop, centered, momentum', ...small, more: { optimizer: rmsprop({ centered: true, momentum: 0.9 }) } },
  { name: 'adagrad', ...small, more: { optimizer: adagrad({ initialAccumulatorValue: 0.1 }) } },
];

export const networks: readonly NetworkCase[] = [...lenets, ...convolutions, ...winograd, ...images, ...others, ...activations, ...criteria, ...optimizers, ...norms, ...branches];

export function optionsOf(one: NetworkCase, more: Partial<CompileOptions> = {}): CompileOptions {
  return { input: one.input, batchSize: 5, seed: 3, loss: one.criterion ?? crossEntropy(one.loss), optimizer: sgd(one.optimizer ?? { lr: 0.02 }), inputGradient: true, ...one.more, ...more };
}

/** Seeded numbers of [-1, 1). */
export function numbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.between(-1, 1));
}

/** Seeded images and targets that fit the network: labels, or probabilities. */
export function batchFor(one: NetworkCase, outputShape: Shape, count: number, seed = 1): { images: Float32Array; target: Int32Array | Tensor } {
  const images = numbers(count * elements(one.input), seed);
  const random = new Random(seed, 1);
  if (one.values) return { images, target: { data: numbers(count * elements(outputShape), seed + 1).map(Math.abs), shape: [count, ...outputShape] } };
  const classes = outputShape[0]!;
  const rows = count * elements(outputShape.slice(1));
  if (one.loss?.target !== 'probabilities') return { images, target: Int32Array.from({ length: rows }, () => random.integer(classes)) };
  const data = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const parts = Array.from({ length: classes }, () => random.uniform() + 0.01);
    const whole = parts.reduce((a, b) => a + b, 0);
    parts.forEach((part, c) => (data[row * classes + c] = part / whole));
  }
  return { images, target: { data, shape: [rows, classes] } };
}
