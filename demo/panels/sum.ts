import { ops } from '../../src/index.js';
import { textOn, diverging, css, roundUp } from '../colour.js';
import { label, onLanguage, say, words, type Gaps } from '../i18n.js';
import type { Setting } from '../lesson/convolution.js';
import { cell, equals, exact, factor } from '../numbers.js';
import type { Session } from '../session.js';
import { h, perFrame } from '../view/dom.js';
import { paint } from '../view/paint.js';
import { onTheme, theme } from '../view/theme.js';
import type { Seen, Unit } from '../worker/messages.js';
import { kindOf, nameOf, SHOWN, valuesOf } from './layers.js';

/** One value of one map. */
export interface Choice {
  readonly layer: string;
  readonly map: number;
  /** Its place in the map, row after row. */
  readonly at: number;
}

const SIDE = 5;
const BIG = 12;

/** The window of `size` rows at `row`, `column` of a map [side, side]. */
function windowOf(map: ArrayLike<number>, side: number, row: number, column: number, size: number): number[] {
  return Array.from({ length: size * size }, (_, i) => map[(row + Math.floor(i / size)) * side + column + (i % size)]!);
}

/** A convolution's value opened: its windows and kernels, one per map below, and the bias. */
export function opened(seen: Seen, { layer, map, at }: Choice): { windows: number[][]; kernels: number[][]; bias: number; sum: number } | null {
  const first = layer === 'C1';
  if (!first && layer !== 'C3') return null;
  const [side, out, below] = first ? [32, 28, 1] : [14, 10, 6];
  const source = first ? seen.image : seen.maps['s2']!;
  const [row, column] = [Math.floor(at / out), at % out];
  const windows = Array.from({ length: below }, (_, i) => windowOf(source.subarray(i * side * side, (i + 1) * side * side), side, row, column, SIDE));
  const weights = first ? seen.kernels.c1 : seen.kernels.c3;
  const size = below * SIDE * SIDE;
  const own = weights.subarray(map * size, (map + 1) * size);
  const bias = (first ? seen.kernels.c1Bias : seen.kernels.c3Bias)[map]!;
  const { data } = ops.conv2d({ data: Float32Array.from(windows.flat()), shape: [1, below, SIDE, SIDE] }, { data: own.slice(), shape: [1, below, SIDE, SIDE] }, { data: Float32Array.of(bias), shape: [1] });
  return { windows, kernels: windows.map((_, i) => [...own.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE)]), bias, sum: data[0]! };
}

const DENSE: Readonly<Record<string, { readonly layer: Unit['layer']; readonly below: string; readonly columns: number }>> = {
  C5: { layer: 'c5', below: 's4', columns: 4 }, F6: { layer: 'f6', below: 'a5', columns: 12 }, out: { layer: 'output', below: 'a6', columns: 12 },
};

export function unitOf({ layer, at }: Choice): Unit | null {
  const dense = DENSE[layer];
  return dense ? { layer: dense.layer, unit: at } : null;
}

/** A dense unit opened: its products, those of one map of C5 added up, and the bias; null until its weights have come. */
export function openedUnit(seen: Seen, choice: Choice): { parts: number[]; columns: number; bias: number; sum: number } | null {
  const [dense, row] = [DENSE[choice.layer], seen.row];
  if (!dense || row?.layer !== dense.layer || row.unit !== choice.at) return null;
  const x = seen.maps[dense.below]!;
  const { data } = ops.conv2d({ data: x.slice(), shape: [1, x.length, 1, 1] }, { data: row.weights, shape: [1, x.length, 1, 1] }, { data: Float32Array.of(row.bias), shape: [1] });
  const products = Array.from(x, (value, i) => value * row.weights[i]!);
  const together = choice.layer === 'C5' ? SIDE * SIDE : 1;
  const parts = Array.from({ length: products.length / together }, (_, i) => products.slice(i * together, (i + 1) * together).reduce((a, b) => a + b, 0));
  return { parts, columns: dense.columns, bias: row.bias, sum: data[0]! };
}

/** The lesson's setting for a value of C1: the same 25 numbers, the same result. */
export function apart(seen: Seen, choice: Choice): Setting | null {
  const open = choice.layer === 'C1' ? opened(seen, choice) : null;
  return open && { n: SIDE, k: SIDE, s: 1, p: 0, d: 1, x: open.windows[0]!, w: open.kernels[0]!, b: open.bias, t: [0] };
}

