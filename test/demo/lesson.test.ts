import { describe, expect, test } from 'vitest';
import { columns, compute, LIMITS, lossWith, nearest, pulled, pushed, readers, turned, type Setting } from '../../demo/lesson/convolution.js';
import { pool } from '../../demo/lesson/pooling.js';
import { PRESETS } from '../../demo/lesson/presets.js';
import { answerTo, isRight, QUESTIONS } from '../../demo/lesson/questions.js';
import { stepsOf, type Choice } from '../../demo/lesson/steps.js';
import { OptionError } from '../../src/core/errors.js';
import { en } from '../../demo/words/en.js';

// The numbers that the lesson's script names, worked out by hand, beside what the page shows.

const choice: Choice = { nudge: { of: 'w', at: 3 }, quarter: false, roundUp: false };
/** `1 2 | 3 4` as numbers. */
const matrix = (text: string): number[] => text.split(/[ |]+/).map(Number);
const zeroless = (values: readonly number[]): number[] => values.map((value) => value + 0);
const sayOf = (setting: Setting, at: string): Readonly<Record<string, string>> => stepsOf(setting).steps.find((step) => step.at === at)!.scene(choice).with;

describe('the start', () => {
  const numbers = compute(PRESETS.start);

  test('forward, residual and all gradients', () => {
    expect(numbers.y).toEqual(matrix('0 5 6 | 4 -1 4 | 5 6 5'));
    expect(numbers.dy).toEqual(matrix('0 2 7 | -1 -2 0 | 2 0 0'));
    expect(numbers.loss).toBe(31);
    expect(numbers.dw).toEqual(matrix('6 0 | 23 24'));
    expect(numbers.db).toBe(8);
    expect(numbers.dx).toEqual(matrix('0 2 5 -7 | -1 3 16 0 | 0 -6 0 0 | 4 0 0 0'));
  });

  test('53 steps, 47 before pooling', () => {
    const { steps } = stepsOf(PRESETS.start);
    expect(steps).toHaveLength(53);
    expect(steps.filter((step) => step.chapter !== 'pooling')).toHaveLength(47);
    expect(new Set(steps.map((step) => step.at)).size).toBe(53);
  });

  test('the sums that are said', () => {
    expect(sayOf(PRESETS.start, 'y.5')['sum']).toBe('1·1 + (−1)·3 + 2·0 + 0·1 + 1 = −1');
    expect(sayOf(PRESETS.start, 'dw.1')['sum']).toBe('2·2 − 2·1 + 2·2 = 6');
    expect(sayOf(PRESETS.start, 'dx.7')).toMatchObject({ ij: '₂₃', sum: '2·7 + (−1)·(−2) = 16' });
    expect(sayOf(PRESETS.start, 'db')['sum']).toBe('2 + 7 − 1 − 2 + 2 = 8');
    expect(sayOf(PRESETS.start, 'proof')).toMatchObject({ name: 'w₂₂', predicted: '24', measured: '24' });
    expect(sayOf(PRESETS.start, 'learn')).toMatchObject({ before: '31', after: '≈ 21.01', far: '≈ 97.16' });
  });

  test('turned by a quarter the kernel gives another gradient', () => {
    expect(turned([1, 2, 3, 4])).toEqual([4, 3, 2, 1]);
    expect(turned([1, 2, 3, 4], true)).toEqual([3, 1, 4, 2]);
    expect(pulled(numbers, true)).not.toEqual(pulled(numbers));
  });
});

test.each([
  ['kernel3', '3 2 | -2 -5', '2 -11 -14 | -2 4 6 | -11 -14 1', '3 2 -3 -2 | 4 2 4 5 | -4 -15 -4 2 | 0 2 3 -5'],
  ['stride2', '-1 1 | -1 0', '-3 -1 | 2 -2', '-1 1 1 -1 | -2 0 2 0 | -1 1 0 0 | -2 0 0 0'],
  ['dilation2', '1 0 | 0 -2', '-1 -4 | -4 1', '1 0 -1 0 | 0 -2 0 2 | 2 0 0 0 | 0 -4 0 0'],
  ['padding1', '2 0 0 0 | 0 1 0 0 | 0 0 0 -2 | 0 0 0 0', '-5 -2 0 | -2 1 7 | -2 0 3', '3 0 -1 0 | 0 3 -2 0 | 0 -1 -3 -2 | 0 0 0 2'],
  ['leftover', '3', '3 6 0 | 0 3 9 | 6 0 3', '3 0 -3 0 | 6 3 0 0 | 0 -3 3 0 | 0 0 0 0'],
] as const)('preset %s', (name, dy, dw, dx) => {
  const numbers = compute(PRESETS[name]);
  expect(zeroless(numbers.dy)).toEqual(matrix(dy));
  expect(zeroless(numbers.dw)).toEqual(matrix(dw));
  expect(zeroless(numbers.dx)).toEqual(matrix(dx));
});

