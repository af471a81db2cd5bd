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
  batch_norm: batchNorm,
  local_response_norm: localResponseNorm,
  group_norm: groupNorm,
  instance_norm: instanceNorm,
  layer_norm: layerNorm,
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
  for (const [name, key] of [['running_mean_after', 'runningMean'], ['running_var_after', 'runningVar']] as const) {
    const after: unknown = key in result ? (result as unknown as Record<string, unknown>)[key] : null;
    if (isTensor(after)) computed.set(name, { data: after.data, shape: after.shape });
  }
  if (!given.has('grad_output')) return computed;
  for (const [name, gradient] of Object.entries(result.backward(given.tensor('grad_output'))))
    if (isTensor(gradient)) computed.set(`grad_${name}`, { data: gradient.data, shape: gradient.shape });
  return computed;
}
