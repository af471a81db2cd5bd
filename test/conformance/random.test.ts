import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OptionError, ShapeError } from '../../src/core/errors.js';
import { ops } from '../../src/index.js';
import { adaptiveAvgBackward, adaptiveAvgForward, adaptiveMaxBackward, adaptiveMaxForward } from '../oracle/adaptivepool.js';
import { conv2dBackward, conv2dForward } from '../oracle/conv2d.js';
import { convTransposeBackward, convTransposeForward } from '../oracle/convtranspose.js';
import { avgPool2dBackward, avgPool2dForward, maxPool2dBackward, maxPool2dForward } from '../oracle/pool2d.js';
import { upsampleBackward, upsampleForward, type UpsampleOracleOptions } from '../oracle/upsample.js';
import { expectGradients, expectWithin, randomTensor } from './within.js';

const RUNS = { seed: 20240229, numRuns: 300 };

const size = (max: number) => fc.integer({ min: 1, max });
const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
/** A pair from 1 on, with a 0 or a fraction now and then. */
const steps = (max: number) => fc.oneof({ weight: 20, arbitrary: pair(1, max) }, { weight: 1, arbitrary: pair(0, max) }, { weight: 1, arbitrary: fc.constant<[number, number]>([1, 1.5]) });
/** A property that is tried often enough on options that are not refused. */
function checkOften<T>(property: (count: () => void) => fc.IProperty<T>): void {
  let accepted = 0;
  fc.assert(property(() => accepted++), RUNS);
  expect(accepted).toBeGreaterThan(RUNS.numRuns / 3);
}

/** The call's result, or null where it was refused with one of our errors; anything else that is thrown fails the test. */
function attempt<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (error instanceof OptionError || error instanceof ShapeError) return null;
    throw error;
  }
}

const convolution = fc.record({
  n: size(3),
  perGroup: size(5),
  coPerGroup: size(6),
  groups: fc.oneof({ weight: 20, arbitrary: size(4) }, { weight: 1, arbitrary: fc.constantFrom(0, -1, 1.5) }),
  image: pair(1, 9),
  kernel: pair(1, 5),
  stride: steps(4),
  padding: fc.oneof(pair(0, 5), pair(0, 2), pair(0, 2), fc.constant('same' as const), fc.constant('valid' as const)),
  dilation: steps(3),
  withBias: fc.boolean(),
});

test('a random convolution is right or refused', () => {
  checkOften((count) =>
    fc.property(convolution, ({ n, perGroup, coPerGroup, groups, image, kernel, withBias, ...windows }) => {
      const [x, w] = [randomTensor(1, n, perGroup * Math.max(1, Math.floor(groups)), ...image), randomTensor(2, coPerGroup * Math.max(1, Math.floor(groups)), perGroup, ...kernel)];
      const b = withBias ? randomTensor(3, w.shape[0]!) : null;
      const options = { ...windows, groups };
      const y = attempt(() => ops.conv2d(x, w, b, options));
      if (y === null) return;
      count();
      expectWithin('y', y, conv2dForward(x, w, b, options));
      const dy = randomTensor(4, ...y.shape);
      const { input, weight, bias } = conv2dBackward(x, w, dy, options);
      expectGradients(y.backward(dy), withBias ? { input, weight, bias } : { input, weight });
    }),
  );
});

const pooling = fc.record({
  shape: fc.tuple(size(2), size(9), size(10), size(10)),
  kernel: steps(4),
  stride: steps(4),
  padding: fc.oneof(pair(0, 2), pair(0, 1)),
  ceilMode: fc.boolean(),
});

test('a random max pooling is right or refused', () => {
  checkOften((count) =>
    fc.property(pooling, fc.oneof(fc.constant<[number, number]>([1, 1]), pair(1, 3)), ({ shape, ...windows }, dilation) => {
      const x = randomTensor(1, ...shape);
      const options = { ...windows, dilation };
      const { kernel, ...rest } = options;
      const y = attempt(() => ops.maxPool2d(x, kernel, rest));
      if (y === null) return;
      count();
      const want = maxPool2dForward(x, options);
      if (want.indices.includes(-1)) return;
      expectWithin('y', y, want.output);
      expectWithin('indices', { data: Float32Array.from(y.indices), shape: y.shape }, { ...want.output, data: Float64Array.from(want.indices), magnitude: new Float64Array(want.indices.length) });
      const dy = randomTensor(2, ...y.shape);
      expectGradients(y.backward(dy), { input: maxPool2dBackward(x, dy, options) });
    }),
  );
});

