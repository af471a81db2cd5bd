import { columns, compute, lossWith, padded, pulled, pushed, bordered, readers, turned, windowOf, type Numbers, type Setting } from './convolution.js';
import * as f from './figures.js';
import { Marks, type Editable, type Figure } from './figures.js';
import { poolingSteps } from './pooling.js';
import { fullSum, plainSum, shortSum, weighedSum } from './sums.js';
import type { Key } from '../i18n.js';
import { equals, figure } from '../numbers.js';

// The lesson as a list of steps. Each has an address (`dx.6`), a sentence and the matrices that belong to it.

export const CHAPTERS = ['window', 'residual', 'weight', 'bias', 'push', 'pull', 'proof', 'learn', 'matrices', 'pooling'] as const;
export type Chapter = (typeof CHAPTERS)[number];

/** What the reader chose inside a step. */
export interface Choice {
  /** The number that the proof nudges. */
  readonly nudge: { readonly of: Exclude<Editable, 't'>; readonly at: number };
  /** Turn the kernel by 90 degrees, which is wrong. */
  readonly quarter: boolean;
  /** Pooling's sizes round up. */
  readonly roundUp: boolean;
}

export interface Scene {
  /** Key of the words, and what stands in their gaps. */
  readonly say: Key;
  readonly with: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
}

export interface Step {
  readonly at: string;
  readonly chapter: Chapter;
  scene(choice: Choice): Scene;
}

const places = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
/** `₂₃`: row and column from 1. No side has two digits. */
const index = (at: number, side: number): string => [Math.floor(at / side) + 1, (at % side) + 1].map((digit) => String.fromCharCode(0x2080 + digit)).join('');

function windowStep(numbers: Numbers, i: number): Scene {
  const { setting, o, wide, y } = numbers;
  const window = windowOf(i, setting, o, wide);
  const x = padded(numbers);
  const seen = window.map((at) => x[at]!);
  const notes = new Map(window.map((at, j) => [at, figure(seen[j]! * setting.w[j]!)]));
  const sum = fullSum(setting.w, seen, setting.b, y[i]!);
  const figures = [f.inputFigure(numbers, new Marks().mark('window', window), notes), f.kernelFigure(numbers), f.biasFigure(numbers), f.upTo('y', o, y, i)];
  return { say: i === 0 ? 'say.window.first' : 'say.window', with: { sum, ij: index(i, o) }, figures };
}

function residualStep(numbers: Numbers): Scene {
  return {
    say: 'say.residual', with: { L: figure(numbers.loss) },
    figures: [f.figure('y', numbers.o, numbers.y), f.targetFigure(numbers), f.residualFigure(numbers)],
  };
}

function weightStep(numbers: Numbers, j: number): Scene {
  const { setting: { k, s, d }, o, wide, dy, dw } = numbers;
  const [row, column] = [Math.floor(j / k) * d, (j % k) * d];
  const met = places(o * o).map((i) => (row + Math.floor(i / o) * s) * wide + column + (i % o) * s);
  const x = padded(numbers);
  const sum = weighedSum(dy, met.map((at) => x[at]!), dw[j]!);
  const figures = [f.inputFigure(numbers, new Marks().mark('window', met)), f.residualFigure(numbers), f.kernelFigure(numbers, new Marks().mark('reader', [j])), f.upTo('dw', k, dw, j)];
  return { say: 'say.weight', with: { ij: index(j, k), count: String(met.length), sum }, figures };
}

function biasStep(numbers: Numbers): Scene {
  const { o, dy, db } = numbers;
  return { say: 'say.bias', with: { sum: plainSum(dy, db) }, figures: [f.residualFigure(numbers, new Marks().mark('window', places(o * o))), f.figure('db', 1, [db], new Marks().mark('result', [0]))] };
}

