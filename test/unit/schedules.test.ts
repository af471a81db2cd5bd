import { describe, expect, test } from 'vitest';
import { OptionError } from '../../src/core/errors.js';
import { power } from '../../src/core/math.js';
import { schedules } from '../../src/index.js';

const { constant, cosine, exponential, linear, multiStep, oneCycle, sequential, step } = schedules;

/** The rates of updates 0, 1, ... */
const rates = (schedule: schedules.Schedule, count: number): number[] => Array.from({ length: count }, (_, updates) => schedule(updates));

function expectRates(schedule: schedules.Schedule, want: readonly number[]): void {
  rates(schedule, want.length).forEach((rate, i) => expect(rate, `update ${i}`).toBeCloseTo(want[i]!, 14));
}

test('power multiplies', () => {
  for (const n of [0, 1, 2, 3, 10, 31, 1000]) expect(power(0.99, n)).toBeCloseTo(0.99 ** n, 14);
  expect(power(0, 0)).toBe(1);
  expect(power(2, 1023)).toBe(2 ** 1023);
});

describe('schedules follow their formulas', () => {
  test('constant, step, multiStep, exponential', () => {
    expectRates(constant({ lr: 0.3 }), [0.3, 0.3]);
    expectRates(step({ lr: 1, stepSize: 2, gamma: 0.5 }), [1, 1, 0.5, 0.5, 0.25]);
    expectRates(step({ lr: 1, stepSize: 1 }), [1, 0.1, 0.01]);
    expectRates(multiStep({ lr: 1, milestones: [1, 3, 3], gamma: 0.5 }), [1, 0.5, 0.5, 0.125]);
    expectRates(exponential({ lr: 2, gamma: 0.9 }), [2, 1.8, 1.62, 1.458]);
  });

  test('linear warms up and stays', () => {
    expectRates(linear({ lr: 0.6, startFactor: 0, totalIters: 3 }), [0, 0.2, 0.4, 0.6, 0.6]);
    expectRates(linear({ lr: 0.05, startFactor: 0.5, totalIters: 4 }), [0.025, 0.03125, 0.0375, 0.04375, 0.05]);
  });

  test('cosine comes down, and starts again where asked', () => {
    const down = (part: number): number => 0.1 + 0.45 * (1 + Math.cos(Math.PI * part));
    expectRates(cosine({ lr: 1, tMax: 4, etaMin: 0.1 }), [0, 1, 2, 3, 4, 4, 4].map((t) => down(t / 4)));
    expectRates(cosine({ lr: 1, tMax: 2, etaMin: 0.1, restarts: true }), [0, 1, 0, 1, 0].map((t) => down(t / 2)));
    expectRates(cosine({ lr: 1, tMax: 2, etaMin: 0.1, restarts: true, tMult: 2 }), [0, 0.5, 0, 0.25, 0.5, 0.75, ...Array.from({ length: 8 }, (_, i) => i / 8), 0].map(down));
    expect(cosine({ lr: 1, tMax: 10, restarts: true })(1e12 + 5)).toBeCloseTo(0.5, 14);
  });

  test('oneCycle climbs and falls', () => {
    const along = (from: number, to: number, part: number): number => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part));
    // Ten updates, the top at 0.4 · 10 − 1 = 3; from 1/4 to 1 to 1/40.
    const cycle = { maxLr: 1, totalSteps: 10, pctStart: 0.4, divFactor: 4, finalDivFactor: 10 };
    expectRates(oneCycle(cycle), Array.from({ length: 12 }, (_, t) => (t <= 3 ? along(0.25, 1, t / 3) : along(1, 0.025, Math.min(1, (t - 3) / 6)))));
    expectRates(oneCycle({ ...cycle, annealStrategy: 'linear' }), Array.from({ length: 10 }, (_, t) => (t <= 3 ? 0.25 + 0.25 * t : 1 - (0.975 * (t - 3)) / 6)));
    const three = Array.from({ length: 10 }, (_, t) => (t <= 3 ? along(0.25, 1, t / 3) : t <= 6 ? along(1, 0.25, (t - 3) / 3) : along(0.25, 0.025, (t - 6) / 3)));
    expectRates(oneCycle({ ...cycle, threePhase: true }), three);
    for (const pctStart of [0, 0.05, 1]) expect(rates(oneCycle({ maxLr: 1, totalSteps: 10, pctStart }), 12).every((rate) => rate >= 0 && rate <= 1)).toBe(true);
    expect(rates(oneCycle({ maxLr: 1, totalSteps: 1 }), 2).every(Number.isFinite)).toBe(true);
  });

  test('sequential counts each part from 0', () => {
    const warm = sequential([linear({ lr: 1, startFactor: 0, totalIters: 2 }), cosine({ lr: 1, tMax: 2 }), constant({ lr: 7 })], { milestones: [2, 4] });
    expectRates(warm, [0, 0.5, 1, 0.5, 7, 7]);
    expectRates(sequential([constant({ lr: 1 })], { milestones: [] }), [1, 1]);
  });
});

test('a wrong option is refused', () => {
  const wrong: (() => unknown)[] = [
    () => constant({ lr: -1 }),
    () => step({ lr: 1, stepSize: 0 }),
    () => step({ lr: NaN, stepSize: 1 }),
    () => multiStep({ lr: 1, milestones: [1.5] }),
    () => exponential({ lr: 1, gamma: -0.5 }),
    () => linear({ lr: 1, totalIters: 0 }),
    () => cosine({ lr: 1, tMax: 0 }),
    () => cosine({ lr: 1, tMax: 4, tMult: 2 }),
    () => oneCycle({ maxLr: 1, totalSteps: 0 }),
    () => oneCycle({ maxLr: 1, totalSteps: 5, pctStart: 1.5 }),
    () => oneCycle({ maxLr: 1, totalSteps: 5, divFactor: 0 }),
    () => oneCycle({ maxLr: 1, totalSteps: 5, annealStrategy: 'sine' as never }),
    () => sequential([], { milestones: [] }),
    () => sequential([constant({ lr: 1 })], { milestones: [1] }),
    () => sequential([constant({ lr: 1 }), constant({ lr: 1 }), constant({ lr: 1 })], { milestones: [3, 2] }),
  ];
  for (const make of wrong) expect(make, String(make)).toThrow(OptionError);
});
