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
