import { OptionError } from '../core/errors.js';

/** A line of a chart: a value per epoch; null where there is none. */
export type Series = Readonly<Record<string, readonly (number | null | undefined)[]>>;

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 300, 56, 16, 34, 36];
const COLOURS = ['#316aaf', '#9a541b', '#3c8031', '#7d3c98'];

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A step of 1, 2 or 5 times a power of ten that gives at most `most` steps. */
function roundStep(span: number, most: number): number {
  let unit = 1;
  while (unit * most < span) unit *= 10;
  while ((unit / 10) * most >= span) unit /= 10;
  return [0.2, 0.5, 1].map((part) => part * unit).find((step) => step * most >= span)!;
}

interface Axis {
  readonly top: number;
  readonly low: number;
  readonly step: number;
  readonly y: (value: number) => number;
}

function axisOf(values: readonly number[], top: number): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const step = roundStep(most - least || Math.abs(most) || 1, 5);
  const low = Math.floor(least / step) * step;
  const high = Math.max(low + step, Math.ceil(most / step) * step);
  const height = HEIGHT - TOP - BOTTOM;
  return { top, low, step, y: (value) => top + TOP + height - ((value - low) / (high - low)) * height };
}

/** One chart of the picture, its upper edge at `top`. */
function chart(title: string, series: Series, top: number): string {
  const present = (line: readonly (number | null | undefined)[]): [number, number][] => line.flatMap((value, i) => (typeof value === 'number' && Number.isFinite(value) ? [[i, value] as [number, number]] : []));
  const values = Object.values(series).flatMap((line) => present(line).map(([, value]) => value));
  if (values.length === 0) throw new OptionError(`curve: ${title} has no finite value, expected at least one`);
  const epochs = Math.max(...Object.values(series).map((line) => line.length));
  const { low, step, y } = axisOf(values, top);
  const x = (epoch: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (epochs === 1 ? 0.5 : epoch / (epochs - 1)));
  const text = (at: number, line: number, words: string, anchor: string, fill = 'currentColor'): string =>
    `<text x="${at.toFixed(1)}" y="${line.toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${escaped(words)}</text>`;
  const rules: string[] = [];
  for (let i = 0; y(low + i * step) >= top + TOP - 0.5; i++) {
    const value = Number((low + i * step).toPrecision(6));
    rules.push(`<path d="M${LEFT} ${y(value).toFixed(1)}H${WIDTH - RIGHT}" stroke="#8886"/>`, text(LEFT - 6, y(value) + 4, String(value), 'end'));
  }
  const every = Math.max(1, roundStep(epochs - 1 || 1, 10));
  for (let epoch = 0; epoch < epochs; epoch += every) rules.push(text(x(epoch), top + HEIGHT - BOTTOM + 18, String(epoch + 1), 'middle'));
  const lines = Object.entries(series).map(([name, line], i) => {
    const points = present(line).map(([epoch, value]) => `${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`);
    const colour = COLOURS[i % COLOURS.length]!;
    const dots = points.map((point) => `<circle cx="${point.replace(' ', '" cy="')}" r="2.5" fill="${colour}"/>`).join('');
    return `<path d="M${points.join('L')}" stroke="${colour}" stroke-width="2" fill="none"/>${dots}${text(LEFT + 120 + 140 * i, top + 20, name, 'start', colour)}`;
  });
  return `<g>${text(LEFT, top + 20, title, 'start')}${rules.join('')}${lines.join('')}</g>`;
}

/**
 * Training curves as an SVG picture: a chart for each entry, a line in it for each series, epochs from 1 along the bottom. For example
 * `curve({ loss: { training: [2.1, 0.9], validation: [1.2, 0.8] }, accuracy: { validation: [0.6, 0.8] } })`.
 * Throws OptionError where a chart has no finite value.
 */
export function curve(charts: Readonly<Record<string, Series>>): string {
  const all = Object.entries(charts);
  if (all.length === 0) throw new OptionError('curve: no chart given, expected at least one');
  const style = 'svg{color:#222;background:#fff;font:13px system-ui,sans-serif}@media(prefers-color-scheme:dark){svg{color:#ddd;background:#1b1b1b}}';
  const drawn = all.map(([title, series], i) => chart(title, series, i * HEIGHT));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${all.length * HEIGHT}"><style>${style}</style>${drawn.join('\n')}</svg>\n`;
}
