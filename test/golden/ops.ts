import { UnsupportedError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { ops } from '../../src/index.js';
import type { Value } from './cases.js';
import type { Computed, Given } from './given.js';

/** What every operator returns: a tensor that can be differentiated. */
interface Result extends Tensor {
  backward(gradOutput: Tensor): object;
}

const optional = (given: Given, name: string): Tensor | null => (given.has(name) ? given.tensor(name) : null);

/** `key: value`, or nothing where the parameter is absent and the operator's default holds. */
const pairIf = <K extends string>({ params }: Given, key: K, name: string): Partial<Record<K, [number, number]>> =>
  params.has(name) && params.text(name, '') !== '[]' ? ({ [key]: params.pair(name, [1, 1]) } as Record<K, [number, number]>) : {};

function conv2d(given: Given): Result {
  const { params } = given;
  const padding = params.text('padding', '[0, 0]');
  return ops.conv2d(given.tensor('input'), given.tensor('weight'), optional(given, 'bias'), {
    stride: params.pair('stride', [1, 1]),
    padding: padding === 'same' || padding === 'valid' ? padding : params.pair('padding', [0, 0]),
    dilation: params.pair('dilation', [1, 1]),
    groups: params.number('groups', 1),
  });
}

function addmm(given: Given): Result {
  const { params } = given;
  return ops.addmm(given.tensor('input'), given.tensor('mat1'), given.tensor('mat2'), {
    alpha: params.number('alpha', 1),
    beta: params.number('beta', 1),
    transposeMat1: params.boolean('transpose_mat1', false),
    transposeMat2: params.boolean('transpose_mat2', false),
  });
}

function maxPool2d(given: Given): Result {
  const { params } = given;
  return ops.maxPool2d(given.tensor('input'), params.pair('kernel_size', [1, 1]), {
    ...pairIf(given, 'stride', 'stride'),
    padding: params.pair('padding', [0, 0]),
    dilation: params.pair('dilation', [1, 1]),
    ceilMode: params.boolean('ceil_mode', false),
  });
}

function avgPool2d(given: Given): Result {
  const { params } = given;
  return ops.avgPool2d(given.tensor('input'), params.pair('kernel_size', [1, 1]), {
    ...pairIf(given, 'stride', 'stride'),
    padding: params.pair('padding', [0, 0]),
    ceilMode: params.boolean('ceil_mode', false),
    countIncludePad: params.boolean('count_include_pad', true),
    ...(params.has('divisor_override') ? { divisorOverride: params.number('divisor_override', 1) } : {}),
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

function dropout(given: Given): Result {
  const { params } = given;
  return ops.dropout(given.tensor('input'), given.value('mask').data, { p: params.number('p', 0.5), training: params.boolean('training', true) });
}

/** Activations and losses of pairs. */
const elementwise: Readonly<Record<string, (given: Given) => Result>> = {
  relu6: (given) => ops.relu6(given.tensor('input')),
  hardtanh: (given) => ops.hardtanh(given.tensor('input'), given.params.number('min_val', -1), given.params.number('max_val', 1)),
  leaky_relu: (given) => ops.leakyRelu(given.tensor('input'), given.params.number('negative_slope', 0.01)),
  elu: (given) => ops.elu(given.tensor('input'), given.params.number('alpha', 1)),
  selu: (given) => ops.selu(given.tensor('input')),
  gelu: (given) => ops.gelu(given.tensor('input'), given.params.text('approximate', 'none') as 'none' | 'tanh'),
  silu: (given) => ops.silu(given.tensor('input')),
  hardsigmoid: (given) => ops.hardsigmoid(given.tensor('input')),
  hardswish: (given) => ops.hardswish(given.tensor('input')),
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
  conv2d,
  linear: (given) => ops.linear(given.tensor('input'), given.tensor('weight'), optional(given, 'bias')),
  addmm,
  matmul: (given) => ops.matmul(given.tensor('input'), given.tensor('other')),
  max_pool2d: maxPool2d,
  avg_pool2d: avgPool2d,
  relu: (given) => ops.relu(given.tensor('input')),
  tanh: (given) => ops.tanh(given.tensor('input')),
  sigmoid: (given) => ops.sigmoid(given.tensor('input')),
  softmax: (given) => ops.softmax(given.tensor('input'), given.params.number('dim', -1)),
  log_softmax: (given) => ops.logSoftmax(given.tensor('input'), given.params.number('dim', -1)),
  cross_entropy: crossEntropy,
  nll_loss: nll,
  ...elementwise,
};

/** The operators that the driver can run. */
export const operatorNames: readonly string[] = Object.keys(operators);

const isTensor = (value: unknown): value is Tensor => typeof value === 'object' && value !== null && 'data' in value && 'shape' in value;

/** output, indices where the operator has them, and grad_X for every gradient that its backward names X. */
export function runOperator(given: Given): Computed {
  const operator = Object.hasOwn(operators, given.op) ? operators[given.op] : undefined;
  if (operator === undefined) throw new UnsupportedError(`op ${given.op} is not supported`);
  const result = operator(given);
  const computed = new Map<string, Value>([['output', { data: result.data, shape: result.shape }]]);
  if ('indices' in result) computed.set('indices', { data: result.indices as Int32Array, shape: result.shape });
  if (!given.has('grad_output')) return computed;
  for (const [name, gradient] of Object.entries(result.backward(given.tensor('grad_output'))))
    if (isTensor(gradient)) computed.set(`grad_${name}`, { data: gradient.data, shape: gradient.shape });
  return computed;
}
