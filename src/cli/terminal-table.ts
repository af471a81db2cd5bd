import { lossText, percent, rate } from './numbers.js';
import type { Terminal } from './terminal.js';

/** One trained epoch. */
export interface EpochRow {
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  /** Null where there is no test set. */
  readonly test: { readonly loss: number; readonly accuracy: number } | null;
  readonly imagesPerSecond: number;
  readonly seconds: number;
}

interface Column {
  readonly title: string;
  readonly width: number;
  text(row: EpochRow): string;
}

const test = (row: EpochRow, text: (test: { loss: number; accuracy: number }) => string) => (row.test === null ? '-' : text(row.test));

const COLUMNS: readonly Column[] = [
  { title: 'loss', width: 8, text: (row) => lossText(row.loss) },
  { title: 'test loss', width: 12, text: (row) => test(row, ({ loss }) => lossText(loss)) },
  { title: 'accuracy', width: 11, text: (row) => test(row, ({ accuracy }) => percent(accuracy)) },
  { title: 'images/s', width: 11, text: (row) => rate(row.imagesPerSecond) },
  { title: 'time', width: 8, text: ({ seconds }) => (seconds < 1000 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`) },
];

const KEPT = 1;

/** `2/5`, as wide for every epoch. */
export function epochLabel(epoch: number, epochs: number): string {
  return `${String(epoch).padStart(String(epochs).length)}/${epochs}`;
}

/** The table of epochs, line by line; columns that do not fit are dropped from the right and named. */
export function epochTable(terminal: Terminal, epochs: number, tested: boolean) {
  const label = Math.max(5, 2 + 2 * String(epochs).length);
  const wanted = tested ? COLUMNS : COLUMNS.filter((column) => !/test|accuracy/.test(column.title));
  const fits = (count: number) => wanted.slice(0, count).reduce((sum, column) => sum + column.width, label) < terminal.columns();
  let shown = wanted.length;
  while (shown > KEPT && !fits(shown)) shown--;
  const columns = wanted.slice(0, shown);
  const line = (first: string, cells: readonly string[]) => first.padEnd(label) + cells.map((cell, i) => cell.padStart(columns[i]!.width)).join('');
  const dropped = wanted.slice(shown).map((column) => column.title);
  return {
    header: (): string =>
      line('epoch', columns.map((column) => column.title)) + (dropped.length > 0 ? `\n(too narrow for ${dropped.join(', ')})` : ''),
    row: (row: EpochRow): string => line(` ${epochLabel(row.epoch, row.epochs)}`, columns.map((column) => column.text(row))),
  };
}

const ROW_LABEL = 7;
const RECALL = 9;

/** Counts of [true class][said class] as a table; columns that do not fit are dropped from the right and named. */
export function confusionTable(confusion: readonly ArrayLike<number>[], classes: readonly string[], terminal: Terminal): string {
  const none = terminal.unicode ? '·' : '.';
  const digits = Math.max(...confusion.flatMap((row) => Array.from(row, (value) => String(value).length)), ...classes.map((name) => name.length));
  const room = terminal.columns() - 1 - ROW_LABEL;
  const width = classes.length * 5 + RECALL <= room ? Math.max(5, digits + 2) : digits + 1;
  const said = Math.max(1, Math.min(classes.length, Math.floor(room / width)));
  const recall = said * width + RECALL <= room;
  const line = (label: string, cells: readonly string[], last: string) =>
    (label + cells.map((cell) => cell.padStart(width)).join('').slice(label.length - ROW_LABEL) + (recall ? last.padStart(RECALL) : '')).trimEnd();
  const shown = classes.slice(0, said);
  const lines = [line(width >= 4 ? 'true\\said' : 'true   ', shown, 'recall')];
  confusion.forEach((row, t) => {
    const total = Array.from(row).reduce((a, b) => a + b, 0);
    const cells = shown.map((_, s) => (row[s] === 0 ? none : String(row[s])));
    lines.push(line(classes[t]!.padStart(5).padEnd(ROW_LABEL), cells, percent(total === 0 ? Number.NaN : row[t]! / total)));
  });
  const dropped = [...(said < classes.length ? [`said ${classes.slice(said).join(', ')}`] : []), ...(recall ? [] : ['recall'])];
  if (dropped.length > 0) lines.push(`(too narrow for ${dropped.join(' and ')})`);
  return lines.join('\n');
}

/** `4 as 9 (5), 9 as 7 (3)`: the most frequent mistakes, most frequent first; empty where there is none. */
export function mostConfused(confusion: readonly ArrayLike<number>[], classes: readonly string[], most = 3): string {
  const mistakes = confusion.flatMap((row, t) => Array.from(row, (times, s) => ({ t, s, times })).filter(({ s, times }) => s !== t && times > 0));
  return mistakes
    .toSorted((a, b) => b.times - a.times || a.t - b.t || a.s - b.s)
    .slice(0, most)
    .map(({ t, s, times }) => `${classes[t]} as ${classes[s]} (${times})`)
    .join(', ');
}