function pushStep(numbers: Numbers, i: number): Scene {
  const { setting, o, wide, dy } = numbers;
  const window = windowOf(i, setting, o, wide);
  return {
    say: 'say.push', with: { ij: index(i, o), value: figure(dy[i]!) },
    figures: [
      f.residualFigure(numbers, new Marks().mark('window', [i])), f.kernelFigure(numbers), f.stampFigure(numbers, i),
      f.inputGradientFigure(numbers, pushed(numbers, i + 1), new Marks().mark('window', window)), f.figure('readers', wide, readers(numbers)),
    ],
  };
}

function turnStep(numbers: Numbers): Scene {
  return { say: numbers.setting.d > 1 ? 'say.turn.holes' : 'say.turn', with: {}, figures: [f.kernelFigure(numbers), f.turnedFigure(numbers)] };
}

function borderStep(numbers: Numbers): Scene {
  const { setting: { s }, span, rest } = numbers;
  const say = `say.border${s > 1 ? '.stride' : ''}${rest > 0 ? '.rest' : ''}` as const;
  return { say, with: { zeros: String(span - 1), between: String(s - 1), rest: String(rest) }, figures: [f.residualFigure(numbers), f.borderedFigure(numbers)] };
}

function pullStep(numbers: Numbers, m: number): Scene {
  const { setting: { n, p, w }, wide } = numbers;
  const at = (Math.floor(m / n) + p) * wide + (m % n) + p;
  const { side, values } = bordered(numbers);
  const window = f.pullWindow(numbers, side, at);
  const all = pulled(numbers);
  const shown = all.map((value, place) => (place <= at || p > 0 && isRing(place, wide, p) ? value : null));
  const sum = shortSum(turned(w), window.map((place) => values[place]!), all[at]!);
  const figures = [f.borderedFigure(numbers, window), f.turnedFigure(numbers), f.inputGradientFigure(numbers, shown, new Marks().mark('result', [at]))];
  const never = readers(numbers)[at] === 0;
  return { say: never ? 'say.pull.never' : p > 0 ? 'say.pull.crop' : 'say.pull', with: { ij: index(m, n), sum }, figures };
}

const isRing = (place: number, wide: number, p: number): boolean =>
  Math.min(Math.floor(place / wide), place % wide, wide - 1 - Math.floor(place / wide), wide - 1 - (place % wide)) < p;

/** L at half a step to either side; for a square its difference is the slope exactly. */
function nudged(numbers: Numbers, { of, at }: Choice['nudge']): { predicted: number; measured: number } {
  const { setting, dx, dw, db } = numbers;
  const loss = (by: number): number => lossWith(numbers, of === 'b' ? { b: setting.b + by } : { [of]: setting[of].map((value, i) => (i === at ? value + by : value)) });
  return { predicted: of === 'b' ? db : (of === 'w' ? dw : dx)[at]!, measured: loss(0.5) - loss(-0.5) };
}

function proofStep(numbers: Numbers, choice: Choice): Scene {
  const { setting: { n, k, p, w }, wide } = numbers;
  const of = choice.nudge.of;
  const at = choice.nudge.at < (of === 'x' ? n * n : of === 'w' ? k * k : 1) ? choice.nudge.at : w.length - 1;
  const { predicted, measured } = nudged(numbers, { of, at });
  const cell = of === 'x' ? (Math.floor(at / n) + p) * wide + (at % n) + p : at;
  const mark = (what: string): Marks => new Marks().mark('window', what === of ? [cell] : []);
  const right = pulled(numbers);
  const wrong = pulled(numbers, true);
  const differs = places(right.length).filter((place) => right[place] !== wrong[place]);
  const gradients = choice.quarter
    ? [f.inputGradientFigure(numbers, right), { ...f.inputGradientFigure(numbers, wrong, new Marks().mark('wrong', differs)), id: 'quarter' }]
    : [f.figure('dw', k, numbers.dw), f.inputGradientFigure(numbers, right)];
  return {
    say: choice.quarter ? 'say.proof.quarter' : 'say.proof',
    with: { name: of === 'b' ? 'b' : `${of}${index(at, of === 'x' ? n : k)}`, predicted: figure(predicted), measured: figure(measured), count: String(differs.length) },
    figures: [f.inputFigure(numbers, mark('x')), f.kernelFigure(numbers, mark('w')), f.biasFigure(numbers, mark('b')), ...gradients],
  };
}

