import { describe, expect, test } from 'vitest';
import { refuseOverlaps } from '../../src/plan/arena.js';
import { Buffer } from '../../src/plan/tensor.js';

const life = (name: string, address: number, words: number, first: number, last: number) => {
  const buffer = new Buffer(name, 'activation', words);
  buffer.address = address;
  return { buffers: [buffer], words, first, last };
};

describe('live ranges', () => {
  test('may share memory one after another, and lie side by side', () => {
    expect(() => refuseOverlaps([life('a', 0, 32, 0, 3), life('b', 64, 8, 4, 5), life('c', 128, 32, 2, 9)])).not.toThrow();
  });

  test.each([
    ['the last step of one is the first of the other', life('b', 64, 8, 3, 5), '3 and 3'],
    ['one lies within the other', life('b', 4, 1, 1, 2), '1 and 2'],
    ['one outlives the program', life('b', 124, 8, 2, Infinity), '2 and 3'],
  ])('are refused where %s', (_, other, steps) => {
    for (const lives of [[life('a', 0, 32, 0, 3), other], [other, life('a', 0, 32, 0, 3)]]) expect(() => refuseOverlaps(lives)).toThrow(new RegExp(`share memory between steps ${steps}`));
  });

  test('are refused where any two of many share a place at a time, empty ones aside', () => {
    let state = 1;
    const random = (below: number): number => (state = (state * 48271) % 2147483647) % below;
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const lives = Array.from({ length: 2 + random(6) }, (_, i) => {
        const first = random(8);
        return life(String(i), 4 * random(20), random(6), first, random(9) === 0 ? Infinity : first + random(4));
      });
      const meet = (a: (typeof lives)[0], b: (typeof lives)[0]): boolean => {
        const [from, other] = [a.buffers[0]!.address, b.buffers[0]!.address];
        return a !== b && a.words > 0 && b.words > 0 && from < other + b.words * 4 && other < from + a.words * 4 && a.first <= b.last && b.first <= a.last;
      };
      const wrong = lives.some((a) => lives.some((b) => meet(a, b)));
      if (wrong) expect(() => refuseOverlaps(lives)).toThrow(/share memory/);
      else expect(() => refuseOverlaps(lives)).not.toThrow();
      refused += Number(wrong);
    }
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(300);
  });
});
