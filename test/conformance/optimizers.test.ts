import { describe, expect, test } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { ops, optimizers } from '../../src/index.js';
import { Adagrad, Adam, Rmsprop, type AdagradOptions, type AdamOptions, type Course, type RmspropOptions } from '../oracle/optimizers.js';
import { label, randomTensor } from './within.js';

interface Row {
  readonly name: string;
  readonly given: object;
  readonly optimizer: () => optimizers.Optimizer;
  readonly oracle: (start: ArrayLike<number>) => Course;
}

const adamRows: AdamOptions[] = [
  {}, { betas: [0.8, 0.99], eps: 1e-6, weightDecay: 0.02 }, { amsgrad: true }, { amsgrad: true, betas: [0.5, 0.6], maximize: true }, { maximize: true, weightDecay: 0.1 },
  { betas: [0, 0] }, { betas: [0.9, 0] }, { betas: [0, 0.999] }, { betas: [0.99, 0.9999999] }, { eps: 0 }, { eps: 0.1 },
];
const rmspropRows: RmspropOptions[] = [
  {}, { alpha: 0.9, eps: 1e-7, momentum: 0.9 }, { centered: true }, { centered: true, momentum: 0.5, weightDecay: 0.05 }, { centered: true, maximize: true },
  { weightDecay: 0.1, maximize: true }, { alpha: 0 }, { eps: 0 }, { eps: 1 },
];
const adagradRows: AdagradOptions[] = [
  {}, { lrDecay: 0.1 }, { initialAccumulatorValue: 0.5 }, { weightDecay: 0.1 }, { maximize: true, lrDecay: 0.01, weightDecay: 0.02, initialAccumulatorValue: 0.1, eps: 1e-3 }, { eps: 0 },
];
const rows: Row[] = [
  ...adamRows.map((given) => ({ name: 'adam', given, optimizer: () => optimizers.adam(given), oracle: (start: ArrayLike<number>) => new Adam(start, given) })),
  ...adamRows.map((given) => ({ name: 'adamw', given, optimizer: () => optimizers.adamw(given), oracle: (start: ArrayLike<number>) => new Adam(start, { weightDecay: 0.01, ...given, decoupled: true }) })),
  ...rmspropRows.map((given) => ({ name: 'rmsprop', given, optimizer: () => optimizers.rmsprop(given), oracle: (start: ArrayLike<number>) => new Rmsprop(start, given) })),
  ...adagradRows.map((given) => ({ name: 'adagrad', given, optimizer: () => optimizers.adagrad(given), oracle: (start: ArrayLike<number>) => new Adagrad(start, given) })),
];

const SIZES = [1, 3, 4, 5, 1023];

/** 2^-24 for each of the roundings of an update, of which the running means pass theirs on to later ones. */
function expectClose(x: Tensor, want: ArrayLike<number>, magnitude: ArrayLike<number>, steps: number): void {
  let worst = 0;
  x.data.forEach((value, i) => {
    const excess = Math.abs(value - want[i]!) / (2 ** -24 * (12 + 4 * steps) * magnitude[i]! + 2 ** -126);
    worst = Number.isNaN(excess) ? Infinity : Math.max(worst, excess);
  });
  expect(worst).toBeLessThanOrEqual(1);
}

describe('optimizers follow the oracle over ten updates', () => {
  for (const { name, given, optimizer, oracle } of rows)
    test(label([], { [name]: given }), () => {
      const starts = SIZES.map((size, k) => randomTensor(k + 1, size));
      const run = ops.optimize(optimizer(), starts);
      const wants = starts.map(({ data }) => oracle(data));
      for (let step = 0; step < 10; step++) {
        const gradients = starts.map(({ shape }, k) => randomTensor(100 * step + k, ...shape));
        const lr = Math.fround(0.1 / (step + 1));
        run.step(gradients, lr);
        wants.forEach((want, k) => want.step(gradients[k]!.data, lr));
        run.parameters().forEach((parameter, k) => expectClose(parameter, wants[k]!.parameter, wants[k]!.magnitude, step + 1));
        if (step === 2 || step === 9) {
          run.state().forEach(({ step: count, ...state }, k) => {
            expect(count).toEqual({ data: Float32Array.of(step + 1), shape: [] });
            expect(Object.keys(state).sort()).toEqual(Object.keys(wants[k]!.state).sort());
            for (const [kept, tensor] of Object.entries(state)) {
              expect(tensor.shape).toEqual(starts[k]!.shape);
              const want = wants[k]!.state[kept]!;
              // A mean of gradients within [-1, 1] rounds as they do; a momentum buffer is as large as the way it went.
              const scale = kept === 'momentum_buffer' ? wants[k]!.magnitude.map((size) => size / lr) : want.map((value) => (kept.endsWith('avg') ? 1 : Math.abs(value)));
              expectClose(tensor, want, scale, step + 1);
            }
          });
        }
      }
    });
});