/** A small grid of numbers, read as a table. */
function table(values: readonly number[], columns: number, name: string): HTMLElement {
  const range = roundUp(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  const rows = Array.from({ length: values.length / columns }, (_, row) => h('tr', {}, ...values.slice(row * columns, (row + 1) * columns).map((value) => {
    const ground = diverging(theme(), value, range);
    const td = h('td', { title: exact(value) }, cell(value));
    td.style.background = css(ground);
    td.style.color = css(textOn(ground));
    return td;
  })));
  return h('figure', { class: 'mini' }, h('figcaption', {}, name), h('table', {}, ...rows));
}

const shownOf = ({ layer }: Choice) => SHOWN.find(({ title }) => title === layer)!;

/** A map, large, with a cursor on one value: pointer and arrows move it. */
function bigMap(current: () => Choice, choose: (choice: Choice) => void): { frame: HTMLElement; draw(session: Session, range: number): void } {
  const canvas = h('canvas', { class: 'big-map' });
  const box = h('i', { class: 'cursor' });
  const frame = h('div', { class: 'map-frame', tabindex: 0, role: 'img', id: 'map-frame' }, canvas, box);
  frame.addEventListener('pointerdown', (event) => {
    const rect = frame.getBoundingClientRect();
    const { rows, columns } = shownOf(current());
    const clamp = (part: number, size: number): number => Math.min(size - 1, Math.max(0, Math.floor(part * size)));
    choose({ ...current(), at: clamp((event.clientY - rect.top) / rect.height, rows) * columns + clamp((event.clientX - rect.left) / rect.width, columns) });
  });
  frame.addEventListener('keydown', (event) => {
    const { rows, columns } = shownOf(current());
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const at = current().at + by;
    if (at >= 0 && at < columns * rows) choose({ ...current(), at });
  });
  const draw = (session: Session, range: number): void => {
    const { layer, map, at } = current();
    const one = shownOf(current());
    const { columns, rows } = one;
    if (canvas.width !== columns * BIG || canvas.height !== rows * BIG) Object.assign(canvas, { width: columns * BIG, height: rows * BIG });
    paint(canvas, { values: valuesOf(session.seen, one, map), columns, kind: kindOf(one), range, scale: BIG });
    Object.assign(frame.style, { aspectRatio: `${columns} / ${rows}`, maxWidth: `${Math.min(336, columns * 24)}px` });
    Object.assign(box.style, { left: `${((at % columns) / columns) * 100}%`, top: `${(Math.floor(at / columns) / rows) * 100}%`, width: `${100 / columns}%`, height: `${100 / rows}%` });
    label(frame, 'sum.map', { layer: () => nameOf(layer), map: map + 1 });
  };
  return { frame, draw };
}

/** A chosen value, large and opened down to its products. */
export function sumPanel(session: Session, takeApart: (setting: Setting) => void, { rangeOf, look }: { rangeOf(map: string): number; look(): void }): { element: HTMLElement; choose(choice: Choice): void } {
  let choice: Choice = { layer: 'C1', map: 2, at: 12 * 28 + 14 };
  const sentence = h('p', { class: 'formula', id: 'sum', 'aria-live': 'polite' });
  const tables = h('div', { class: 'minis' });
  /** What the sentence speaks of: newer outputs wait for their turn to be painted. */
  let explained: Seen | null = null;
  const open = (): void => {
    const setting = explained && apart(explained, choice);
    if (setting) takeApart(setting);
  };
  const button = say(h('button', { type: 'button', id: 'apart', on: { click: open } }), 'sum.apart');
  const choose = (next: Choice): void => {
    choice = next;
    session.unit = unitOf(choice);
    if (session.unit) look();
    redraw();
  };
  const { frame, draw } = bigMap(() => choice, choose);
  const show = (): void => {
    draw(session, rangeOf(shownOf(choice).map));
    explain(session, choice, sentence, tables);
    explained = session.seen;
    button.hidden = choice.layer !== 'C1' || !session.seen;
  };
  const redraw = perFrame(show);
  // What is empty grows at once, also out of sight: who jumps below it later is not pushed away.
  session.on('seen', () => (tables.childElementCount === 0 ? show() : redraw()));
  session.on('opened', redraw);
  onTheme(redraw);
  onLanguage(redraw);
  const element = redraw.within(h('section', { class: 'panel sum-panel' }, say(h('h3'), 'sum.title'), h('div', { class: 'sum-row' }, frame, h('div', { class: 'sum-text' }, sentence, button, tables))));
  return { element, choose };
}

function explain(session: Session, choice: Choice, sentence: HTMLElement, tables: HTMLElement): void {
  const { seen } = session;
  const one = shownOf(choice);
  const value = valuesOf(seen, one, choice.map)[choice.at]!;
  const gaps = { layer: choice.layer, map: choice.map + 1, row: Math.floor(choice.at / one.columns) + 1, column: (choice.at % one.columns) + 1, value: equals(value), activation: session.run.model === 'lenet5' ? 'tanh' : 'relu' };
  tables.replaceChildren();
  if (!seen) return void (sentence.textContent = words('sum.empty'));
  const open = opened(seen, choice);
  if (open) {
    sentence.textContent = words('sum.convolution', { ...gaps, sum: equals(open.sum), bias: factor(open.bias) });
    const products = open.windows.map((window, i) => window.map((x, j) => x * open.kernels[i]![j]!));
    if (open.windows.length === 1) tables.append(table(open.windows[0]!, SIDE, words('sum.window')), table(open.kernels[0]!, SIDE, words('sum.kernel')), table(products[0]!, SIDE, words('sum.products')));
    else tables.append(table(products.map((all) => all.reduce((a, b) => a + b, 0)), 3, words('sum.slices', { maps: open.windows.length })));
  } else if (choice.layer === 'S2' || choice.layer === 'S4') {
    const [source, side] = choice.layer === 'S2' ? ['a1', 28] as const : ['a3', 10] as const;
    const [row, column] = [Math.floor(choice.at / one.columns) * 2, (choice.at % one.columns) * 2];
    tables.append(table(windowOf(seen.maps[source]!.subarray(choice.map * side * side), side, row, column, 2), 2, words('sum.four')));
    sentence.textContent = words(session.run.model === 'lenet5' ? 'sum.average' : 'sum.max', gaps);
  } else if (choice.layer === 'in') sentence.textContent = words('sum.ink', gaps);
  else explainUnit(seen, choice, gaps, sentence, tables);
}

function explainUnit(seen: Seen, choice: Choice, gaps: Gaps, sentence: HTMLElement, tables: HTMLElement): void {
  const open = openedUnit(seen, choice);
  if (!open) return void (sentence.textContent = '…');
  const named = { ...gaps, unit: choice.layer === 'out' ? choice.at : choice.at + 1, bias: factor(open.bias), sum: equals(open.sum) };
  sentence.textContent = words(choice.layer === 'out' ? 'sum.out' : 'sum.dense', named);
  tables.append(table(open.parts, open.columns, choice.layer === 'C5' ? words('sum.slices', { maps: 16 }) : words('sum.products')));
}
