import type { Numbers } from '../oracle/array.js';
import { activationBackward, activationForward, type ActivationName } from '../oracle/activation.js';
import { crossEntropyBackward, crossEntropyForward } from '../oracle/crossentropy.js';
import { lrnBackward, lrnForward } from '../oracle/lrn.js';
import { batchAxes, normBackward, normForward, statisticsOf, tracked, unbiased } from '../oracle/norm.js';
import { addmmBackward, addmmForward, linearBackward, linearForward, matmulBackward, matmulForward } from '../oracle/matmul.js';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from '../oracle/softmax.js';
import { prefixed, type Answer } from './answer.js';
import type { Given } from './given.js';
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
  batch_norm: batchNorm,
  local_response_norm: localResponseNorm,
};
