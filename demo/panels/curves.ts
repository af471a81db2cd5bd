import uPlot from 'uplot';
import { label, onLanguage, say, words } from '../i18n.js';
import { count, loss, percent } from '../numbers.js';
import type { Session } from '../session.js';
import { h, perFrame, reducedMotion } from '../view/dom.js';
import { onTheme } from '../view/theme.js';

const HEIGHT = 230;
const SLOW_MS = 1000;

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

interface Look {
  readonly log: boolean;
  readonly width: number;
}

function axis(more: uPlot.Axis): uPlot.Axis {
  return { stroke: token('--muted'), font: '12px system-ui, sans-serif', grid: { stroke: token('--line'), width: 1 }, ticks: { stroke: token('--line'), width: 1 }, ...more };
}

/** Loss of each point, its mean over 50 steps, and the accuracy of each epoch, over one axis of steps. */
function options({ log, width }: Look): uPlot.Options {
  return {
    width, height: HEIGHT, legend: { show: false }, padding: [10, 4, 0, 0],
    cursor: { y: false, points: { size: 7 } },
    scales: { x: { time: false }, y: log ? { distr: 3 } : { range: (_, __, most) => [0, Math.max(most, 0.1)] }, a: { range: [0, 1] } },
    series: [
      {},
      { stroke: token('--curve-faint'), width: 1, points: { show: false } },
      { stroke: token('--curve'), width: 2.5, points: { show: false } },
      { stroke: token('--curve-2'), width: 2, scale: 'a', spanGaps: true, points: { show: true, size: 7, fill: token('--panel') }, dash: [6, 3] },
    ],
    axes: [
      axis({ values: (_, ticks) => ticks.map(count), size: 30 }),
      axis({ size: 48, values: (_, ticks) => ticks.map((value) => (value === null ? '' : String(Number(value.toPrecision(2))))) }),
      axis({ side: 1, scale: 'a', size: 54, grid: { show: false }, values: (_, ticks) => ticks.map((value) => `${Math.round(value * 100)} %`) }),
    ],
  };
}

function dataOf({ history }: Session): uPlot.AlignedData {
  const steps = [...history.steps];
  const accuracies: (number | null)[] = steps.map(() => null);
  for (const { step, accuracy } of history.validated) {
    const at = steps.findIndex((one) => one >= step);
    if (at >= 0) accuracies[at] = accuracy;
    else if (accuracies.length > 0) accuracies[accuracies.length - 1] = accuracy;
  }
  const positive = (values: number[]): number[] => values.map((value) => Math.max(value, 1e-6));
  return [steps, positive(history.losses), positive(history.means), accuracies];
}

/** The values under the cursor, in words; the whole run where there is none. */
function reading(session: Session, chart: uPlot | null): string {
  const { history } = session;
  const at = chart?.cursor.idx;
  if (history.steps.length === 0) return words('curves.empty');
  if (at !== null && at !== undefined && history.steps[at] !== undefined) return words('curves.at', { step: count(history.steps[at]), loss: loss(history.losses[at]!), mean: loss(history.means[at]!) });
  const last = history.validated.at(-1);
  return words('curves.summary', { step: count(history.steps.at(-1)!), first: loss(history.losses[0]!), last: loss(history.means.at(-1)!), accuracy: last ? percent(last.accuracy) : '–' });
}

/** A real table beside the picture: the chart library has none. */
function fillTable(body: HTMLElement, { history }: Session): void {
  const rows = history.validated.slice(-50).map(({ step, accuracy, loss: mean }) => h('tr', {}, h('td', {}, count(step)), h('td', {}, loss(mean)), h('td', {}, percent(accuracy))));
  body.replaceChildren(...rows);
}

export function curvesPanel(session: Session): HTMLElement {
  const plot = label(h('div', { class: 'plot', tabindex: 0, role: 'img' }), 'curves.title');
  const caption = h('figcaption', { class: 'note', id: 'curve-reading' });
  const log = h('input', { type: 'checkbox', checked: true, id: 'curve-log' });
  const body = h('tbody');
  let chart: uPlot | null = null;
  const tell = (): void => {
    caption.textContent = reading(session, chart);
    plot.setAttribute('aria-label', caption.textContent);
  };
  const build = (): void => {
    chart?.destroy();
    chart = new uPlot({ ...options({ log: log.checked, width: Math.max(200, plot.clientWidth) }), hooks: { setCursor: [tell] } }, dataOf(session), plot);
    tell();
  };
  let drawn = 0;
  const redraw = perFrame(() => {
    if (document.hidden || (reducedMotion() && performance.now() - drawn < SLOW_MS && session.activity === 'training')) return;
    drawn = performance.now();
    chart?.setData(dataOf(session));
    tell();
  });
  for (const type of ['progress', 'validated', 'paused', 'opened'] as const) session.on(type, redraw);
  session.on('validated', () => fillTable(body, session));
  session.on('opened', () => fillTable(body, session));
  new ResizeObserver(() => (chart && chart.width === plot.clientWidth ? undefined : build())).observe(plot);
  onTheme(build);
  onLanguage(tell);
  log.addEventListener('change', build);
  plot.addEventListener('keydown', (event) => moveCursor(chart, session, event));
  const table = h('table', {}, h('thead', {}, h('tr', {}, say(h('th'), 'run.steps'), say(h('th'), 'curves.loss'), say(h('th'), 'run.accuracy'))), body);
  return redraw.within(h('figure', { class: 'panel curves', id: 'curves' },
    h('div', { class: 'panel-head' }, say(h('h3'), 'curves.title'), h('label', { class: 'check' }, log, say(h('span'), 'curves.log'))),
    h('div', { class: 'legend' }, say(h('span', { class: 'key faint' }), 'curves.each'), say(h('span', { class: 'key mean' }), 'curves.mean'), say(h('span', { class: 'key accuracy' }), 'curves.accuracy')),
    plot, caption, h('details', {}, say(h('summary'), 'curves.table'), h('div', { class: 'scroll' }, table))));
}

function moveCursor(chart: uPlot | null, { history }: Session, event: KeyboardEvent): void {
  const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
  if (by === undefined || !chart || history.steps.length === 0) return;
  event.preventDefault();
  const last = history.steps.length - 1;
  const at = Math.min(last, Math.max(0, (chart.cursor.idx ?? last) + by));
  chart.setCursor({ left: chart.valToPos(history.steps[at]!, 'x'), top: 10 });
}
