import { describe, expect, test } from 'vitest';
import { count, kilobytes, lossText, percent, rate, timeLeft } from '../../src/cli/numbers.js';
import { barLine, plainLine } from '../../src/cli/terminal-bar.js';
import { drawPicture, gallery, viewOf } from '../../src/cli/terminal-picture.js';
import { confusionTable, epochTable, mostConfused } from '../../src/cli/terminal-table.js';
import { paint, sentence, terminalOf } from '../../src/cli/terminal.js';

const UTF8 = { LANG: 'C.UTF-8' };
const screen = (columns: number, env: Record<string, string> = { ...UTF8, NO_COLOR: '1' }) => terminalOf({ isTTY: true, columns }, env, 'linux');
const pipe = (env: Record<string, string> = UTF8) => terminalOf({}, env, 'linux');

describe('what a stream can show', () => {
  const shows = (env: Record<string, string>, isTTY = true) => {
    const { moving, colour, unicode } = terminalOf({ isTTY, columns: 80 }, env, 'linux');
    return { moving, colour, unicode };
  };

  test.each([
    ['a terminal', UTF8, true, { moving: true, colour: true, unicode: true }],
    ['a file', UTF8, false, { moving: false, colour: false, unicode: true }],
    ['CI', { ...UTF8, CI: 'true' }, true, { moving: false, colour: true, unicode: true }],
    ['CI=false', { ...UTF8, CI: 'false' }, true, { moving: true, colour: true, unicode: true }],
    ['a dumb terminal', { ...UTF8, TERM: 'dumb' }, true, { moving: false, colour: false, unicode: true }],
    ['NO_COLOR', { ...UTF8, NO_COLOR: '1' }, true, { moving: true, colour: false, unicode: true }],
    ['FORCE_COLOR on a file', { ...UTF8, FORCE_COLOR: '1' }, false, { moving: false, colour: true, unicode: true }],
    ['FORCE_COLOR=0 on a file', { ...UTF8, FORCE_COLOR: '0' }, false, { moving: false, colour: false, unicode: true }],
    ['NO_COLOR beside FORCE_COLOR', { ...UTF8, NO_COLOR: '1', FORCE_COLOR: '1' }, true, { moving: true, colour: false, unicode: true }],
    ['no locale', {}, true, { moving: true, colour: true, unicode: false }],
    ['LC_ALL before LANG', { LC_ALL: 'POSIX', LANG: 'de_DE.utf8' }, true, { moving: true, colour: true, unicode: false }],
  ])('%s', (_, env, tty, expected) => {
    expect(shows(env as Record<string, string>, tty as boolean)).toEqual(expected);
  });

  test('width is read anew; files have no width', () => {
    const stream = { isTTY: true, columns: 80 };
    const terminal = terminalOf(stream, UTF8, 'linux');
    stream.columns = 50;
    expect([terminal.columns(), pipe().columns()]).toEqual([50, Infinity]);
  });

  test('colour codes only where there is colour', () => {
    expect(paint(screen(80, UTF8), 'red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(paint(screen(80), 'red', 'x')).toBe('x');
  });
});

describe('numbers', () => {
  test('percent keeps the ends for none and all', () => {
    expect([0, 0.0004, 0.986, 0.9995, 1, Number.NaN].map(percent)).toEqual(['0.0 %', '< 0.1 %', '98.6 %', '> 99.9 %', '100.0 %', '-']);
  });
  test('losses', () => {
    expect([0.19119, 999.5, 8.251e31].map(lossText)).toEqual(['0.1912', '999.5000', '8.25e+31']);
  });
  test('counts, rates, sizes, times', () => {
    expect([count(12000), rate(10412.7), rate(Number.NaN), rate(0.01234), kilobytes(246_824)]).toEqual(['12,000', '10,400', '-', '0.012', '247 kB']);
    expect([3.2, 60, 3599.5, 7620, Infinity, Number.NaN].map(timeLeft)).toEqual(['4 s left', '1 min 00 s left', '1 h 00 min left', '2 h 07 min left', '', '']);
  });
});

const standing = { epoch: '2/5', fraction: 0.62, loss: 0.1912, imagesPerSecond: 10_412, secondsLeft: 3.2 };

describe('the line that moves', () => {
  test.each([
    [120, ' 2/5 ━━━━━━━━━━━━━━━───────── 62 %  loss 0.1912  10,400 images/s  4 s left'],
    [60, ' 2/5 ━━━━━━━━━━━━─────── 62 %  loss 0.1912  10,400 images/s'],
    [40, ' 2/5 ━━━━━━━━━━────── 62 %  loss 0.1912'],
    [26, ' 2/5 ━━━━━━━━━╸───── 62 %'],
    [12, ' 2/5 62 %'],
    [6, ' 2/5 '],
  ])('at %d columns', (columns, line) => {
    expect(barLine(standing, screen(columns))).toBe(line);
  });

  test('is never as wide as the terminal, and its bar never below 10', () => {
    for (let columns = 1; columns <= 130; columns++) {
      for (const fraction of [0, 0.013, 0.5, 0.999, 1]) {
        const line = barLine({ ...standing, epoch: '100/100', fraction, secondsLeft: 1e5 }, screen(columns));
        expect(line.length).toBeLessThan(columns);
        const bar = line.replaceAll(/[^━╸─]/g, '').length;
        expect(bar === 0 || (bar >= 10 && bar <= 24)).toBe(true);
      }
    }
  });

  test('colour adds codes and no width', () => {
    const plain = barLine(standing, screen(80));
    const coloured = barLine(standing, screen(80, UTF8));
    expect(coloured).not.toBe(plain);
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
  });

  test('ASCII where the locale is not UTF-8', () => {
    expect(barLine(standing, screen(120, { NO_COLOR: '1' }))).toBe(' 2/5 ###############--------- 62 %  loss 0.1912  10,400 images/s  4 s left');
  });

  test('for files: no bar', () => {
    expect(plainLine(standing)).toBe('2/5 62 %  loss 0.1912  10,400 images/s  4 s left');
  });
});

const row = { epoch: 1, epochs: 5, loss: 0.8421, test: { loss: 0.221, accuracy: 0.934 }, imagesPerSecond: 10_382, seconds: 1.23 };

describe('the table of epochs', () => {
  test.each([
    [120, 'epoch    loss   test loss   accuracy   images/s    time', ' 1/5   0.8421      0.2210     93.4 %     10,400   1.2 s'],
    [40, 'epoch    loss   test loss   accuracy\n(too narrow for images/s, time)', ' 1/5   0.8421      0.2210     93.4 %'],
    [10, 'epoch    loss\n(too narrow for test loss, accuracy, images/s, time)', ' 1/5   0.8421'],
  ])('at %d columns', (columns, header, line) => {
    const table = epochTable(screen(columns), 5, true);
    expect([table.header(), table.row(row)]).toEqual([header, line]);
  });

  test('without test images, many epochs, a slow one', () => {
    const table = epochTable(pipe(), 100, false);
    expect(table.header()).toBe('epoch       loss   images/s    time');
    expect(table.row({ ...row, epochs: 100, test: null, seconds: 3000 })).toBe('   1/100  0.8421     10,400  50 min');
  });
});

const classes = Array.from('0123456789');
const confusion = classes.map((_, t) => Uint32Array.from({ length: 10 }, (__, s) => (t === s ? 199 : t === 4 && s === 9 ? 5 : t === 9 && s === 7 ? 3 : 0)));

describe('the confusion table', () => {
  test('at 120 columns', () => {
    const lines = confusionTable(confusion, classes, screen(120)).split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('true\\said  0    1    2    3    4    5    6    7    8    9   recall');
    expect(lines[5]).toBe('    4      ·    ·    ·    ·  199    ·    ·    ·    ·    5   97.5 %');
  });

  test('at 60 columns: closer', () => {
    const lines = confusionTable(confusion, classes, screen(60)).split('\n');
    expect(lines[0]).toBe('true\\said 0   1   2   3   4   5   6   7   8   9   recall');
    expect(lines[5]).toBe('    4     ·   ·   ·   · 199   ·   ·   ·   ·   5   97.5 %');
  });

  test('at 40 columns: names what it drops', () => {
    const lines = confusionTable(confusion, classes, screen(40)).split('\n');
    expect(lines[5]).toBe('    4     ·   ·   ·   · 199   ·   ·   ·');
    expect(lines.at(-1)).toBe('(too narrow for said 8, 9 and recall)');
  });

  test('never wider than the terminal', () => {
    for (let columns = 24; columns < 100; columns++) {
      const lines = confusionTable(confusion, classes, screen(columns)).split('\n').filter((line) => !line.startsWith('('));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
    }
  });

  test('a class without images has no recall; ASCII where needed', () => {
    const lines = confusionTable([[0, 0], [1, 2]], ['a', 'b'], screen(80, {})).split('\n');
    expect(lines).toEqual(['true\\said  a    b   recall', '    a      .    .        -', '    b      1    2   66.7 %']);
  });

  test('most confused', () => {
    expect(mostConfused(confusion, classes)).toBe('4 as 9 (5), 9 as 7 (3)');
    expect(mostConfused([[3, 0], [0, 1]], classes)).toBe('');
  });
});

/** A ring of ink, 32x32. */
const ring = {
  height: 32,
  width: 32,
  pixels: Float32Array.from({ length: 1024 }, (_, i) => {
    const distance = Math.hypot((i % 32) - 15.5, Math.floor(i / 32) - 15.5);
    return distance > 6 && distance < 9 ? 1 : 0;
  }),
};

describe('pictures', () => {
  test('13 characters of 2x4 dots, 5 lines', () => {
    const view = viewOf([ring]);
    expect(view).toEqual({ top: 6, left: 3, height: 20, width: 26 });
    expect(drawPicture(ring, view, true)).toMatchInlineSnapshot(`
      [
        "⠀⠀⠀⢀⣤⣶⣶⣶⣤⡀⠀⠀⠀",
        "⠀⠀⣰⣿⠋⠁⠀⠈⠙⣿⣆⠀⠀",
        "⠀⠀⣿⡇⠀⠀⠀⠀⠀⢸⣿⠀⠀",
        "⠀⠀⠹⣿⣄⡀⠀⢀⣠⣿⠏⠀⠀",
        "⠀⠀⠀⠈⠛⠿⠿⠿⠛⠁⠀⠀⠀",
      ]
    `);
    expect(drawPicture(ring, view, false)).toMatchInlineSnapshot(`
      [
        "   .*###*.   ",
        "  *#:. .:#*  ",
        "  #*     *#  ",
        "  *#:. .:#*  ",
        "   .*###*.   ",
      ]
    `);
  });

  test('a view grows with the ink and survives blank pictures', () => {
    const full = { ...ring, pixels: new Float32Array(1024).fill(1) };
    expect(viewOf([full, ring])).toEqual({ top: 0, left: 0, height: 32, width: 32 });
    expect(drawPicture({ ...ring, pixels: new Float32Array(1024) }, viewOf([ring]), false).join('').trim()).toBe('');
  });

  test.each([[120, 6], [50, 12], [20, 24]])('at %d columns a gallery of four takes %d lines', (columns, lines) => {
    const items = [0, 1, 2, 3].map((said) => ({ picture: ring, caption: `says ${said}, > 99.9 %` }));
    const text = gallery(items, screen(columns)).split('\n');
    expect(text).toHaveLength(lines);
    expect(Math.max(...text.map((line) => line.length))).toBeLessThan(columns);
  });
});

test('sentences break between parts', () => {
  expect(sentence(screen(30), ['Accuracy 98.6 %', 'saved f', 'digest 3f9c01aa'])).toBe('Accuracy 98.6 % · saved f\ndigest 3f9c01aa');
  expect(sentence(pipe({}), ['a', 'b'])).toBe('a - b');
});
