import { describe, expect, test } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import { ops, optimizers } from '../../src/index.js';
import { Sgd, type SgdOptions } from '../oracle/sgd.js';
import { label, randomTensor } from './within.js';

const rows: Partial<SgdOptions>[] = [
  {},
  { weightDecay: 0.01 },
  { maximize: true },
  { maximize: true, weightDecay: 0.1 },
  { momentum: 0.9 },
  { momentum: 0.9, dampening: 0.5 },
  { momentum: 0.9, dampening: 1 },
  { momentum: 0.8, nesterov: true },
  { momentum: 0.8, nesterov: true, weightDecay: 0.05 },
  { momentum: 0.5, dampening: 0.25, weightDecay: 0.1, maximize: true },
];

describe('sgd follows the oracle', () => {
  for (const given of rows)
    test(label([], given), () => {
      const options: SgdOptions = { momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, maximize: false, ...given };
      const starts = [randomTensor(1, 3), randomTensor(2, 2, 9), randomTensor(3, 17, 1, 2, 2)];
      const run = ops.optimize(optimizers.sgd({ lr: 0.1, ...given }), starts);
      const wants = starts.map(({ data }) => new Sgd(data, options));
      for (let step = 0; step < 6; step++) {
        const gradients = starts.map(({ shape }, k) => randomTensor(10 * step + k, ...shape));
        const lr = 0.1 / (step + 1);
        run.step(gradients, lr);
        wants.forEach((want, k) => want.step(gradients[k]!.data, lr));
        run.parameters().forEach(({ data, shape }, k) => {
          expect(shape).toEqual(starts[k]!.shape);
          data.forEach((p, i) => expect(Math.abs(p - wants[k]!.parameter[i]!)).toBeLessThan(2e-6));
        });
      }
      run.state().forEach((state, k) => {
        const buffer = wants[k]!.buffer;
        expect(Object.keys(state)).toEqual(buffer === null ? [] : ['momentum_buffer']);
        state.momentum_buffer?.data.forEach((b, i) => expect(Math.abs(b - buffer![i]!)).toBeLessThan(1e-5));
      });
    });
});

test('an option out of its range is refused', () => {
  const wrong = [{ lr: -1 }, { lr: NaN }, { lr: 0.1, momentum: -0.1 }, { lr: 0.1, weightDecay: -1 }, { lr: 0.1, nesterov: true }, { lr: 0.1, momentum: 0.9, nesterov: true, dampening: 0.5 }];
  for (const options of wrong) expect(() => optimizers.sgd(options), JSON.stringify(options)).toThrow(OptionError);
});
