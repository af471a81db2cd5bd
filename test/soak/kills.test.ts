import { expect, test } from 'vitest';
import { kills } from './kills.js';

test('five runs killed at random moments and resumed end as an unbroken one', async () => {
  const { whole, runs } = await kills(5);
  expect(whole).toMatch(/^[0-9a-f]{64} [0-9a-f]{64} \d+$/);
  expect(runs.map(({ digest }) => digest)).toEqual(Array.from({ length: 5 }, () => whole));
}, 300_000);
