import { bordered, padded, readers, turned, windowOf, type Numbers } from './convolution.js';

// What a step of the lesson shows: matrices with marks by shape, not by hue.

/** window: double outline; reader: dotted; result: corner ticks; zero: inserted, small and grey; padding: dashed; never: hatched;
 *  struck: cut away; wrong: what a mistake changes. */
export type Mark = 'window' | 'reader' | 'result' | 'zero' | 'padding' | 'never' | 'struck' | 'wrong';
export type Editable = 'x' | 'w' | 'b' | 't';

export interface Figure {
  /** What the matrix is called in the words: `x`, `dy`, `turned`, … */
  readonly id: string;
  readonly columns: number;
  /** null: not yet known, or no part of it. */
  readonly values: readonly (number | null)[];
  readonly marks: ReadonlyMap<number, ReadonlySet<Mark>>;
  /** Products beside cells. */
  readonly notes?: ReadonlyMap<number, string>;
  /** Where in the setting the cell's number lies; absent: cannot be edited. */
  readonly edits?: { readonly of: Editable; readonly at: (cell: number) => number | null };
}

/** Collects marks of cells. */
export class Marks extends Map<number, Set<Mark>> {
  mark(mark: Mark, cells: Iterable<number>): this {
    for (const cell of cells) {
      const set = this.get(cell) ?? new Set();
      set.add(mark);
      this.set(cell, set);
    }
    return this;
  }
}

const places = (length: number): number[] => Array.from({ length }, (_, i) => i);

export const figure = (id: string, columns: number, values: readonly (number | null)[], marks = new Marks(), more: Partial<Figure> = {}): Figure =>
  ({ id, columns, values, marks, ...more });

/** Cells of the padding in a matrix like the padded input. */
function ring({ setting: { p }, wide }: Numbers): number[] {
  return places(wide * wide).filter((at) => Math.min(Math.floor(at / wide), at % wide, wide - 1 - Math.floor(at / wide), wide - 1 - (at % wide)) < p);
}

/** The input with its padding. */
export function inputFigure(numbers: Numbers, marks = new Marks(), notes?: ReadonlyMap<number, string>): Figure {
  const { setting: { n, p }, wide } = numbers;
  const outside = ring(numbers);
  const counts = readers(numbers);
  marks.mark('padding', outside).mark('never', places(wide * wide).filter((at) => counts[at] === 0 && !outside.includes(at)));
  const at = (cell: number): number | null => (outside.includes(cell) ? null : (Math.floor(cell / wide) - p) * n + (cell % wide) - p);
  return figure('x', wide, padded(numbers), marks, { edits: { of: 'x', at }, ...(notes && { notes }) });
}

export const kernelFigure = ({ setting: { k, w } }: Numbers, marks = new Marks()): Figure => figure('w', k, w, marks, { edits: { of: 'w', at: (cell) => cell } });
export const biasFigure = ({ setting: { b } }: Numbers, marks = new Marks()): Figure => figure('b', 1, [b], marks, { edits: { of: 'b', at: () => 0 } });
export const targetFigure = ({ o, t }: Numbers): Figure => figure('t', o, t, new Marks(), { edits: { of: 't', at: (cell) => cell } });

/** A matrix whose cells after `last` are not yet known; `last` is the result of this step. */
export function upTo(id: string, columns: number, values: readonly number[], last: number, marks = new Marks()): Figure {
  return figure(id, columns, values.map((value, i) => (i <= last ? value : null)), marks.mark('result', [last]));
}

export const residualFigure = ({ o, dy }: Numbers, marks = new Marks()): Figure => figure('dy', o, dy, marks);

/** The gradient by the padded input: its ring is no input and is cut away. */
export function inputGradientFigure(numbers: Numbers, values: readonly (number | null)[], marks = new Marks()): Figure {
  const outside = ring(numbers);
  const counts = readers(numbers);
  marks.mark('struck', outside).mark('never', places(values.length).filter((at) => counts[at] === 0 && !outside.includes(at)));
  return figure('dx', numbers.wide, values, marks);
}

/** A kernel spread by the dilation: its holes are none of its cells. */
export function spread({ setting: { k, d }, span }: Numbers, w: readonly number[], id: string): Figure {
  const values = places(span * span).map((at) => {
    const [row, column] = [Math.floor(at / span), at % span];
    return row % d === 0 && column % d === 0 ? w[(row / d) * k + column / d]! : null;
  });
  return figure(id, span, values);
}

export const turnedFigure = (numbers: Numbers): Figure => spread(numbers, turned(numbers.setting.w), 'turned');

export function borderedFigure(numbers: Numbers, window: readonly number[] = []): Figure {
  const { side, values, from } = bordered(numbers);
  const marks = new Marks().mark('zero', places(values.length).filter((at) => from[at] === null)).mark('window', window);
  return figure('bordered', side, values, marks);
}

/** The stamp of residual `i` on the padded input. */
export function stampFigure(numbers: Numbers, i: number): Figure {
  return spread(numbers, numbers.setting.w.map((value) => value * numbers.dy[i]!), 'stamp');
}

/** Places in bordered dy under the turned kernel when it yields place `at` of the padded input. */
export function pullWindow({ setting: { k, d }, wide, span }: Numbers, side: number, at: number): number[] {
  return windowOf(0, { k, s: 1, d }, 1, side).map((place) => place + Math.floor(at / wide) * side + (at % wide)).filter((place) => place < side * side && span > 0);
}