function learnStep(numbers: Numbers): Scene {
  const { setting: { k, w, b }, dw, db, loss } = numbers;
  const after = (rate: number): number[] => w.map((value, i) => value - dw[i]! * rate);
  const lossAt = (rate: number): number => lossWith(numbers, { w: after(rate), b: b - db * rate });
  return {
    say: lossAt(1 / 16) > loss ? 'say.learn.far' : 'say.learn', with: { before: figure(loss), after: equals(lossAt(1 / 64)).replace(/^= /, ''), far: equals(lossAt(1 / 16)).replace(/^= /, '') },
    figures: [f.kernelFigure(numbers), f.figure('dw', k, dw), f.figure('wNext', k, after(1 / 64), new Marks().mark('result', places(k * k))), f.biasFigure(numbers), f.figure('bNext', 1, [b - db / 64], new Marks().mark('result', [0]))],
  };
}

/** y = w·columns + b; dw = dy·columnsᵀ; dx: wᵀ·dy, folded back. */
function matrixStep(numbers: Numbers, part: 0 | 1 | 2): Scene {
  const { setting: { k, w }, o, dy, dw, y } = numbers;
  const cols = f.figure('columns', o * o, columns(numbers));
  const flat = (id: string, values: readonly number[]): Figure => f.figure(id, values.length, values);
  if (part === 0) return { say: 'say.columns', with: {}, figures: [f.inputFigure(numbers), cols, flat('w', w), f.biasFigure(numbers), flat('y', y)] };
  if (part === 1) return { say: 'say.columns.weight', with: {}, figures: [flat('dy', dy), cols, flat('dw', dw)] };
  const outer = w.flatMap((weight) => dy.map((residual) => weight * residual));
  return { say: 'say.columns.fold', with: {}, figures: [f.figure('w', 1, w), flat('dy', dy), f.figure('outer', o * o, outer), f.inputGradientFigure(numbers, pulled(numbers)), f.figure('dw', k, dw)].slice(0, 4) };
}

/** All steps of a setting. Throws the library's OptionError where the kernel does not fit. */
export function stepsOf(setting: Setting): { numbers: Numbers; steps: Step[] } {
  const numbers = compute(setting);
  const { o, setting: { n, k } } = numbers;
  const many = (chapter: Chapter, name: string, count: number, scene: (i: number, choice: Choice) => Scene): Step[] =>
    places(count).map((i) => ({ chapter, at: count === 1 ? name : `${name}.${i + 1}`, scene: (choice) => scene(i, choice) }));
  const steps = [
    ...many('window', 'y', o * o, (i) => windowStep(numbers, i)),
    ...many('residual', 'residual', 1, () => residualStep(numbers)),
    ...many('weight', 'dw', k * k, (i) => weightStep(numbers, i)),
    ...many('bias', 'db', 1, () => biasStep(numbers)),
    ...many('push', 'push', o * o, (i) => pushStep(numbers, i)),
    ...many('pull', 'turn', 1, () => turnStep(numbers)), ...many('pull', 'border', 1, () => borderStep(numbers)),
    ...many('pull', 'dx', n * n, (i) => pullStep(numbers, i)),
    ...many('proof', 'proof', 1, (_, choice) => proofStep(numbers, choice)),
    ...many('learn', 'learn', 1, () => learnStep(numbers)),
    ...many('matrices', 'columns', 3, (i) => matrixStep(numbers, i as 0 | 1 | 2)),
    ...poolingSteps(),
  ];
  return { numbers, steps };
}