test('a gradient of zeros changes nothing, whatever eps is', () => {
  const start = randomTensor(1, 7);
  const still = { data: new Float32Array(7), shape: [7] };
  for (const optimizer of [optimizers.adam({ eps: 0 }), optimizers.adamw({ eps: 0, weightDecay: 0 }), optimizers.rmsprop({ eps: 0 }), optimizers.adagrad({ eps: 0 })]) {
    const run = ops.optimize(optimizer, [start]);
    run.step([still]);
    expect(run.parameters()[0]!.data, optimizer.type).toEqual(start.data);
  }
});

test('NaN and infinity stay in their own element', () => {
  for (const optimizer of [optimizers.adam({ amsgrad: true }), optimizers.adamw(), optimizers.rmsprop({ centered: true, momentum: 0.9 }), optimizers.adagrad()]) {
    const run = ops.optimize(optimizer, [randomTensor(1, 6)]);
    const gradient = randomTensor(2, 6);
    gradient.data.set([NaN, Infinity], 1);
    run.step([gradient]);
    run.step([randomTensor(3, 6)]);
    expect([...run.parameters()[0]!.data].map(Number.isFinite), optimizer.type).toEqual([true, false, false, true, true, true]);
  }
});

test('a group has its own options, the first that fits', () => {
  const starts = [randomTensor(1, 5), randomTensor(2, 9), randomTensor(3, 2)];
  const groups = [{ match: '1', lr: 0.0625, momentum: 0 }, { match: /[12]/, weightDecay: 0.25 }];
  const run = ops.optimize(optimizers.sgd({ lr: 0.5, momentum: 0.9, groups }), starts);
  const alone = [optimizers.sgd({ lr: 0.5, momentum: 0.9 }), optimizers.sgd({ lr: 0.0625 }), optimizers.sgd({ lr: 0.5, momentum: 0.9, weightDecay: 0.25 })].map((optimizer, k) =>
    ops.optimize(optimizer, [starts[k]!]),
  );
  for (let step = 0; step < 3; step++) {
    const gradients = starts.map(({ shape }, k) => randomTensor(10 * step + k, ...shape));
    // The rate that is given is the base's: a group keeps its proportion to it.
    run.step(gradients, 0.25);
    alone.forEach((one, k) => one.step([gradients[k]!], k === 1 ? 0.03125 : 0.25));
    run.parameters().forEach((parameter, k) => expect(parameter).toEqual(alone[k]!.parameters()[0]!));
  }
  expect(run.state().map((state) => Object.keys(state))).toEqual([['momentum_buffer'], [], ['momentum_buffer']]);
});

test('an option out of its range is refused', () => {
  const wrong: [() => unknown, string][] = [
    [() => optimizers.adam({ lr: -1 }), 'Adam: lr is -1'],
    [() => optimizers.adam({ betas: [1, 0.9] }), 'Adam: betas[0] is 1'],
    [() => optimizers.adam({ betas: [0.9, NaN] }), 'Adam: betas[1] is NaN'],
    [() => optimizers.adam({ betas: [0.9] as never }), 'Adam: betas is 0.9, expected two numbers'],
    [() => optimizers.adamw({ weightDecay: -0.1 }), 'AdamW: weightDecay is -0.1'],
    [() => optimizers.adam({ momentum: 0.9 } as never), 'Adam: unknown option momentum'],
    [() => optimizers.rmsprop({ alpha: -0.5 }), 'RMSprop: alpha is -0.5'],
    [() => optimizers.rmsprop({ eps: Infinity }), 'RMSprop: eps is Infinity'],
    [() => optimizers.adagrad({ lrDecay: -1 }), 'Adagrad: lrDecay is -1'],
    [() => optimizers.adagrad({ initialAccumulatorValue: -1 }), 'Adagrad: initialAccumulatorValue is -1'],
    [() => optimizers.sgd({ lr: 0.1, groups: [{ match: '*' }, { match: '*', momentum: -1 }] }), 'SGD: groups[1]: momentum is -1'],
    [() => optimizers.sgd({ lr: 0, groups: [{ match: '*', lr: 1 }] }), 'SGD: lr is 0 and that of a group 1'],
    [() => ops.optimize(optimizers.adam(), []), 'no parameters given'],
  ];
  for (const [make, message] of wrong) {
    expect(make, message).toThrow(OptionError);
    expect(make).toThrow(message);
  }
});
