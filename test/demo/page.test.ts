import { describe, expect, test } from 'vitest';
import { DEFAULT_RUN, lessonAddress, readAddress, runAddress } from '../../demo/address.js';
import { along, contrast, diverging, DIVERGING, INK, MAGNITUDE, roundUp, textOn, type Rgb } from '../../demo/colour.js';
import { History } from '../../demo/history.js';
import { asDrawn, centred } from '../../demo/ink.js';
import { PRESETS } from '../../demo/lesson/presets.js';
import { cell, equals, exact, percent, speed, typed } from '../../demo/numbers.js';
import { signedRange } from '../../demo/ranges.js';
import { en, type Key } from '../../demo/words/en.js';
import { zh } from '../../demo/words/zh.js';
import { read } from '../support/sources.js';

describe('words', () => {
  const gaps = (text: string): string[] => [...new Set([...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap))].sort();

  test('both languages have every key and the same gaps', () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    const other = (Object.keys(en) as Key[]).filter((key) => gaps(en[key]).join() !== gaps(zh[key]).join());
    expect(other).toEqual([]);
  });

  test('no English is left in the Chinese, names and symbols aside', () => {
    const names = /LeNet-5|MNIST|Sobel|WebAssembly|SIMD|PyTorch|safetensors|tanh|relu|softmax|im2col|col2im|C\d|S\d|F\d|kB|\{\w+\}|[a-zA-Z]′?|\d+/g;
    expect((Object.keys(zh) as Key[]).filter((key) => /[a-zA-Z]{2,}/.test(zh[key].replace(names, ' ').replace(/\s/g, '')))).toEqual([]);
    expect((Object.keys(zh) as Key[]).filter((key) => /[\u4e00-\u9fff]/.test(en[key]))).toEqual([]);
  });
});

describe('address', () => {
  test('a run and its promise come back', () => {
    const run = { ...DEFAULT_RUN, model: 'lenet5_modern', seed: 7, lr: 0.01 } as const;
    const address = readAddress(`#${runAddress(run, { step: 500, digest: '3f9c01aa' }, 'zh')}`);
    expect(address).toMatchObject({ story: 'train', lang: 'zh', run, promise: { step: 500, digest: '3f9c01aa' }, ignored: [] });
  });

  test('a drawing comes back, short however long it was', () => {
    const ink = [{ pen: 0.09, points: [0, 0.5, 1, 0.5] }, { pen: 0.14, points: [0.25, 0.125] }];
    const back = readAddress(`#${runAddress(DEFAULT_RUN, null, 'en', ink)}`).ink;
    expect(back.map(({ pen }) => pen)).toEqual([0.09, 0.14]);
    back.forEach(({ points }, i) => points.forEach((value, j) => expect(Math.abs(value - ink[i]!.points[j]!)).toBeLessThan(1 / 1295)));
    const long = [{ pen: 0.05, points: Array.from({ length: 5000 }, (_, i) => 0.5 + 0.4 * (i % 2 ? Math.sin(i / 99) : Math.cos(i / 99))) }];
    const address = runAddress(DEFAULT_RUN, null, 'en', long);
    expect(address.length).toBeLessThan(1700);
    expect(readAddress(address).ink[0]!.points.length).toBeGreaterThan(20);
    for (const bad of ['', '4zzzz', '9zzz', '9zz!z', `9${'zzzz'.repeat(900)}`]) expect(readAddress(`ink=${bad}`)).toMatchObject({ ink: [], ignored: ['ink'] });
  });

  test('a step of the lesson comes back', () => {
    const setting = { ...PRESETS.padding1, b: -2.5 };
    expect(readAddress(lessonAddress(setting, 'dx.6', 'en'))).toMatchObject({ story: 'lesson', lang: 'en', setting, at: 'dx.6', ignored: [] });
  });

  test('nothing, and what cannot be read', () => {
    expect(readAddress('')).toMatchObject({ story: 'train', lang: null, run: DEFAULT_RUN, promise: null, setting: PRESETS.start, ignored: [] });
    const bad = readAddress('#v=1&seed=-1&lr=fast&batch=2.5&k=9&x=1,2&at=<b>&digest=zz&hide=files,walls&colour=red');
    expect([...bad.ignored].sort()).toEqual(['at', 'batch', 'colour', 'digest', 'hide=walls', 'k', 'lr', 'seed', 'x']);
    expect(bad).toMatchObject({ run: DEFAULT_RUN, setting: PRESETS.start, hide: ['files'], promise: null });
  });
});

