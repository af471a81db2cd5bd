import { css, diverging, roundUp, textOn } from '../colour.js';
import type { Figure } from '../lesson/figures.js';
import { cell, exact, typed } from '../numbers.js';
import { h } from './dom.js';
import { theme } from './theme.js';

/** What a grid of numbers tells the page. */
export interface GridEvents {
  /** A new number for a cell that can be edited. */
  edit(at: number, value: number): void;
  /** A cell was chosen by pointer or Enter where it cannot be edited. */
  pick(at: number): void;
}

/** Colours of ± the largest number, 1-2-5; so zero has one colour in all grids. */
export const rangeOf = (values: readonly (number | null)[]): number => roundUp(values.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0));

/** A matrix as a grid: one Tab stop, arrows inside, Enter edits, Escape leaves. */
export function numberGrid(figure: Figure, name: string, events: GridEvents): HTMLElement {
  const { values, columns, marks, notes } = figure;
  const range = rangeOf(values);
  const cells = values.map((value, at) => {
    const element = h('div', { role: 'gridcell', tabindex: -1, class: `cell ${[...(marks.get(at) ?? [])].join(' ')}` });
    fill(element, value, range);
    const note = notes?.get(at);
    if (note !== undefined) element.append(h('sub', {}, note));
    return element;
  });
  if (cells[0]) cells[0].tabIndex = 0;
  const rows = Array.from({ length: values.length / columns }, (_, row) => h('div', { role: 'row', class: 'row' }, ...cells.slice(row * columns, (row + 1) * columns)));
  const grid = h('div', { class: `grid ${columns > 10 ? 'tiny' : columns > 6 ? 'small' : ''}`, role: 'grid', 'aria-label': name }, ...rows);
  const open = (at: number): void => {
    const place = figure.edits?.at(at);
    if (place === null || place === undefined) events.pick(at);
    else edit(cells[at]!, values[at]!, (value) => events.edit(place, value));
  };
  grid.addEventListener('keydown', (event) => walk(event, cells, columns, open));
  grid.addEventListener('click', (event) => {
    const at = cells.indexOf((event.target as Element).closest<HTMLDivElement>('.cell')!);
    if (at >= 0 && !(event.target instanceof HTMLInputElement)) open(at);
  });
  if (figure.edits) grid.classList.add('editable');
  return grid;
}

function fill(element: HTMLElement, value: number | null, range: number): void {
  if (value === null) return element.classList.add('unknown');
  const ground = diverging(theme(), value, range);
  element.style.background = css(ground);
  element.style.color = css(textOn(ground));
  element.title = exact(value);
  element.textContent = cell(value);
  return undefined;
}

function walk(event: KeyboardEvent, cells: readonly HTMLElement[], columns: number, open: (at: number) => void): void {
  if (event.target instanceof HTMLInputElement) return;
  const at = cells.indexOf(event.target as HTMLElement);
  const row = Math.floor(at / columns) * columns;
  const next = { ArrowLeft: Math.max(row, at - 1), ArrowRight: Math.min(row + columns - 1, at + 1), ArrowUp: at - columns, ArrowDown: at + columns, Home: row, End: row + columns - 1 }[event.key];
  if (event.key === 'Enter') open(at);
  else if (event.key === 'Escape') cells[at]!.blur();
  else if (next === undefined) return;
  else if (cells[next]) {
    cells[at]!.tabIndex = -1;
    cells[next].tabIndex = 0;
    cells[next].focus();
  }
  event.preventDefault();
  event.stopPropagation();
}

/** A field in place of the number; Enter takes it, Escape leaves it as it was. */
function edit(element: HTMLElement, value: number, take: (value: number) => void): void {
  const before = [...element.childNodes];
  const input = h('input', { class: 'cell-input', inputmode: 'decimal', value: exact(value), 'aria-label': element.parentElement!.parentElement!.getAttribute('aria-label') });
  let done = false;
  const end = (keep: boolean): void => {
    if (done) return;
    done = true;
    const next = typed(input.value);
    element.replaceChildren(...before);
    if (keep && Number.isFinite(next) && Math.abs(next) <= 1e6 && next !== value) take(next);
    else element.focus();
  };
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === 'Escape') {
      event.preventDefault();
      end(event.key === 'Enter');
    }
    event.stopPropagation();
  });
  input.addEventListener('blur', () => end(true));
  element.replaceChildren(input);
  input.focus();
  input.select();
}