test('padding leaves a ring to crop, a rest pixels that nothing reads', () => {
  expect(zeroless(pulled(compute(PRESETS.padding1)).slice(0, 6))).toEqual([2, 0, -2, 0, 0, 0]);
  const numbers = compute(PRESETS.leftover);
  expect(numbers.rest).toBe(1);
  expect(readers(numbers).filter((count) => count === 0)).toHaveLength(7);
});

describe('any setting', () => {
  const sizes = Object.entries(LIMITS).map(([name, [least, most]]) => Array.from({ length: most - least + 1 }, (_, i) => [name, least + i] as const));
  const all = sizes.reduce<(readonly (readonly [string, number])[])[]>((rows, column) => rows.flatMap((row) => column.map((one) => [...row, one])), [[]]);
  const settings = all.map((row) => {
    const size = Object.fromEntries(row) as Pick<Setting, 'n' | 'k' | 's' | 'p' | 'd'>;
    return { ...size, x: Array.from({ length: size.n ** 2 }, (_, i) => ((i * 5) % 7) - 3), w: Array.from({ length: size.k ** 2 }, (_, i) => ((i * 3) % 5) - 2), b: 1, t: [] };
  });
  const fits = ({ n, k, p, d }: Setting): boolean => d * (k - 1) + 1 <= n + 2 * p;

  test('pushed and pulled agree with the library, cell by cell', () => {
    const bad = settings.filter(fits).filter((setting) => {
      const numbers = compute(setting);
      const { p, n } = setting;
      const [a, b] = [pushed(numbers, numbers.o ** 2), pulled(numbers)];
      const inner = numbers.dx.map((_, m) => b[(Math.floor(m / n) + p) * numbers.wide + (m % n) + p]!);
      return !a.every((value, i) => value === b[i]) || !inner.every((value, i) => value === numbers.dx[i]);
    });
    expect(settings.filter(fits).length).toBeGreaterThan(600);
    expect(bad).toEqual([]);
  });

  test('what does not fit is refused by the library, and the nearest that fits is offered', () => {
    const refused = settings.filter((setting) => !fits(setting));
    expect(refused.length).toBeGreaterThan(50);
    for (const setting of refused) {
      expect(() => compute(setting)).toThrow(OptionError);
      expect(fits(nearest(setting))).toBe(true);
    }
  });

  test('every step of some has words and figures that fill their rows', () => {
    for (const setting of [...Object.values(PRESETS), ...settings.filter(fits).filter((_, i) => i % 41 === 0)]) {
      for (const step of stepsOf(setting).steps) {
        const scene = step.scene({ ...choice, quarter: step.chapter === 'proof', roundUp: true });
        const gaps = [...en[scene.say].matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).filter((name) => !(name in scene.with) && !['x', 'w', 'b', 'y', 't', 'dy', 'dx', 'dw', 'db'].includes(name));
        expect(gaps, `${step.at}: ${scene.say}`).toEqual([]);
        expect(scene.figures.length).toBeGreaterThan(0);
        for (const figure of scene.figures) expect(figure.values.length % figure.columns).toBe(0);
      }
    }
  });

  test('columns hold a window each', () => {
    const numbers = compute(PRESETS.start);
    const x = columns(numbers);
    expect(x).toHaveLength(36);
    const y = Array.from({ length: 9 }, (_, i) => 1 + PRESETS.start.w.reduce((sum, weight, j) => sum + weight * x[j * 9 + i]!, 0));
    expect(y).toEqual(numbers.y);
  });
});

test('the loss falls with a small step and climbs with one too large', () => {
  const numbers = compute(PRESETS.start);
  const after = (rate: number): number => lossWith(numbers, { w: PRESETS.start.w.map((value, i) => value - rate * numbers.dw[i]!), b: 1 - rate * 8 });
  expect(after(1 / 64)).toBeCloseTo(21.01, 2);
  expect(after(1 / 16)).toBeCloseTo(97.16, 2);
});

test('pooling', () => {
  expect(pool('max', 2, 2).dx).toEqual(matrix('0 4 -2 0 | 0 0 0 0 | 1 0 0 0 | 0 0 0 8'));
  expect(pool('average', 2, 2).dx).toEqual(matrix('1 1 -.5 -.5 | 1 1 -.5 -.5 | .25 .25 2 2 | .25 .25 2 2'));
  expect(pool('max', 3, 1).dx[10]).toBe(3);
  expect([pool('max', 3, 2).side, pool('max', 3, 2, true).side]).toEqual([1, 2]);
});

test('check questions know their answers', () => {
  const numbers = compute(PRESETS.start);
  const answers = QUESTIONS.map((question) => answerTo(question, numbers));
  expect(answers.map((answer) => ('number' in answer ? answer.number : answer.choice))).toEqual([3, 4, 24, 'residual', 'no', 2, 'padding', 'no', 'first', 153]);
  expect(isRight({ number: -2.5 }, '−2,5')).toBe(true);
  expect(isRight({ number: 24 }, '23')).toBe(false);
  expect(answerTo('never', compute(PRESETS.leftover))).toMatchObject({ choice: 'yes' });
});
