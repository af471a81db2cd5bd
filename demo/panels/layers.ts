import { roundUp } from '../colour.js';
import { label, onLanguage, say, words } from '../i18n.js';
import { count, figure } from '../numbers.js';
import { DEFAULT_RANGE, signedRange } from '../ranges.js';
import type { Session } from '../session.js';
import { h, perFrame } from '../view/dom.js';
import { canvasFor, paint, type Kind } from '../view/paint.js';
import { onTheme } from '../view/theme.js';
import type { Seen } from '../worker/messages.js';
import type { Choice } from './sum.js';

/** A layer as the page shows it: its output after the activation. */
interface Shown {
  /** Name in the papers and in the summary, and of the output in `Seen.maps`. */
  readonly title: string;
  readonly name: string;
  readonly map: string;
  readonly maps: number;
  readonly columns: number;
  readonly rows: number;
  /** Canvas pixels per value. */
  readonly scale: number;
}

export const SHOWN: readonly Shown[] = [
  { title: 'in', name: '', map: 'image', maps: 1, columns: 32, rows: 32, scale: 3 },
  { title: 'C1', name: 'c1', map: 'a1', maps: 6, columns: 28, rows: 28, scale: 3 },
  { title: 'S2', name: 's2', map: 's2', maps: 6, columns: 14, rows: 14, scale: 3 },
  { title: 'C3', name: 'c3', map: 'a3', maps: 16, columns: 10, rows: 10, scale: 4 },
  { title: 'S4', name: 's4', map: 's4', maps: 16, columns: 5, rows: 5, scale: 6 },
  { title: 'C5', name: 'c5', map: 'a5', maps: 1, columns: 8, rows: 15, scale: 6 },
  { title: 'F6', name: 'f6', map: 'a6', maps: 1, columns: 7, rows: 12, scale: 6 },
  { title: 'out', name: 'output', map: 'output', maps: 1, columns: 1, rows: 10, scale: 8 },
];

/** A layer's name to people: the papers', in and out aside. */
export const nameOf = (title: string): string => (title === 'in' ? words('layers.in') : title === 'out' ? words('layers.out') : title);

/** The numbers of one map. */
export function valuesOf(seen: Seen | null, { map, columns, rows }: Shown, index: number): Float32Array {
  const all = map === 'image' ? seen?.image : seen?.maps[map];
  const size = columns * rows;
  return all?.subarray(index * size, (index + 1) * size) ?? new Float32Array(size);
}

export const kindOf = ({ map }: Shown): Kind => (map === 'image' ? 'ink' : 'signed');

interface Tile {
  readonly shown: Shown;
  readonly index: number;
  readonly canvas: HTMLCanvasElement;
  readonly button: HTMLButtonElement;
}

function factsLine(session: Session, { name, title, maps, columns, rows }: Shown, line: HTMLElement): void {
  const facts = session.layers.find((one) => one.name === name);
  const shape = maps > 1 ? `${maps}@${columns}×${rows}` : title === 'in' ? '32×32' : String(columns * rows);
  if (!facts) line.textContent = shape;
  else say(line, 'layers.facts', { shape, params: count(facts.params), macs: count(facts.macs), field: () => (facts.field === null ? words('layers.all') : String(facts.field)) });
}

/** One layer's name, facts and maps. */
function column(shown: Shown, choose: (choice: Choice) => void): { element: HTMLElement; line: HTMLElement; tiles: Tile[] } {
  const middle = (shown.rows >> 1) * shown.columns + (shown.columns >> 1);
  const tiles = Array.from({ length: shown.maps }, (_, index) => {
    const canvas = canvasFor(shown.columns, shown.rows, shown.scale);
    const button = h('button', { type: 'button', class: 'tile', on: { click: () => choose({ layer: shown.title, map: index, at: middle }) } }, canvas);
    return { shown, index, canvas, button: label(button, 'layers.map', { layer: () => nameOf(shown.title), map: index + 1 }) };
  });
  const line = h('span', { class: 'facts' });
  const maps = h('div', { class: `maps ${shown.title.toLowerCase()}` }, ...tiles.map(({ button }) => button));
  return { element: h('div', { class: 'layer' }, say(h('h4'), 'layers.name', { name: () => nameOf(shown.title) }), line, maps), line, tiles };
}

/** Outputs of every layer for the drawing on the pad; a map opens below. */
export function layersPanel(session: Session, choose: (choice: Choice) => void): { element: HTMLElement; ranges(): Readonly<Record<string, number>>; redraw(): void } {
  const ranges: Record<string, number> = {};
  const own = h('input', { type: 'checkbox', id: 'own-range' });
  const told = h('p', { class: 'note' });
  const columns = SHOWN.map((shown) => column(shown, choose));
  const tiles = columns.flatMap((one) => one.tiles);
  const redraw = perFrame(() => {
    if (document.hidden) return;
    for (const { shown, index, canvas } of tiles) {
      const { map, scale, columns: width } = shown;
      const values = valuesOf(session.seen, shown, index);
      if (index === 0) ranges[map] = map === 'image' ? 1 : signedRange(session.seen?.maps[map] ?? [], ranges[map] ?? DEFAULT_RANGE);
      const range = own.checked && map !== 'image' ? roundUp(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)) : ranges[map]!;
      paint(canvas, { values, columns: width, kind: kindOf(shown), range, scale });
    }
    told.textContent = words('layers.range', Object.fromEntries(SHOWN.slice(1).map(({ map, title }) => [title, figure(ranges[map] ?? 1)])));
  });
  session.on('seen', redraw);
  session.on('opened', () => {
    for (const { map } of SHOWN) delete ranges[map];
    columns.forEach(({ line }, i) => factsLine(session, SHOWN[i]!, line));
    redraw();
  });
  own.addEventListener('change', redraw);
  onTheme(redraw);
  onLanguage(redraw);
  const head = h('div', { class: 'panel-head' }, say(h('h3'), 'layers.title'), h('label', { class: 'check' }, own, say(h('span'), 'layers.own')));
  const element = redraw.within(h('section', { class: 'panel', id: 'layers' }, head, h('div', { class: 'strip' }, ...columns.map((one) => one.element)), told));
  return { element, ranges: () => ranges, redraw };
}
