import type { Numbers } from '../oracle/array.js';
import { activationBackward, activationForward, type ActivationName } from '../oracle/activation.js';
import { crossEntropyBackward, crossEntropyForward } from '../oracle/crossentropy.js';
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
};
