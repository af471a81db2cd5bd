import { describe, expect, test } from 'vitest';
import { codeOf, filesUnder, functionsOf, read } from '../support/sources.js';

// Limits that keep files readable, and what keeps results the same on every engine.

const FILE_LINES = 300;
const FUNCTION_LINES = 40;
const sources = [...filesUnder('src'), ...filesUnder('assembly'), ...filesUnder('demo')];

describe('size', () => {
  test(`files have at most ${FILE_LINES} lines`, () => {
    const long = sources.map((file) => [file, read(file).trimEnd().split('\n').length] as const).filter(([, lines]) => lines > FILE_LINES);
    expect(long).toEqual([]);
  });

  test('functions are found', () => {
    const found = functionsOf('src/steps.ts').map(({ where }) => where.replace(/^.* /, ''));
    expect(found).toEqual(expect.arrayContaining(['constructor', '#writeBatch', 'stepSync', 'lossAndGradients', 'zeroGradients']));
    expect(sources.flatMap(functionsOf).length).toBeGreaterThan(400);
  });

  test(`functions have at most ${FUNCTION_LINES} lines, register tiles, the kernels' switch and what travels as text aside`, () => {
    const apart = /^assembly\/(gemm\/tile\.ts|index\.ts)|\w+_\d+x\d+$|src\/runtime\/worker\.ts:\d+ workerMain$/;
    expect(sources.flatMap(functionsOf).filter(({ where, lines }) => lines > FUNCTION_LINES && !apart.test(where))).toEqual([]);
  });
});

describe('the same bits on every engine', () => {
  // ECMAScript leaves the rounding of these to the engine.
  const engines = /\bMath\s*\.\s*(exp|expm1|log|log1p|log2|log10|a?tanh?|a?sinh?|a?cosh?|atan2|pow|cbrt|hypot|random)\b/;
  // A power of two with an exponent that is written down is folded when compiled; any other takes the engine's pow.
  const power = /\*\*(?!\s*-?\d+\b)/;
  const numeric = filesUnder('src').filter((file) => !file.startsWith('src/cli/'));

  test('no Math function that engines round in their own way', () => {
    expect(numeric.filter((file) => engines.test(codeOf(read(file))))).toEqual([]);
  });

  test('no power with an exponent known only when run', () => {
    expect(numeric.filter((file) => power.test(codeOf(read(file))))).toEqual([]);
  });
});
