import {
  AdaptiveAvgPool2d, AdaptiveMaxPool2d, BatchNorm2d, Conv1d, ConvTranspose1d, ConvTranspose2d, ELU, GELU, GroupNorm, Hardsigmoid, Hardswish, Hardtanh, InstanceNorm2d,
  LayerNorm, LeakyReLU, LocalResponseNorm, LogSoftmax, Mish, PReLU, ReLU6, SELU, SiLU, Softmax, Softplus, Softsign, Upsample, type Layer,
} from '../src/layers/index.js';
import { activationBackward, activationForward, type Activation } from '../test/oracle/activation.js';
import * as activations from '../test/oracle/activations.js';
import { adaptiveAvgBackward, adaptiveAvgForward, adaptiveMaxBackward, adaptiveMaxForward } from '../test/oracle/adaptivepool.js';
import { asRow, rowOf, type Exact, type Numbers } from '../test/oracle/array.js';
import { conv2dBackward, conv2dForward } from '../test/oracle/conv2d.js';
import { convTransposeBackward, convTransposeForward } from '../test/oracle/convtranspose.js';
import { lrnBackward, lrnForward } from '../test/oracle/lrn.js';
import { batchAxes, groupAxes, layerAxes, normBackward, normForward, statisticsOf, type NormAxes } from '../test/oracle/norm.js';
import { preluBackward, preluForward } from '../test/oracle/prelu.js';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from '../test/oracle/softmax.js';
import { upsampleBackward, upsampleForward, type UpsampleOracleOptions } from '../test/oracle/upsample.js';
import type { Workload } from './workloads.js';

// Layers of one operand beside the float64 loops that the tests hold them against.

/** Weights and biases by name. */
export type Weights = Readonly<Record<string, Numbers>>;

export interface LayerOperator {
  /** An input has no height. */
  readonly sequence?: boolean;
  readonly layer: (w: Workload) => Layer;
  readonly forward: (x: Numbers, weights: Weights, w: Workload) => Exact;
  /** Gradients of `input`, and of weights by name. */
  readonly backward: (x: Numbers, dy: Numbers, weights: Weights, w: Workload) => Readonly<Record<string, Exact>>;
  /** Multiply-accumulates for each number of the output. */
  readonly terms?: (w: Workload) => number;
}

function activation(layer: () => Layer, of: Activation): LayerOperator {
  return { layer, forward: (x) => activationForward(of, x), backward: (x, dy) => ({ input: activationBackward(of, x, dy) }) };
}

function softmax(dim: number): LayerOperator {
  return { layer: () => new Softmax(dim), forward: (x) => softmaxForward(x, dim), backward: (x, dy) => ({ input: softmaxBackward(x, dy, dim) }) };
}

function norm(layer: (w: Workload) => Layer, axes: (shape: readonly number[]) => NormAxes): LayerOperator {
  const affine = ({ weight, bias }: Weights): { weight: Numbers | null; bias: Numbers | null } => ({ weight: weight ?? null, bias: bias ?? null });
  return {
    layer,
    forward: (x, weights) => normForward(x, axes(x.shape), affine(weights), 1e-5, statisticsOf(x, axes(x.shape))),
    backward: (x, dy, weights) => normBackward(x, dy, axes(x.shape), affine(weights), 1e-5, statisticsOf(x, axes(x.shape))),
  };
}

function lrn(beta: number): LayerOperator {
  const options = { size: 5, alpha: 1e-4, beta, k: 1 };
  return { layer: () => new LocalResponseNorm(5, { beta }), forward: (x) => lrnForward(x, options), backward: (x, dy) => ({ input: lrnBackward(x, dy, options) }) };
}

function upsample(options: UpsampleOracleOptions): LayerOperator {
  return { layer: () => new Upsample(options), forward: (x) => upsampleForward(x, options), backward: (x, dy) => ({ input: upsampleBackward(x, dy, options) }) };
}

const both = (value: number): readonly [number, number] => [value, value];
const along = (value: number): readonly [number, number] => [1, value];
const GROUPS = 8;

const conv1d: LayerOperator = {
  sequence: true,
  layer: (w) => new Conv1d(w.C!, w.K!, w.R!, { padding: w.pad!, stride: w.stride! }),
  forward: (x, { weight, bias }, w) => rowOf(conv2dForward(asRow(x), asRow(weight!), bias!, { stride: along(w.stride!), padding: [0, w.pad!], dilation: both(1), groups: 1 })),
  backward: (x, dy, { weight }, w) => {
    const { input, weight: dw, bias } = conv2dBackward(asRow(x), asRow(weight!), asRow(dy), { stride: along(w.stride!), padding: [0, w.pad!], dilation: both(1), groups: 1 });
    return { input: rowOf(input), weight: rowOf(dw), bias };
  },
  terms: (w) => w.C! * w.R!,
};

