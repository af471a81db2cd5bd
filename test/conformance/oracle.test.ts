import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readIndex, readTensors } from '../golden/cases.js';
import { Given } from '../golden/given.js';
import { oracles } from '../golden/oracle.js';
import { adaptiveAvgBackward, adaptiveAvgForward, adaptiveMaxBackward, adaptiveMaxForward } from '../oracle/adaptivepool.js';
import { activationBackward, activationForward } from '../oracle/activation.js';
import * as exact from '../oracle/activations.js';
import { product, type Exact, type Numbers } from '../oracle/array.js';
import { conv2dBackward, conv2dForward } from '../oracle/conv2d.js';
import { convTransposeBackward, convTransposeForward } from '../oracle/convtranspose.js';
import { crossEntropyBackward, crossEntropyForward } from '../oracle/crossentropy.js';
import * as pairs from '../oracle/losses.js';
import { lrnBackward, lrnForward } from '../oracle/lrn.js';
import { batchAxes, groupAxes, layerAxes, normBackward, normForward, statisticsOf } from '../oracle/norm.js';
import { addmmBackward, addmmForward, linearBackward, linearForward, matmulBackward, matmulForward } from '../oracle/matmul.js';
import { avgPool2dBackward, avgPool2dForward, maxPool2dBackward, maxPool2dForward } from '../oracle/pool2d.js';
import { preluBackward, preluForward } from '../oracle/prelu.js';
import { rbfBackward, rbfForward, rbfLossBackward, rbfLossForward } from '../oracle/rbf.js';
import { Sgd } from '../oracle/sgd.js';
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from '../oracle/softmax.js';
import { upsampleBackward, upsampleForward } from '../oracle/upsample.js';
import { randomTensor } from './within.js';

const cases = fileURLToPath(new URL('../golden/cases', import.meta.url));

describe('the oracle gives the reference values, rounded once', () => {
  for (const golden of readIndex(cases).filter(({ kind }) => kind === 'op'))
    test(golden.name, () => {
      const stored = readTensors(cases, golden);
      const answer = oracles[golden.op]!(new Given(golden, stored));
      for (const name of golden.expected) {
        const { data, magnitude, shape } = answer[name]!;
        expect(shape, name).toEqual(stored.get(name)!.shape);
        const off = stored.get(name)!.data.findIndex((e, i) => !(Math.abs(data[i]! - e) <= 2 ** -24 * Math.abs(e) + 1e-12 * magnitude[i]! + 1e-45));
        expect(off, `${name}[${off}]`).toBe(-1);
      }
    });
});

describe('the oracle takes the reference steps', () => {
  for (const golden of readIndex(cases).filter(({ kind, op }) => kind === 'optim' && op === 'SGD'))
    test(golden.name, () => {
      const stored = readTensors(cases, golden);
      const given = new Given(golden, stored);
      const { params } = given;
      const rates = given.tensor('lr_per_step').data;
      for (const [k, name] of given.names('param').entries()) {
        const sgd = new Sgd(given.tensor(name).data, {
          momentum: params.number('momentum', 0),
          dampening: params.number('dampening', 0),
          nesterov: params.boolean('nesterov', false),
          weightDecay: params.number('weight_decay', 0),
          maximize: params.boolean('maximize', false),
        });
        const size = sgd.parameter.length;
        const expected = stored.get(`${name}_steps`)!.data;
        rates.forEach((lr, step) => {
          sgd.step(given.tensor(`grad${k}`).data.slice(step * size, (step + 1) * size), lr);
          sgd.parameter.forEach((p, i) => expect(Math.abs(p - expected[step * size + i]!)).toBeLessThan(1e-6));
        });
        stored.get(`state${k}.momentum_buffer`)?.data.forEach((e, i) => expect(Math.abs(sgd.buffer![i]! - e)).toBeLessThan(1e-5));
      }
    });
});

