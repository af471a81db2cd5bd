import { UnsupportedError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { ops } from '../../src/index.js';
import type { Value } from './cases.js';
import type { Computed, Given } from './given.js';
import { imageOperators } from './imageops.js';
import { optional, type Result } from './result.js';

function addmm(given: Given): Result {
  const { params } = given;
  return ops.addmm(given.tensor('input'), given.tensor('mat1'), given.tensor('mat2'), {
    alpha: params.number('alpha', 1),
    beta: params.number('beta', 1),
    transposeMat1: params.boolean('transpose_mat1', false),
    transposeMat2: params.boolean('transpose_mat2', false),
  });
}

function crossEntropy(given: Given): Result {
  const { params } = given;
  const target = given.value('target');
  return ops.crossEntropy(given.tensor('input'), target.data instanceof Int32Array ? target.data : given.tensor('target'), {
    ...(given.has('weight') ? { weight: given.tensor('weight').data } : {}),
    reduction: params.text('reduction', 'mean') as 'mean' | 'sum' | 'none',
    ignoreIndex: params.number('ignore_index', -100),
    labelSmoothing: params.number('label_smoothing', 0),
  });
}

/** Module options without running tensors mean the batch's own statistics, in evaluation too. */
function batchNorm(given: Given): Result {
  const { params } = given;
  const tracks = given.has('running_mean');
  return ops.batchNorm(given.tensor('input'), optional(given, 'weight'), optional(given, 'bias'), {
    ...(tracks ? { runningMean: given.tensor('running_mean'), runningVar: given.tensor('running_var') } : {}),
    training: params.boolean('training', false) || !tracks,
    momentum: params.isNull('momentum') ? null : params.number('momentum', 0.1),
    eps: params.number('eps', 1e-5),
  });
}

/** normalized_shape: the weight's, or as the case says. */
const shapeOf = (given: Given, name: string): number[] => (given.has('weight') ? [...given.tensor('weight').shape] : given.params.list(name));

function localResponseNorm(given: Given): Result {
  const { params } = given;
  return ops.localResponseNorm(given.tensor('input'), params.number('size', 5), {
    alpha: params.number('alpha', 1e-4), beta: params.number('beta', 0.75), k: params.number('k', 1),
  });
}

function groupNorm(given: Given): Result {
  return ops.groupNorm(given.tensor('input'), given.params.number('num_groups', 1), optional(given, 'weight'), optional(given, 'bias'), {
    eps: given.params.number('eps', 1e-5),
  });
}

function instanceNorm(given: Given): Result {
  return ops.instanceNorm(given.tensor('input'), optional(given, 'weight'), optional(given, 'bias'), { eps: given.params.number('eps', 1e-5) });
}

function layerNorm(given: Given): Result {
  return ops.layerNorm(given.tensor('input'), shapeOf(given, 'normalized_shape'), optional(given, 'weight'), optional(given, 'bias'), {
    eps: given.params.number('eps', 1e-5),
  });
}

const reduction = ({ params }: Given): { reduction: 'mean' | 'sum' | 'none' } => ({ reduction: params.text('reduction', 'mean') as 'mean' | 'sum' | 'none' });

function nll(given: Given): Result {
  return ops.nll(given.tensor('input'), given.integers('target'), {
    ...(given.has('weight') ? { weight: given.tensor('weight').data } : {}),
    ...reduction(given),
    ignoreIndex: given.params.number('ignore_index', -100),
  });
}

function bceWithLogits(given: Given): Result {
  return ops.bceWithLogits(given.tensor('input'), given.tensor('target'), {
    ...(given.has('weight') ? { weight: given.tensor('weight') } : {}),
    ...(given.has('pos_weight') ? { posWeight: given.tensor('pos_weight') } : {}),
    ...reduction(given),
  });
}

/** Evaluation needs no mask. */
function dropout(given: Given): Result {
  const { params } = given;
  const [input, training] = [given.tensor('input'), params.boolean('training', true)];
  const mask = training || given.has('mask') ? given.value('mask').data : input.data;
  return ops.dropout(input, mask, { p: params.number('p', 0.5), training });
}

/** Activations and losses of pairs. */
const elementwise: Readonly<Record<string, (given: Given) => Result>> = {
  relu6: (given) => ops.relu6(given.tensor('input')),
  hardtanh: (given) => ops.hardtanh(given.tensor('input'), given.params.number('min_val', -1), given.params.number('max_val', 1)),
  leaky_relu: (given) => ops.leakyRelu(given.tensor('input'), given.params.number('negative_slope', 0.01)),
  elu: (given) => ops.elu(given.tensor('input'), given.params.number('alpha', 1)),
  selu: (given) => ops.selu(given.tensor('input')),
  gelu: (given) => ops.gelu(given.tensor('input'), given.params.text('approximate', 'none') as 'none' | 'tanh'),
  mish: (given) => ops.mish(given.tensor('input')),
  silu: (given) => ops.silu(given.tensor('input')),
  hardsigmoid: (given) => ops.hardsigmoid(given.tensor('input')),
  hardswish: (given) => ops.hardswish(given.tensor('input')),
  softsign: (given) => ops.softsign(given.tensor('input')),
  softplus: (given) => ops.softplus(given.tensor('input'), given.params.number('beta', 1), given.params.number('threshold', 20)),
  prelu: (given) => ops.prelu(given.tensor('input'), given.tensor('weight')),
  dropout,
  mse_loss: (given) => ops.mse(given.tensor('input'), given.tensor('target'), reduction(given)),
  l1_loss: (given) => ops.l1(given.tensor('input'), given.tensor('target'), reduction(given)),
  smooth_l1_loss: (given) => ops.smoothL1(given.tensor('input'), given.tensor('target'), { ...reduction(given), beta: given.params.number('beta', 1) }),
  huber_loss: (given) => ops.huber(given.tensor('input'), given.tensor('target'), { ...reduction(given), delta: given.params.number('delta', 1) }),
  binary_cross_entropy_with_logits: bceWithLogits,
};

/** One entry per operator of the set: how its case is said to the library. */
const operators: Readonly<Record<string, (given: Given) => Result>> = {
  ...imageOperators,
  linear: (given) => ops.linear(given.tensor('input'), given.tensor('weight'), optional(given, 'bias')),
  addmm,
  matmul: (given) => ops.matmul(given.tensor('input'), given.tensor('other')),
  relu: (given) => ops.relu(given.tensor('input')),
  tanh: (given) => ops.tanh(given.tensor('input')),
  sigmoid: (given) => ops.sigmoid(given.tensor('input')),
  softmax: (given) => ops.softmax(given.tensor('input'), given.params.number('dim', -1)),
  log_softmax: (given) => ops.logSoftmax(given.tensor('input'), given.params.number('dim', -1)),
  cross_entropy: crossEntropy,
  batch_norm: batchNorm,
  local_response_norm: localResponseNorm,
  group_norm: groupNorm,
  instance_norm: instanceNorm,
  layer_norm: layerNorm,
  nll_loss: nll,
  ...elementwise,
};

/** The operators that the driver can run. */
export const operatorNames: readonly string[] = Object.keys(operators);

const isTensor = (value: unknown): value is Tensor => typeof value === 'object' && value !== null && 'data' in value && 'shape' in value;

/** output, indices where the operator has them, and grad_X for every gradient that its backward names X; of a scalar, grad_output is 1. */
export function runOperator(given: Given): Computed {
  const operator = Object.hasOwn(operators, given.op) ? operators[given.op] : undefined;
  if (operator === undefined) throw new UnsupportedError(`op ${given.op} is not supported`);
  const result = operator(given);
  const computed = new Map<string, Value>([['output', { data: result.data, shape: result.shape }]]);
  if ('indices' in result) computed.set('indices', { data: result.indices as Int32Array, shape: result.shape });
  for (const [name, key] of [['running_mean_after', 'runningMean'], ['running_var_after', 'runningVar']] as const) {
    const after: unknown = key in result ? (result as unknown as Record<string, unknown>)[key] : null;
    if (isTensor(after)) computed.set(name, { data: after.data, shape: after.shape });
  }
  const gradOutput = optional(given, 'grad_output') ?? (result.shape.length === 0 ? { data: Float32Array.of(1), shape: [] } : null);
  if (gradOutput === null) return computed;
  for (const [name, gradient] of Object.entries(result.backward(gradOutput)))
    if (isTensor(gradient)) computed.set(`grad_${name}`, { data: gradient.data, shape: gradient.shape });
  return computed;
}