const convTranspose2d: LayerOperator = {
  layer: (w) => new ConvTranspose2d(w.C!, w.K!, w.R!, { padding: w.pad!, stride: w.stride! }),
  forward: (x, { weight, bias }, w) => convTransposeForward(x, weight!, bias!, transposedOptions(both(w.stride!), both(w.pad!))),
  backward: (x, dy, { weight }, w) => convTransposeBackward(x, weight!, dy, transposedOptions(both(w.stride!), both(w.pad!))) as unknown as Record<string, Exact>,
  terms: (w) => (w.C! * w.R! * w.R!) / (w.stride! * w.stride!),
};

const convTranspose1d: LayerOperator = {
  sequence: true,
  layer: (w) => new ConvTranspose1d(w.C!, w.K!, w.R!, { padding: w.pad!, stride: w.stride! }),
  forward: (x, { weight, bias }, w) => rowOf(convTransposeForward(asRow(x), asRow(weight!), bias!, transposedOptions(along(w.stride!), [0, w.pad!]))),
  backward: (x, dy, { weight }, w) => {
    const { input, weight: dw, bias } = convTransposeBackward(asRow(x), asRow(weight!), asRow(dy), transposedOptions(along(w.stride!), [0, w.pad!]));
    return { input: rowOf(input), weight: rowOf(dw), bias };
  },
  terms: (w) => (w.C! * w.R!) / w.stride!,
};

function transposedOptions(stride: readonly [number, number], padding: readonly [number, number]) {
  return { stride, padding, outputPadding: both(0), dilation: both(1), groups: 1 };
}

export const LAYERS: Readonly<Record<string, LayerOperator>> = {
  relu6: activation(() => new ReLU6(), activations.hardtanh(0, 6)),
  hardtanh: activation(() => new Hardtanh(), activations.hardtanh(-1, 1)),
  leaky_relu: activation(() => new LeakyReLU(), activations.leakyRelu(Math.fround(0.01))),
  elu: activation(() => new ELU(), activations.elu(1)),
  selu: activation(() => new SELU(), activations.selu),
  silu: activation(() => new SiLU(), activations.silu),
  mish: activation(() => new Mish(), activations.mish),
  gelu: activation(() => new GELU(), activations.gelu),
  gelu_tanh: activation(() => new GELU('tanh'), activations.geluTanh),
  hardsigmoid: activation(() => new Hardsigmoid(), activations.hardsigmoid),
  hardswish: activation(() => new Hardswish(), activations.hardswish),
  softsign: activation(() => new Softsign(), activations.softsign),
  softplus: activation(() => new Softplus(), activations.softplus(1, 20)),
  prelu: { layer: (w) => new PReLU(w.C!), forward: (x, { weight }) => preluForward(x, weight!), backward: (x, dy, { weight }) => preluBackward(x, weight!, dy) },
  softmax_rows: softmax(2),
  softmax_columns: softmax(3),
  log_softmax: { layer: () => new LogSoftmax(1), forward: (x) => logSoftmaxForward(x, 1), backward: (x, dy) => ({ input: logSoftmaxBackward(x, dy, 1) }) },
  batch_norm: norm((w) => new BatchNorm2d(w.C!), batchAxes),
  layer_norm: norm((w) => new LayerNorm([w.C!, w.H!, w.W!]), (shape) => layerAxes(shape, shape.slice(1))),
  group_norm: norm((w) => new GroupNorm(GROUPS, w.C!), (shape) => groupAxes(shape, GROUPS)),
  instance_norm: norm((w) => new InstanceNorm2d(w.C!), (shape) => groupAxes(shape, shape[1]!)),
  lrn: lrn(0.75),
  lrn_general: lrn(0.6),
  adaptive_avg_pool: {
    layer: () => new AdaptiveAvgPool2d(7), forward: (x) => adaptiveAvgForward(x, both(7)), backward: (x, dy) => ({ input: adaptiveAvgBackward(x, dy) }),
  },
  global_avg_pool: { layer: () => new AdaptiveAvgPool2d(1), forward: (x) => adaptiveAvgForward(x, both(1)), backward: (x, dy) => ({ input: adaptiveAvgBackward(x, dy) }) },
  adaptive_max_pool: {
    layer: () => new AdaptiveMaxPool2d(7), forward: (x) => adaptiveMaxForward(x, both(7)).output, backward: (x, dy) => ({ input: adaptiveMaxBackward(x, dy) }),
  },
  upsample_nearest: upsample({ scaleFactor: both(2), mode: 'nearest' }),
  upsample_bilinear: upsample({ scaleFactor: both(2), mode: 'bilinear' }),
  conv1d, conv_transpose2d: convTranspose2d, conv_transpose1d: convTranspose1d,
};
