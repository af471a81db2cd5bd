import { beforeAll, describe, expect, test } from 'vitest';
import { engines } from './engines/index.js';
import type { Digests } from './programs/identity.js';
import { agreed, differences, examine, type Report } from './suite.js';
import { absent } from './using.js';

// The short form of `npm run identity`: every engine finds what this one finds, with any number of workers, from modules and from a script tag.

const SHORT = { steps: 10 };
const MINUTES = 60_000;

function reference(): Promise<Report> {
  return examine(engines[0]!, SHORT);
}

describe('every engine', () => {
  let expected: Digests;
  beforeAll(async () => {
    const report = await reference();
    expect(report.failed).toBeNull();
    expected = agreed([report]);
    expect(Object.keys(expected)).toEqual(['lenet5', 'resnet18', 'alexnet', 'dropout', 'optimizers', 'augmentation']);
  }, 5 * MINUTES);

  test.each(engines)('$name finds the same bits', { timeout: 10 * MINUTES }, async (engine) => {
    if (await absent(engine)) return;
    const report = await examine(engine, SHORT);
    expect(report.failed).toBeNull();
    expect(report.found.size).toBe((engine.threads ? 3 : 1) * engine.entries.length);
    expect(differences([report], expected)).toEqual([]);
  });
});

describe('the suite', () => {
  const found = (digest: string): Report => ({ engine: 'one', version: '1', found: new Map([['module 1', { lenet5: digest, alexnet: 'same' }]]), missing: null, failed: null });

  test('names every digest that is not what most found', () => {
    const reports = [found('a'), { ...found('b'), engine: 'other' }, found('a')];
    expect(agreed(reports)).toEqual({ lenet5: 'a', alexnet: 'same' });
    expect(differences(reports, agreed(reports))).toEqual([{ engine: 'other', way: 'module 1', part: 'lenet5', digest: 'b' }]);
  });

  test("finds the engine's own exp, tanh, sin and pow when they slip in", { timeout: 10 * MINUTES }, async () => {
    const [node, bun] = ['Node', 'Bun'].map((name) => engines.find((engine) => engine.name.startsWith(name))!);
    if (await absent(bun!)) return;
    const reports = [await examine(node!, { ...SHORT, slip: true }), await examine(bun!, { ...SHORT, slip: true })];
    const parts = new Set(differences(reports, agreed(reports)).map(({ part }) => part));
    expect([...parts]).toEqual(['slip']);
  });
});
