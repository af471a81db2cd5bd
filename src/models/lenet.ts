import { OptionError } from '../core/errors.js';
import { AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, ScaleShift2d, Sequential, Sigmoid, Tanh, type Layer } from '../layers/index.js';
import { known, whole } from '../core/options.js';

export interface LeNet5Options {
  /** Classes to tell apart; default 10. */
  readonly classes?: number;
  /** Channels of the input; default 1. */
  readonly inChannels?: number;
  /** After C1, C3 (before the pooling), C5 and F6; default 'tanh'. */
  readonly activation?: 'tanh' | 'relu' | 'sigmoid';
  /** S2 and S4; default 'avg'. */
  readonly pooling?: 'avg' | 'max';
  /** C3 as published: each of its maps sees the maps of S2 that table I lists (60 kernels of 96). Default: all of them. */
  readonly sparseC3?: boolean;
  /** S2 and S4 with a trainable coefficient and bias per map, as published. Default: plain pooling. */
  readonly trainableSubsampling?: boolean;
  /** Batch normalisation between C1, C3 and their activations (`bn1`, `bn3`). Default: none. */
  readonly batchNorm?: boolean;
  /** Zeros around the image before C1: 0 for 32x32 (default), 2 for 28x28. */
  readonly padding?: number;
}

/** Table I of LeCun et al. 1998: the maps of S2 that each of the 16 maps of C3 is connected to. */
export const C3_TABLE: readonly (readonly number[])[] = [
  [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
  [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5], [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5],
  [0, 1, 2, 3, 4, 5],
];

/** 1 where C3's map `row` is connected to S2's map, [16, 6, 5, 5]. */
function c3Mask(): Float32Array {
  const mask = new Float32Array(16 * 6 * 25);
  C3_TABLE.forEach((maps, row) => {
    for (const map of maps) mask.fill(1, (row * 6 + map) * 25, (row * 6 + map + 1) * 25);
  });
  return mask;
}

/**
 * LeNet-5 (LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition"), for 32x32 images:
 * C1 6@5x5, S2, C3 16@5x5, S4, C5 120@5x5, F6 84, 10 outputs; 61,706 parameters. state_dict: c1, c3, c5, f6, output.
 * Differs from the paper, as most do today: tanh not scaled, all maps of C3 connected and plain average pooling unless asked for,
 * a linear output with cross-entropy instead of RBF units.
 */
export function lenet5(options: LeNet5Options = {}): Sequential {
  known('lenet5', options, ['classes', 'inChannels', 'activation', 'pooling', 'sparseC3', 'trainableSubsampling', 'batchNorm', 'padding']);
  const classes = whole('lenet5', 'classes', options.classes ?? 10, 1);
  const activation = activationOf(options.activation ?? 'tanh');
  const pool = poolOf(options.pooling ?? 'avg');
  const subsample = (maps: number): Layer => (options.trainableSubsampling ? new Sequential({ pool: pool(), scale: new ScaleShift2d(maps) }, 'Subsampling') : pool());
  const normalised = (name: string, maps: number): Record<string, Layer> => (options.batchNorm ? { [name]: new BatchNorm2d(maps) } : {});
  return new Sequential({
    c1: new Conv2d(options.inChannels ?? 1, 6, 5, { padding: options.padding ?? 0 }), ...normalised('bn1', 6), a1: activation(), s2: subsample(6),
    c3: new Conv2d(6, 16, 5, options.sparseC3 ? { mask: c3Mask() } : {}), ...normalised('bn3', 16), a3: activation(), s4: subsample(16),
    c5: new Conv2d(16, 120, 5), a5: activation(), flatten: new Flatten(),
    f6: new Linear(120, 84), a6: activation(),
    output: new Linear(84, classes),
  }, 'LeNet-5');
}

/** LeNet-5 with relu and max pooling, as frameworks' tutorials build it. */
export function lenet5Modern(options: Omit<LeNet5Options, 'activation' | 'pooling'> = {}): Sequential {
  return lenet5({ ...options, activation: 'relu', pooling: 'max' });
}

function activationOf(name: string): () => Layer {
  if (name === 'tanh') return () => new Tanh();
  if (name === 'relu') return () => new ReLU();
  if (name === 'sigmoid') return () => new Sigmoid();
  throw new OptionError(`lenet5: activation is '${name}', expected 'tanh', 'relu' or 'sigmoid'`);
}

function poolOf(name: string): () => Layer {
  if (name === 'avg') return () => new AvgPool2d(2);
  if (name === 'max') return () => new MaxPool2d(2);
  throw new OptionError(`lenet5: pooling is '${name}', expected 'avg' or 'max'`);
}