test('a random average pooling is right or refused', () => {
  checkOften((count) =>
    fc.property(pooling, fc.boolean(), fc.option(fc.integer({ min: 0, max: 9 })), ({ shape, ...windows }, countIncludePad, divisorOverride) => {
      const x = randomTensor(1, ...shape);
      const { kernel, ...rest } = windows;
      const y = attempt(() => ops.avgPool2d(x, kernel, { ...rest, countIncludePad, ...(divisorOverride === null ? {} : { divisorOverride }) }));
      if (y === null) return;
      count();
      const options = { ...windows, countIncludePad, divisorOverride };
      expectWithin('y', y, avgPool2dForward(x, options));
      const dy = randomTensor(2, ...y.shape);
      expectGradients(y.backward(dy), { input: avgPool2dBackward(x, dy, options) });
    }),
  );
});

const transposed = fc.record({
  n: size(3),
  perGroup: size(5),
  coPerGroup: size(6),
  groups: size(4),
  image: pair(1, 6),
  kernel: pair(1, 5),
  stride: steps(4),
  padding: fc.oneof(pair(0, 5), pair(0, 2), pair(0, 1)),
  outputPadding: fc.oneof(pair(0, 0), pair(0, 3)),
  dilation: steps(3),
  withBias: fc.boolean(),
});

test('a random transposed convolution is right or refused', () => {
  checkOften((count) =>
    fc.property(transposed, ({ n, perGroup, coPerGroup, groups, image, kernel, withBias, ...sizes }) => {
      const [x, w] = [randomTensor(1, n, perGroup * groups, ...image), randomTensor(2, perGroup * groups, coPerGroup, ...kernel)];
      const b = withBias ? randomTensor(3, coPerGroup * groups) : null;
      const options = { ...sizes, groups };
      const y = attempt(() => ops.convTranspose2d(x, w, b, options));
      if (y === null) return;
      count();
      expectWithin('y', y, convTransposeForward(x, w, b, options));
      const dy = randomTensor(4, ...y.shape);
      const { input, weight, bias } = convTransposeBackward(x, w, dy, options);
      expectGradients(y.backward(dy), withBias ? { input, weight, bias } : { input, weight });
    }),
  );
});

test('a random adaptive pooling is right', () => {
  fc.assert(
    fc.property(fc.tuple(size(2), size(9), size(13), size(13)), pair(1, 15), (shape, outputSize) => {
      const x = randomTensor(1, ...shape);
      const mean = ops.adaptiveAvgPool2d(x, outputSize);
      expectWithin('mean', mean, adaptiveAvgForward(x, outputSize));
      const dy = randomTensor(2, ...mean.shape);
      expectGradients(mean.backward(dy), { input: adaptiveAvgBackward(x, dy) });
      const most = ops.adaptiveMaxPool2d(x, outputSize);
      const want = adaptiveMaxForward(x, outputSize);
      expect([...most.indices]).toEqual([...want.indices]);
      expectWithin('maximum', most, want.output);
      expectGradients(most.backward(dy), { input: adaptiveMaxBackward(x, dy) });
    }),
    { ...RUNS, numRuns: 100 },
  );
});

test('a random upsampling is right', () => {
  const factor = fc.double({ min: 0.3, max: 4, noNaN: true });
  const where = fc.oneof(pair(1, 12).map((to) => ({ size: to })), fc.tuple(factor, factor).map((scaleFactor) => ({ scaleFactor })));
  const mode = fc.constantFrom<UpsampleOracleOptions>({ mode: 'nearest' }, { mode: 'bilinear' }, { mode: 'bilinear', alignCorners: true });
  checkOften((count) =>
    fc.property(fc.tuple(size(2), size(18), size(7), size(7)), where, mode, (shape, to, how) => {
      const x = randomTensor(1, ...shape);
      const options = { ...to, ...how };
      const y = attempt(() => ops.upsample(x, options));
      if (y === null) return;
      count();
      expectWithin('y', y, upsampleForward(x, options), 16);
      const dy = randomTensor(2, ...y.shape);
      expectGradients(y.backward(dy), { input: upsampleBackward(x, dy, options) }, 16);
    }),
  );
});
