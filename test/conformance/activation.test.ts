import { describe, expect, test } from 'vitest';
import { ops } from '../../src/index.js';
import { activationBackward, activationForward, type ActivationName } from '../oracle/activation.js';
import { expectGradients, expectWithin, label, randomTensor } from './within.js';

const names: ActivationName[] = ['relu', 'tanh', 'sigmoid'];
const shapes = [[], [1], [3], [4], [5], [7], [8], [9], [17], [2, 5, 7], [2, 3, 4, 5], [1, 9, 1, 1], [1100]];

/** From the smallest to the largest that matters: both signs, growing by a third. */
const ladder = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 1e-30 * 1.3333 ** (i / 3));
const special = Float32Array.of(0, -0, NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-45, -1e-45, 88, -88, 104, -104, 9, -9, 0.6, -0.6, 1e-8, -1e-8, 20, -20);

for (const name of names)
  describe(name, () => {
    const conforms = (data: Float32Array, shape: readonly number[]): void => {
      const x = { data, shape };
      const y = ops[name](x);
      expectWithin('y', y, activationForward(name, x));
      const dy = randomTensor(2, ...shape);
      expectGradients(y.backward(dy), { input: activationBackward(name, x, dy) });
    };

    for (const shape of shapes) test(label([shape]), () => conforms(randomTensor(1, ...shape).data.map((v) => 6 * v), shape));
    test('numbers of every size', () => conforms(ladder, [1000]));
    test('special values', () => conforms(special, [special.length]));
    test('leaves its input alone', () => {
      const x = randomTensor(1, 9);
      const before = x.data.slice();
      ops[name](x).backward(randomTensor(2, 9));
      expect(x.data).toEqual(before);
    });
  });

test('results keep what their backward needs while other calls come between', () => {
  const [a, b, dy] = [randomTensor(1, 2, 9), randomTensor(2, 2, 9), randomTensor(3, 2, 9)];
  const [ya, yb] = [ops.tanh(a), ops.tanh(b)];
  const [first, second] = [yb.backward(dy), ya.backward(dy)];
  expectGradients(first, { input: activationBackward('tanh', b, dy) });
  expectGradients(second, { input: activationBackward('tanh', a, dy) });
  expect(ya.backward(dy)).toEqual(second);
});
