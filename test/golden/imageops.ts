import { ops } from '../../src/index.js';
import type { Given } from './given.js';
import { optional, type Result } from './result.js';

// Convolution and pooling: how their cases are said to the library.

/** `{ stride }`, or nothing where it is absent or empty and the kernel's size holds. */
const strideOf = <T>({ params }: Given, read: (name: string) => T): { stride?: T } =>
  params.has('stride') && params.text('stride', '') !== '[]' ? { stride: read('stride') } : {};

const named = (padding: string): 'same' | 'valid' | null => (padding === 'same' || padding === 'valid' ? padding : null);

function conv2d(given: Given): Result {
  const { params } = given;
  return ops.conv2d(given.tensor('input'), given.tensor('weight'), optional(given, 'bias'), {
    stride: params.pair('stride', [1, 1]),
    padding: named(params.text('padding', '')) ?? params.pair('padding', [0, 0]),
    dilation: params.pair('dilation', [1, 1]),
    groups: params.number('groups', 1),
  });
}

function conv1d(given: Given): Result {
  const { params } = given;
  return ops.conv1d(given.tensor('input'), given.tensor('weight'), optional(given, 'bias'), {
    stride: params.single('stride', 1),
    padding: named(params.text('padding', '')) ?? params.single('padding', 0),
    dilation: params.single('dilation', 1),
    groups: params.number('groups', 1),
  });
}

function convTranspose2d(given: Given): Result {
  const { params } = given;
  return ops.convTranspose2d(given.tensor('input'), given.tensor('weight'), optional(given, 'bias'), {
    stride: params.pair('stride', [1, 1]),
    padding: params.pair('padding', [0, 0]),
    outputPadding: params.pair('output_padding', [0, 0]),
    dilation: params.pair('dilation', [1, 1]),
    groups: params.number('groups', 1),
  });
}

function convTranspose1d(given: Given): Result {
  const { params } = given;
  return ops.convTranspose1d(given.tensor('input'), given.tensor('weight'), optional(given, 'bias'), {
    stride: params.single('stride', 1),
    padding: params.single('padding', 0),
    outputPadding: params.single('output_padding', 0),
    dilation: params.single('dilation', 1),
    groups: params.number('groups', 1),
  });
}

function maxPool2d(given: Given): Result {
  const { params } = given;
  return ops.maxPool2d(given.tensor('input'), params.pair('kernel_size', [1, 1]), {
    ...strideOf(given, (name) => params.pair(name, [1, 1])),
    padding: params.pair('padding', [0, 0]),
    dilation: params.pair('dilation', [1, 1]),
    ceilMode: params.boolean('ceil_mode', false),
  });
}

function maxPool1d(given: Given): Result {
  const { params } = given;
  return ops.maxPool1d(given.tensor('input'), params.single('kernel_size', 1), {
    ...strideOf(given, (name) => params.single(name, 1)),
    padding: params.single('padding', 0),
    dilation: params.single('dilation', 1),
    ceilMode: params.boolean('ceil_mode', false),
  });
}

function avgPool2d(given: Given): Result {
  const { params } = given;
  return ops.avgPool2d(given.tensor('input'), params.pair('kernel_size', [1, 1]), {
    ...strideOf(given, (name) => params.pair(name, [1, 1])),
    padding: params.pair('padding', [0, 0]),
    ceilMode: params.boolean('ceil_mode', false),
    countIncludePad: params.boolean('count_include_pad', true),
    ...(params.has('divisor_override') ? { divisorOverride: params.number('divisor_override', 1) } : {}),
  });
}

function avgPool1d(given: Given): Result {
  const { params } = given;
  return ops.avgPool1d(given.tensor('input'), params.single('kernel_size', 1), {
    ...strideOf(given, (name) => params.single(name, 1)),
    padding: params.single('padding', 0),
    ceilMode: params.boolean('ceil_mode', false),
    countIncludePad: params.boolean('count_include_pad', true),
  });
}

const sizePair = ({ params }: Given): [number | null, number | null] => params.sizes('output_size', 2) as [number | null, number | null];
const size = ({ params }: Given): number | null => params.sizes('output_size', 1)[0]!;

export const imageOperators: Readonly<Record<string, (given: Given) => Result>> = {
  conv2d,
  conv1d,
  conv_transpose2d: convTranspose2d,
  conv_transpose1d: convTranspose1d,
  max_pool2d: maxPool2d,
  max_pool1d: maxPool1d,
  avg_pool2d: avgPool2d,
  avg_pool1d: avgPool1d,
  adaptive_avg_pool2d: (given) => ops.adaptiveAvgPool2d(given.tensor('input'), sizePair(given)),
  adaptive_avg_pool1d: (given) => ops.adaptiveAvgPool1d(given.tensor('input'), size(given)),
  adaptive_max_pool2d: (given) => ops.adaptiveMaxPool2d(given.tensor('input'), sizePair(given)),
  adaptive_max_pool1d: (given) => ops.adaptiveMaxPool1d(given.tensor('input'), size(given)),
};
