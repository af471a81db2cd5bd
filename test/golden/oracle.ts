import type { Exact, Numbers } from '../oracle/array.js';
import { activationBackward, activationForward, type ActivationName } from '../oracle/activation.js';
import { conv2dBackward, conv2dForward } from '../oracle/conv2d.js';
import { crossEntropyBackward, crossEntropyForward } from '../oracle/crossentropy.js';
import { lrnBackward, lrnForward } from '../oracle/lrn.js';
import { batchAxes, normBackward, normForward, statisticsOf, tracked, unbiased } from '../oracle/norm.js';
import { addmmBackward, addmmForward, linearBackward, linearForward, matmulBackward, matmulForward } from '../oracle/matmul.js';
import { avgPool2dBackward, avgPool2dForward, maxPool2dBackward, maxPool2dForward } from '../oracle/pool2d.js';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from '../oracle/softmax.js';
import type { Given } from './given.js';

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
  batch_norm: batchNorm,
  local_response_norm: localResponseNorm,
};