describe('colours', () => {
  const grounds = [...Object.values(DIVERGING), ...Object.values(MAGNITUDE), ...Object.values(INK)].flatMap((stops) => Array.from({ length: 201 }, (_, i) => along(stops, i / 200)));

  test('text on every colour of every scale has a contrast of at least 4.5', () => {
    expect(Math.min(...grounds.map((ground) => contrast(textOn(ground), ground)))).toBeGreaterThanOrEqual(4.5);
  });

  test('zero has one colour, whatever the range', () => {
    expect([0.1, 1, 50].map((range) => diverging('light', 0, range))).toEqual(Array(3).fill([247, 247, 247]));
    expect(along(DIVERGING.dark, 0.5)).toEqual([31, 31, 31]);
    expect(along(DIVERGING.light, NaN)).toEqual(DIVERGING.light[0]);
  });

  test('text and lines of both themes are readable on their grounds', () => {
    for (const block of read('demo/style.css').split(/^:root/m).slice(1, 3)) {
      const colour = (name: string): Rgb => {
        const hex = new RegExp(`${name}: #([0-9a-f]{3,6});`).exec(block)![1]!;
        const full = hex.length === 3 ? [...hex].map((one) => one + one).join('') : hex;
        return [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16)) as unknown as Rgb;
      };
      for (const text of ['--ink', '--muted', '--accent', '--warm', '--good', '--bad']) {
        for (const ground of ['--ground', '--panel', '--accent-soft']) expect(contrast(colour(text), colour(ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
      expect(contrast(colour('--accent-ink'), colour('--accent'))).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('ranges are 1, 2 and 5 times a power of ten and never shrink', () => {
    expect([0, 0.3, 1, 1.01, 2.5, 7, 31, 0.02].map(roundUp)).toEqual([1, 0.5, 1, 2, 5, 10, 50, 0.02]);
    expect(signedRange([0.1, -3], 0.2)).toBe(5);
    expect(signedRange([0.1], 5)).toBe(5);
  });
});

test('numbers', () => {
  expect([0, -0, 1.005, -12.346, 123.456, -99999, 1234567, 1e-9, NaN].map(cell)).toEqual(['0', '0', '1', '−12.3', '123.5', '−1e5', '1e6', '0', 'NaN']);
  expect([0.1, Math.fround(0.1), 1 / 3, -2].map(exact)).toEqual(['0.1', '0.1', '0.33333333', '−2']);
  expect([6, -1, 21.0098, 0.5].map(equals)).toEqual(['= 6', '= −1', '≈ 21.01', '= 0.5']);
  expect([0, 0.0004, 0.5, 0.9996, 1].map(percent)).toEqual(['0.0 %', '< 0.1 %', '50.0 %', '> 99.9 %', '100.0 %']);
  expect([980, 10_400].map(speed)).toEqual(['980', '10.4k']);
  expect([' −2,5 ', '1e3', '', 'x'].map(typed)).toEqual([-2.5, 1000, NaN, NaN]);
});

test('losses of a long run keep to some points, their mean kept', () => {
  const history = new History();
  for (let step = 1; step <= 10_000; step++) history.add(step, step <= 5000 ? 2 : 1);
  expect(history.steps.length).toBeLessThan(1200);
  expect(history.steps.length).toBeGreaterThan(500);
  expect(history.mean).toBe(1);
  expect(history.losses.reduce((a, b) => a + b, 0) / history.losses.length).toBeCloseTo(1.5, 1);
  expect(new History(history.snapshot()).steps).toEqual(history.steps);
});

describe('ink', () => {
  /** A bar of ink in the top left corner of 140 by 140 pixels. */
  const corner = { width: 140, height: 140, values: Float32Array.from({ length: 140 * 140 }, (_, i) => (i % 140 >= 10 && i % 140 < 20 && i / 140 >= 10 && i / 140 < 60 ? 1 : 0)) };
  const middle = (image: Float32Array): [number, number] => {
    let [mass, x, y] = [0, 0, 0];
    image.forEach((value, i) => { mass += value; x += value * (i % 32); y += value * Math.floor(i / 32); });
    return [x / mass, y / mass];
  };

  test('centred it lies in the middle, as drawn in the corner', () => {
    for (const value of middle(centred(corner)!)) expect(Math.abs(value - 15.5)).toBeLessThan(1);
    expect(middle(asDrawn(corner)!)[0]).toBeLessThan(6);
  });

  test('no ink is none', () => {
    const empty = { ...corner, values: new Float32Array(140 * 140) };
    expect([centred(empty), asDrawn(empty)]).toEqual([null, null]);
  });
});
