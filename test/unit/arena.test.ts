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
});
