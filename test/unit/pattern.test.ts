import { expect, test } from 'vitest';
import { matches, showPattern, type Pattern } from '../../src/core/pattern.js';

const names = ['c1.weight', 'c1.bias', 'c10.weight', 'body.0.c1.weight'];

test('a pattern picks names', () => {
  const rows: [Pattern, string[]][] = [
    ['c1.*', ['c1.weight', 'c1.bias']],
    ['*.weight', ['c1.weight', 'c10.weight', 'body.0.c1.weight']],
    ['*', names],
    ['c1', []],
    ['c1.weight', ['c1.weight']],
    ['body.*.weight', ['body.0.c1.weight']],
    ['c1?', []],
    [/bias$/, ['c1.bias']],
    [/c1\./g, ['c1.weight', 'c1.bias', 'body.0.c1.weight']],
    [(name) => name.length > 10, ['body.0.c1.weight']],
  ];
  for (const [pattern, want] of rows) {
    // Twice: a regular expression with the flag g remembers where it was.
    for (let i = 0; i < 2; i++) expect(names.filter((name) => matches(pattern, name)), showPattern(pattern)).toEqual(want);
  }
});
