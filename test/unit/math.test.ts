import { describe, expect, test } from 'vitest';
import { cos, exp, log, sin } from '../../src/core/math.js';
import { Random } from '../../src/core/random.js';

/** Largest |ours(x) - theirs(x)| / max(|theirs(x)|, floor) over `count` seeded points of [low, high]. */
function worst(ours: (x: number) => number, theirs: (x: number) => number, low: number, high: number, floor = 0, count = 20000): number {
  const random = new Random(7);
  let error = 0;
  for (let i = 0; i < count; i++) {
    const x = random.between(low, high) + random.between(0, 1e-7);
    const want = theirs(x);
    error = Math.max(error, Math.abs(ours(x) - want) / Math.max(Math.abs(want), floor));
  }
  return error;
}

describe('exp', () => {
  test.each([[-1e-3, 1e-3], [-1, 1], [-30, 30], [-700, 709]])('agrees with Math.exp on [%d, %d]', (low, high) => {
    expect(worst(exp, Math.exp, low, high)).toBeLessThan(1e-15);
  });

  test('special values', () => {
    expect(exp(0)).toBe(1);
    expect(exp(1) / Math.E).toBeCloseTo(1, 15);
    expect(exp(-Infinity)).toBe(0);
    expect(exp(Infinity)).toBe(Infinity);
    expect(exp(710)).toBe(Infinity);
    expect(exp(709.78) / Math.exp(709.78)).toBeCloseTo(1, 13);
    expect(exp(-746)).toBe(0);
    expect(exp(-745)).toBe(5e-324);
    expect(exp(NaN)).toBeNaN();
  });
});

describe('log', () => {
  test.each([[1e-3, 1], [0.9, 1.1], [1, 1e3], [1e3, 1e300]])('agrees with Math.log on [%d, %d]', (low, high) => {
    expect(worst(log, Math.log, low, high)).toBeLessThan(1e-15);
  });

  test('undoes exp over the whole range', () => {
    expect(worst((x) => log(exp(x)), (x) => x, -707, 709, 1)).toBeLessThan(1e-15);
  });

  test('special values', () => {
    expect(log(1)).toBe(0);
    expect(log(2)).toBe(Math.LN2);
    expect(log(10)).toBe(Math.LN10);
    expect(log(0)).toBe(-Infinity);
    expect(log(-0)).toBe(-Infinity);
    expect(log(Infinity)).toBe(Infinity);
    expect(log(5e-324)).toBeCloseTo(-744.4400719213812, 12);
    expect(log(-1)).toBeNaN();
    expect(log(NaN)).toBeNaN();
  });
});

describe('sin and cos', () => {
  test.each([[-1, 1], [-10, 10], [-1e4, 1e4], [-1e6, 999999]])('agree with Math on [%d, %d]', (low, high) => {
    expect(worst(sin, Math.sin, low, high, 1e-3)).toBeLessThan(1e-13);
    expect(worst(cos, Math.cos, low, high, 1e-3)).toBeLessThan(1e-13);
  });

  test('near their zeros the error stays relative', () => {
    expect(worst(sin, Math.sin, Math.PI - 1e-6, Math.PI + 1e-6)).toBeLessThan(1e-13);
    expect(worst(cos, Math.cos, Math.PI / 2 - 1e-6, Math.PI / 2 + 1e-6)).toBeLessThan(1e-13);
  });

  test('special values', () => {
    expect(sin(0)).toBe(0);
    expect(cos(0)).toBe(1);
    expect(sin(Math.PI / 2)).toBe(1);
    expect(cos(Math.PI)).toBe(-1);
    for (const f of [sin, cos]) for (const x of [NaN, Infinity, -Infinity, 1e7]) expect(f(x)).toBeNaN();
  });
});

test('the bits are pinned', () => {
  const words = new Map([[exp, 0], [log, 0], [sin, 0], [cos, 0]]);
  const random = new Random(3);
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 1000; i++) {
    const x = random.between(0, 100);
    for (const [f, word] of words) {
      view.setFloat64(0, f(x));
      words.set(f, (Math.imul(word, 31) + (view.getUint32(0) ^ view.getUint32(4))) | 0);
    }
  }
  expect([...words.values()]).toEqual([474376892, -155549512, 881064456, 300098580]);
});
