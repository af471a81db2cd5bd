import { adaptiveAvgBackward, adaptiveAvgForward, adaptiveMaxBackward, adaptiveMaxForward } from '../oracle/adaptivepool.js';
import { asRow, rowOf, type Numbers } from '../oracle/array.js';
import { conv2dBackward, conv2dForward } from '../oracle/conv2d.js';
import { convTransposeBackward, convTransposeForward } from '../oracle/convtranspose.js';
import { avgPool2dBackward, avgPool2dForward, maxPool2dBackward, maxPool2dForward } from '../oracle/pool2d.js';
import { indexAnswer, prefixed, type Answer } from './answer.js';
import type { Given } from './given.js';

// The oracle's answers to convolution and pooling. Sequences (an op named ..1d) are images of one row.

type Pair = [number, number];

const isRow = ({ op }: Given): boolean => op.endsWith('1d');
const tensor = (given: Given, name: string): Numbers => (isRow(given) ? asRow(given.tensor(name)) : given.tensor(name));

/** A parameter for both axes; a sequence's row has `row`. */
const pair = (given: Given, name: string, otherwise: Pair, row: number): Pair =>
  isRow(given) ? [row, given.params.single(name, otherwise[1])] : given.params.pair(name, otherwise);

/** Images of one row back to sequences; the bias has no row. */
const shaped = (given: Given, answer: Answer): Answer =>
  isRow(given) ? Object.fromEntries(Object.entries(answer).map(([name, exact]) => [name, name === 'grad_bias' ? exact : rowOf(exact)])) : answer;

function conv(given: Given): Answer {
  const { params } = given;
  const [x, w] = [tensor(given, 'input'), tensor(given, 'weight')];
  const padding = params.text('padding', '');
  const options = {
    stride: pair(given, 'stride', [1, 1], 1),
    padding: padding === 'same' || padding === 'valid' ? padding : pair(given, 'padding', [0, 0], 0),
    dilation: pair(given, 'dilation', [1, 1], 1),
    groups: params.number('groups', 1),
  } as const;
  const b = given.has('bias') ? given.tensor('bias') : null;
  return shaped(given, prefixed(conv2dForward(x, w, b, options), { ...conv2dBackward(x, w, tensor(given, 'grad_output'), options) }));
}

function convTranspose(given: Given): Answer {
  const [x, w] = [tensor(given, 'input'), tensor(given, 'weight')];
  const options = {
    stride: pair(given, 'stride', [1, 1], 1),
    padding: pair(given, 'padding', [0, 0], 0),
    outputPadding: pair(given, 'output_padding', [0, 0], 0),
    dilation: pair(given, 'dilation', [1, 1], 1),
    groups: given.params.number('groups', 1),
  };
  const b = given.has('bias') ? given.tensor('bias') : null;
  return shaped(given, prefixed(convTransposeForward(x, w, b, options), { ...convTransposeBackward(x, w, tensor(given, 'grad_output'), options) }));
}

const windows = (given: Given) => {
  const kernel = pair(given, 'kernel_size', [1, 1], 1);
  const stride = given.params.text('stride', '[]') === '[]' ? kernel : pair(given, 'stride', kernel, 1);
  return { kernel, stride, padding: pair(given, 'padding', [0, 0], 0), ceilMode: given.params.boolean('ceil_mode', false) };
};

function avgPool(given: Given): Answer {
  const { params } = given;
  const options = {
    ...windows(given),
    countIncludePad: params.boolean('count_include_pad', true),
    divisorOverride: params.has('divisor_override') ? params.number('divisor_override', 1) : null,
  };
  const x = tensor(given, 'input');
  return shaped(given, prefixed(avgPool2dForward(x, options), { input: avgPool2dBackward(x, tensor(given, 'grad_output'), options) }));
}

function maxPool(given: Given): Answer {
  const options = { ...windows(given), dilation: pair(given, 'dilation', [1, 1], 1) };
  const x = tensor(given, 'input');
  const { output, indices } = maxPool2dForward(x, options);
  const answer = prefixed(output, { input: maxPool2dBackward(x, tensor(given, 'grad_output'), options) });
  return shaped(given, { ...answer, indices: indexAnswer(indices, output) });
}

/** The case's output size; null keeps the input's. */
function outputSize(given: Given, x: Numbers): Pair {
  const sizes = isRow(given) ? [1, ...given.params.sizes('output_size', 1)] : given.params.sizes('output_size', 2);
  return [sizes[0] ?? x.shape.at(-2)!, sizes[1] ?? x.shape.at(-1)!];
}

function adaptiveAvg(given: Given): Answer {
  const x = tensor(given, 'input');
  return shaped(given, prefixed(adaptiveAvgForward(x, outputSize(given, x)), { input: adaptiveAvgBackward(x, tensor(given, 'grad_output')) }));
}

function adaptiveMax(given: Given): Answer {
  const x = tensor(given, 'input');
  const { output, indices } = adaptiveMaxForward(x, outputSize(given, x));
  const answer = prefixed(output, { input: adaptiveMaxBackward(x, tensor(given, 'grad_output')) });
  return shaped(given, { ...answer, indices: indexAnswer(indices, output) });
}

export const imageOracles: Readonly<Record<string, (given: Given) => Answer>> = {
  conv2d: conv,
  conv1d: conv,
  conv_transpose2d: convTranspose,
  conv_transpose1d: convTranspose,
  max_pool2d: maxPool,
  max_pool1d: maxPool,
  avg_pool2d: avgPool,
  avg_pool1d: avgPool,
  adaptive_avg_pool2d: adaptiveAvg,
  adaptive_avg_pool1d: adaptiveAvg,
  adaptive_max_pool2d: adaptiveMax,
  adaptive_max_pool1d: adaptiveMax,
};
