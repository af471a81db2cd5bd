import type { Exact, Numbers } from '../oracle/array.js';
import { activationBackward, activationForward, type Activation, type ActivationName } from '../oracle/activation.js';
import * as exact from '../oracle/activations.js';
import { crossEntropyBackward, crossEntropyForward } from '../oracle/crossentropy.js';
import { lrnBackward, lrnForward } from '../oracle/lrn.js';
import { batchAxes, normBackward, normForward, statisticsOf, tracked, unbiased } from '../oracle/norm.js';
import { addmmBackward, addmmForward, linearBackward, linearForward, matmulBackward, matmulForward } from '../oracle/matmul.js';
import { mse as mseLoss, pairLossBackward, pairLossForward } from '../oracle/losses.js';
import { preluBackward, preluForward } from '../oracle/prelu.js';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from '../oracle/softmax.js';
import { prefixed, type Answer } from './answer.js';
import type { Given } from './given.js';
import type { Params } from './params.js';
import { imageOracles } from './imageoracle.js';

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
  mish: () => exact.mish,
  silu: () => exact.silu,
  hardsigmoid: () => exact.hardsigmoid,
  hardswish: () => exact.hardswish,
  softsign: () => exact.softsign,
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

function batchNorm(given: Given): Answer {
  const { params } = given;
  const [x, dy] = [given.tensor('input'), given.tensor('grad_output')];
  const optional = (name: string): Numbers | null => (given.has(name) ? given.tensor(name) : null);
  const affine = { weight: optional('weight'), bias: optional('bias') };
  const axes = batchAxes(x.shape);
  const own = statisticsOf(x, axes);
  const running = given.has('running_mean') ? { mean: given.tensor('running_mean'), variance: given.tensor('running_var') } : null;
  const training = params.boolean('training', false) || running === null;
  const used = training ? own : { ...own, mean: Float64Array.from(running.mean.data), variance: Float64Array.from(running.variance.data) };
  const momentum = training ? params.number('momentum', 0.1) : 0;
  const eps = params.number('eps', 1e-5);
  return {
    ...prefixed(normForward(x, axes, affine, eps, used), normBackward(x, dy, axes, affine, eps, used, !training)),
    ...(running && {
      running_mean_after: tracked(running.mean, own.mean, momentum),
      running_var_after: tracked(running.variance, unbiased(own), momentum),
    }),
  };
}

function localResponseNorm(given: Given): Answer {
  const { params } = given;
  const options = { size: params.number('size', 5), alpha: params.number('alpha', 1e-4), beta: params.number('beta', 0.75), k: params.number('k', 1) };
  const x = given.tensor('input');
  return prefixed(lrnForward(x, options), { input: lrnBackward(x, given.tensor('grad_output'), options) });
}

/** The oracle's answer to every operator case that this repository holds. */
export const oracles: Readonly<Record<string, (given: Given) => Answer>> = {
  ...imageOracles,
  linear,
  addmm,
  matmul,
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
  batch_norm: batchNorm,
  local_response_norm: localResponseNorm,
};