/** Numbers with enough between any two of them that a small step changes no maximum and no sign. */
function spread(seed: number, ...shape: number[]): Numbers {
  const order = Array.from(randomTensor(seed, ...shape).data, (value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const data = new Float64Array(product(shape));
  order.forEach(({ i }, rank) => (data[i] = (rank + 0.5) / data.length - 0.5));
  return { data, shape };
}

/** d(Σ y·dy)/dx by central differences with step h must equal the gradient to h². */
function expectSlope(x: Numbers, dy: Numbers, forward: (x: Numbers) => Exact, gradient: Exact): void {
  const h = 1e-5;
  const loss = (i: number, by: number): number => {
    const moved = Float64Array.from(x.data);
    moved[i]! += by;
    return forward({ data: moved, shape: x.shape }).data.reduce((sum, y, at) => sum + y * dy.data[at]!, 0);
  };
  gradient.data.forEach((slope, i) => expect(Math.abs((loss(i, h) - loss(i, -h)) / (2 * h) - slope)).toBeLessThan(1e-7));
}

const conv = { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 } as const;
const pool = { kernel: [3, 2], stride: [2, 1], padding: [1, 1], dilation: [1, 2], ceilMode: true } as const;
const avg = { kernel: [3, 2], stride: [2, 2], padding: [1, 1], ceilMode: true, divisorOverride: null } as const;
const addmm = { alpha: 0.5, beta: -2, transposeMat1: true, transposeMat2: true };

describe("the oracle's gradients are its own slopes", () => {
  test('conv2d', () => {
    const [x, w, b] = [spread(1, 2, 4, 5, 6), spread(2, 6, 2, 3, 2), spread(3, 6)];
    const dy = randomTensor(4, ...conv2dForward(x, w, b, conv).shape);
    const { input, weight, bias } = conv2dBackward(x, w, dy, conv);
    expectSlope(x, dy, (v) => conv2dForward(v, w, b, conv), input);
    expectSlope(w, dy, (v) => conv2dForward(x, v, b, conv), weight);
    expectSlope(b, dy, (v) => conv2dForward(x, w, v, conv), bias);
  });

  test('linear, matmul and addmm', () => {
    const [x, w, b] = [spread(1, 2, 3, 4), spread(2, 5, 4), spread(3, 5)];
    const dy = randomTensor(4, 2, 3, 5);
    expectSlope(x, dy, (v) => linearForward(v, w, b), linearBackward(x, w, dy).input);
    expectSlope(w, dy, (v) => linearForward(x, v, b), linearBackward(x, w, dy).weight);
    expectSlope(b, dy, (v) => linearForward(x, w, v), linearBackward(x, w, dy).bias);
    const [a, c] = [spread(5, 3, 1, 2, 4), spread(6, 2, 4, 3)];
    const dz = randomTensor(7, 3, 2, 2, 3);
    expectSlope(a, dz, (v) => matmulForward(v, c), matmulBackward(a, c, dz).input);
    expectSlope(c, dz, (v) => matmulForward(a, v), matmulBackward(a, c, dz).other);
    const [input, mat1, mat2] = [spread(8, 3), spread(9, 4, 2), spread(10, 3, 4)];
    const g = randomTensor(11, 2, 3);
    const gradients = addmmBackward(input, mat1, mat2, g, addmm);
    expectSlope(input, g, (v) => addmmForward(v, mat1, mat2, addmm), gradients.input);
    expectSlope(mat1, g, (v) => addmmForward(input, v, mat2, addmm), gradients.mat1);
    expectSlope(mat2, g, (v) => addmmForward(input, mat1, v, addmm), gradients.mat2);
  });

  test('pooling', () => {
    const x = spread(1, 2, 2, 6, 7);
    const dy = randomTensor(2, ...maxPool2dForward(x, pool).output.shape);
    expectSlope(x, dy, (v) => maxPool2dForward(v, pool).output, maxPool2dBackward(x, dy, pool));
    for (const countIncludePad of [true, false]) {
      const dz = randomTensor(3, ...avgPool2dForward(x, { ...avg, countIncludePad }).shape);
      expectSlope(x, dz, (v) => avgPool2dForward(v, { ...avg, countIncludePad }), avgPool2dBackward(x, dz, { ...avg, countIncludePad }));
    }
  });

  test('transposed convolution', () => {
    const [x, w, b] = [spread(1, 2, 4, 3, 3), spread(2, 4, 3, 3, 2), spread(3, 6)];
    const options = { stride: [2, 3], padding: [1, 0], outputPadding: [1, 2], dilation: [2, 1], groups: 2 } as const;
    const dy = randomTensor(4, ...convTransposeForward(x, w, b, options).shape);
    const { input, weight, bias } = convTransposeBackward(x, w, dy, options);
    expectSlope(x, dy, (v) => convTransposeForward(v, w, b, options), input);
    expectSlope(w, dy, (v) => convTransposeForward(x, v, b, options), weight);
    expectSlope(b, dy, (v) => convTransposeForward(x, w, v, options), bias);
  });

  test('adaptive pooling and upsampling', () => {
    const x = spread(1, 2, 2, 5, 7);
    const dy = randomTensor(2, 2, 2, 3, 4);
    expectSlope(x, dy, (v) => adaptiveAvgForward(v, [3, 4]), adaptiveAvgBackward(x, dy));
    expectSlope(x, dy, (v) => adaptiveMaxForward(v, [3, 4]).output, adaptiveMaxBackward(x, dy));
    const dz = randomTensor(3, 2, 2, 8, 9);
    for (const options of [{ mode: 'nearest' }, { mode: 'bilinear' }, { mode: 'bilinear', alignCorners: true }] as const)
      expectSlope(x, dz, (v) => upsampleForward(v, { size: [8, 9], ...options }), upsampleBackward(x, dz, { size: [8, 9], ...options }));
  });

  test('activations and softmax', () => {
    const [x, dy] = [spread(1, 2, 4, 3), randomTensor(2, 2, 4, 3)];
    for (const name of ['relu', 'tanh', 'sigmoid'] as const) expectSlope(x, dy, (v) => activationForward(name, v), activationBackward(name, x, dy));
    for (const dim of [0, 1, -1]) {
      expectSlope(x, dy, (v) => softmaxForward(v, dim), softmaxBackward(x, dy, dim));
      expectSlope(x, dy, (v) => logSoftmaxForward(v, dim), logSoftmaxBackward(x, dy, dim));
    }
  });

  test('activations with parameters', () => {
    // Numbers of both sides, away from the corners.
    const x = { ...spread(1, 2, 5, 3), data: spread(1, 2, 5, 3).data };
    const wide = { data: Float64Array.from(x.data, (v) => 9.1 * v), shape: x.shape };
    const dy = randomTensor(2, 2, 5, 3);
    const all = [
      exact.hardtanh(-1, 2), exact.leakyRelu(0.1), exact.elu(0.7), exact.selu, exact.silu, exact.gelu, exact.geluTanh, exact.hardsigmoid, exact.hardswish, exact.softplus(2, 5), exact.softsign, exact.mish,
    ];
    for (const [i, which] of all.entries()) if (i !== 9) expectSlope(wide, dy, (v) => activationForward(which, v), activationBackward(which, wide, dy));
    expectSlope(x, dy, (v) => activationForward(all[9]!, v), activationBackward(all[9]!, x, dy));
    const w = spread(3, 5);
    expectSlope(wide, dy, (v) => preluForward(v, w), preluBackward(wide, w, dy).input);
    expectSlope(w, dy, (v) => preluForward(wide, v), preluBackward(wide, w, dy).weight);
  });

  test('losses of pairs, nll and rbf', () => {
    const [x, t] = [spread(1, 4, 5), randomTensor(2, 4, 5)];
    for (const loss of [pairs.mse, pairs.l1, pairs.smoothL1(0.3), pairs.huber(0.4), 'bce'] as const)
      for (const reduction of ['mean', 'sum', 'none'] as const) {
        const dy = randomTensor(3, ...pairs.pairLossForward(loss, x, t, reduction).shape);
        expectSlope(x, dy, (v) => pairs.pairLossForward(loss, v, t, reduction), pairs.pairLossBackward(loss, x, t, dy, reduction));
      }
    const options = { weight: [1, 2, 0.5, 3, 1], reduction: 'mean', ignoreIndex: 1 } as const;
    const one = randomTensor(4);
    expectSlope(x, one, (v) => pairs.nllForward(v, [0, 1, 4, 2], options), pairs.nllBackward(x, [0, 1, 4, 2], one, options));
    const [w, dz] = [spread(5, 3, 5), randomTensor(6, 4, 3)];
    expectSlope(x, dz, (v) => rbfForward(v, w), rbfBackward(x, w, dz).input);
    expectSlope(w, dz, (v) => rbfForward(x, v), rbfBackward(x, w, dz).weight);
    for (const criterion of ['map', 'mse'] as const) {
      const how = { criterion, j: 0.5, reduction: 'mean' } as const;
      expectSlope(x, one, (v) => rbfLossForward(v, [0, 1, 4, 2], how), rbfLossBackward(x, [0, 1, 4, 2], one, how));
    }
  });

  test('normalisations', () => {
    const [x, weight, bias, dy] = [spread(1, 2, 4, 3), spread(2, 4), spread(3, 4), randomTensor(4, 2, 4, 3)];
    for (const axes of [batchAxes(x.shape), groupAxes(x.shape, 2), groupAxes(x.shape, 4)]) {
      const forward = (v: Numbers, w: Numbers, b: Numbers): Exact => normForward(v, axes, { weight: w, bias: b }, 0.1, statisticsOf(v, axes));
      const slopes = normBackward(x, dy, axes, { weight, bias }, 0.1, statisticsOf(x, axes));
      expectSlope(x, dy, (v) => forward(v, weight, bias), slopes['input']!);
      expectSlope(weight, dy, (v) => forward(x, v, bias), slopes['weight']!);
      expectSlope(bias, dy, (v) => forward(x, weight, v), slopes['bias']!);
    }
    const [axes, affine] = [layerAxes(x.shape, [4, 3]), { weight: spread(5, 4, 3), bias: null }];
    expectSlope(x, dy, (v) => normForward(v, axes, affine, 0.1, statisticsOf(v, axes)), normBackward(x, dy, axes, affine, 0.1, statisticsOf(x, axes))['input']!);
    const own = statisticsOf(x, batchAxes(x.shape));
    const fixed = normBackward(x, dy, batchAxes(x.shape), { weight, bias }, 0.1, own, true);
    expectSlope(x, dy, (v) => normForward(v, batchAxes(x.shape), { weight, bias }, 0.1, own), fixed['input']!);
    for (const beta of [0.75, 0.6]) {
      const options = { size: 4, alpha: 2, beta, k: 1 };
      expectSlope(x, dy, (v) => lrnForward(v, options), lrnBackward(x, dy, options));
    }
  });

  test('cross-entropy', () => {
    const x = spread(1, 3, 4, 2);
    const targets = [Int32Array.of(0, 3, -100, 1, 2, 2), spread(2, 3, 4, 2)];
    for (const target of targets)
      for (const reduction of ['mean', 'sum', 'none'] as const) {
        const options = { weight: [0.5, 1, 2, 0.25], reduction, ignoreIndex: -100, labelSmoothing: 0.1 };
        const dy = randomTensor(3, ...crossEntropyForward(x, target, options).shape);
        expectSlope(x, dy, (v) => crossEntropyForward(v, target, options), crossEntropyBackward(x, target, dy, options));
      }
  });
});
