import type { Exact, Numbers } from '../oracle/array.js';
import { activationBackward, activationForward, type Activation, type ActivationName } from '../oracle/activation.js';
import * as exact from '../oracle/activations.js';
import { conv2dBackward, conv2dForward } from '../oracle/conv2d.js';
import { crossEntropyBackward, crossEntropyForward } from '../oracle/crossentropy.js';
import { mse as mseLoss, pairLossBackward, pairLossForward } from '../oracle/losses.js';
import { addmmBackward, addmmForward, linearBackward, linearForward, matmulBackward, matmulForward } from '../oracle/matmul.js';
import { avgPool2dBackward, avgPool2dForward, maxPool2dBackward, maxPool2dForward } from '../oracle/pool2d.js';
import { preluBackward, preluForward } from '../oracle/prelu.js';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from '../oracle/softmax.js';
import type { Given } from './given.js';
import type { Params } from './params.js';

/** What the oracle says of a case: output and grad_X; the same names as in the file. */
type Answer = Record<string, Exact>;

const prefixed = (output: Exact, gradients: Record<string, Exact>): Answer => ({
  output,
  ...Object.fromEntries(Object.entries(gradients).map(([name, exact]) => [`grad_${name}`, exact])),
});

function conv2d(given: Given): Answer {
  const { params } = given;
  const [x, w] = [given.tensor('input'), given.tensor('weight')];
  const padding = params.text('padding', '');
  const options = {
    stride: params.pair('stride', [1, 1]),
    padding: padding === 'same' || padding === 'valid' ? padding : params.pair('padding', [0, 0]),
    dilation: params.pair('dilation', [1, 1]),
    groups: params.number('groups', 1),
  } as const;
  return prefixed(conv2dForward(x, w, given.has('bias') ? given.tensor('bias') : null, options), { ...conv2dBackward(x, w, given.tensor('grad_output'), options) });
}

function linear(given: Given): Answer {
  const [x, w] = [given.tensor('input'), given.tensor('weight')];
  return prefixed(linearForward(x, w, given.has('bias') ? given.tensor('bias') : null), linearBackward(x, w, given.tensor('grad_output')));
}

function addmm(given: Given): Answer {
  const { params } = given;
  const operands = [given.tensor('input'), given.tensor('mat1'), given.tensor('mat2')] as const;
  const options = {
    alpha: params.number('alpha', 1),
    beta: params.number('beta', 1),
    transposeMat1: params.boolean('transpose_mat1', false),
    transposeMat2: params.boolean('transpose_mat2', false),
  };
  return prefixed(addmmForward(...operands, options), addmmBackward(...operands, given.tensor('grad_output'), options));
}

function matmul(given: Given): Answer {
  const [a, b] = [given.tensor('input'), given.tensor('other')];
  return prefixed(matmulForward(a, b), matmulBackward(a, b, given.tensor('grad_output')));
}

function pool(given: Given): Answer {
  const { params } = given;
  const kernel = params.pair('kernel_size', [1, 1]);
  const common = { kernel, stride: params.pair('stride', kernel), padding: params.pair('padding', [0, 0]), ceilMode: params.boolean('ceil_mode', false) };
  const [x, dy] = [given.tensor('input'), given.tensor('grad_output')];
  if (given.op === 'avg_pool2d') {
    const options = {
      ...common,
      countIncludePad: params.boolean('count_include_pad', true),
      divisorOverride: params.has('divisor_override') ? params.number('divisor_override', 1) : null,
    };
    return prefixed(avgPool2dForward(x, options), { input: avgPool2dBackward(x, dy, options) });
  }
  const options = { ...common, dilation: params.pair('dilation', [1, 1]) };
  const { output, indices } = maxPool2dForward(x, options);
  const data = Float64Array.from(indices);
  return { ...prefixed(output, { input: maxPool2dBackward(x, dy, options) }), indices: { data, magnitude: data, shape: output.shape, terms: 1 } };
}

function activation(given: Given): Answer {
  const name = given.op as ActivationName;
  return prefixed(activationForward(name, given.tensor('input')), { input: activationBackward(name, given.tensor('input'), given.tensor('grad_output')) });
}

/** The activations that have parameters. */
const parametric: Readonly<Record<string, (params: Params) => Activation>> = {
  relu6: () => exact.hardtanh(0, 6),
  hardtanh: (params) => exact.hardtanh(params.number('min_val', -1), params.number('max_val', 1)),
  leaky_relu: (params) => exact.leakyRelu(params.number('negative_slope', 0.01)),
  elu: (params) => exact.elu(params.number('alpha', 1)),
  selu: () => exact.selu,
  gelu: (params) => (params.text('approximate', 'none') === 'tanh' ? exact.geluTanh : exact.gelu),
  silu: () => exact.silu,
  hardsigmoid: () => exact.hardsigmoid,
  hardswish: () => exact.hardswish,
  softplus: (params) => exact.softplus(params.number('beta', 1), params.number('threshold', 20)),
};

function parametricActivation(given: Given): Answer {
  const which = parametric[given.op]!(given.params);
  return prefixed(activationForward(which, given.tensor('input')), { input: activationBackward(which, given.tensor('input'), given.tensor('grad_output')) });
}

function prelu(given: Given): Answer {
  const [x, w] = [given.tensor('input'), given.tensor('weight')];
  return prefixed(preluForward(x, w), preluBackward(x, w, given.tensor('grad_output')));
}

/** x * mask / (1 - p), or x. */
function dropout(given: Given): Answer {
  const factors = given.params.boolean('training', true) ? Float64Array.from(given.value('mask').data, (kept) => kept / (1 - given.params.number('p', 0.5))) : null;
  const times = ({ data, shape }: Numbers): Exact => {
    const product = Float64Array.from(data, (v, i) => v * (factors?.[i] ?? 1));
    return { data: product, magnitude: product.map(Math.abs), shape, terms: 1 };
  };
  return prefixed(times(given.tensor('input')), { input: times(given.tensor('grad_output')) });
}

function mse(given: Given): Answer {
  const [x, target] = [given.tensor('input'), given.tensor('target')];
  const reduction = given.params.text('reduction', 'mean') as 'mean' | 'sum' | 'none';
  return prefixed(pairLossForward(mseLoss, x, target, reduction), { input: pairLossBackward(mseLoss, x, target, given.tensor('grad_output'), reduction) });
}

function softmax(given: Given): Answer {
  const [x, dy, dim] = [given.tensor('input'), given.tensor('grad_output'), given.params.number('dim', -1)];
  if (given.op === 'softmax') return prefixed(softmaxForward(x, dim), { input: softmaxBackward(x, dy, dim) });
  return prefixed(logSoftmaxForward(x, dim), { input: logSoftmaxBackward(x, dy, dim) });
}

function crossEntropy(given: Given): Answer {
  const { params } = given;
  const stored = given.value('target');
  const target: ArrayLike<number> | Numbers = stored.data instanceof Int32Array ? stored.data : stored;
  const options = {
    weight: given.has('weight') ? given.tensor('weight').data : null,
    reduction: params.text('reduction', 'mean') as 'mean' | 'sum' | 'none',
    ignoreIndex: params.number('ignore_index', -100),
    labelSmoothing: params.number('label_smoothing', 0),
  };
  const x = given.tensor('input');
  return prefixed(crossEntropyForward(x, target, options), { input: crossEntropyBackward(x, target, given.tensor('grad_output'), options) });
}

/** The oracle's answer to every operator case that this repository holds. */
export const oracles: Readonly<Record<string, (given: Given) => Answer>> = {
  conv2d,
  linear,
  addmm,
  matmul,
  max_pool2d: pool,
  avg_pool2d: pool,
  relu: activation,
  tanh: activation,
  sigmoid: activation,
  softmax,
  log_softmax: softmax,
  cross_entropy: crossEntropy,
  ...Object.fromEntries(Object.keys(parametric).map((op) => [op, parametricActivation])),
  prelu,
  dropout,
  mse_loss: mse,
};
