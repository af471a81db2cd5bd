import { DEFAULT_RANGE, signedRange } from '../ranges.js';
import { label, onLanguage, say, words } from '../i18n.js';
import { figure } from '../numbers.js';
import type { Session } from '../session.js';
import { h, perFrame, reducedMotion } from '../view/dom.js';
import { canvasFor, paint } from '../view/paint.js';
import { onTheme } from '../view/theme.js';
import type { Kernels } from '../worker/messages.js';

const SIDE = 5;
const CELLS = SIDE * SIDE;
const MAPS = { c1: 6, c3: 16 } as const;
const BELOW = 6;
const SLOW_MS = 1000;
type Layer = keyof typeof MAPS;

interface Tile {
  readonly layer: Layer;
  readonly map: number;
  readonly canvas: HTMLCanvasElement;
  readonly button: HTMLButtonElement;
}

/** The kernel of one map: [below · 5, 5], the slices one under another with a line between. */
function slices(kernels: Kernels, { layer, map }: Tile): Float32Array[] {
  const below = layer === 'c1' ? 1 : BELOW;
  return Array.from({ length: below }, (_, i) => kernels[layer].subarray((map * below + i) * CELLS, (map * below + i + 1) * CELLS));
}

function describe(values: Float32Array): Record<string, string> {
  let [least, most, sum] = [Infinity, -Infinity, 0];
  for (const value of values) [least, most, sum] = [Math.min(least, value), Math.max(most, value), sum + value * value];
  return { least: figure(least), most: figure(most), norm: figure(Math.sqrt(sum)) };
}

function tile(layer: Layer, map: number): Tile {
  const rows = layer === 'c1' ? SIDE : BELOW * (SIDE + 1) - 1;
  const canvas = canvasFor(SIDE, rows, layer === 'c1' ? 8 : 5);
  return { layer, map, canvas, button: h('button', { type: 'button', class: `tile ${layer}` }, canvas) };
}

/** Kernels of C1 and C3 while they learn. */
export function kernelsPanel(session: Session): HTMLElement {
  const tiles = (Object.keys(MAPS) as Layer[]).flatMap((layer) => Array.from({ length: MAPS[layer] }, (_, map) => tile(layer, map)));
  const change = h('input', { type: 'checkbox', id: 'kernel-change' });
  const told = h('p', { class: 'note', id: 'kernel-told' });
  const ranges = { c1: DEFAULT_RANGE, c3: DEFAULT_RANGE };
  let chosen: Tile | null = null;
  const shown = (): Kernels | null => {
    const { kernels, startKernels } = session;
    if (!kernels || !change.checked || !startKernels) return kernels;
    const minus = (layer: Layer): Float32Array => kernels[layer].map((value, i) => value - startKernels[layer][i]!);
    return { ...kernels, c1: minus('c1'), c3: minus('c3') };
  };
  let drawn = 0;
  const redraw = perFrame(() => {
    const kernels = shown();
    if (!kernels || document.hidden || (reducedMotion() && performance.now() - drawn < SLOW_MS && session.activity === 'training')) return;
    drawn = performance.now();
    for (const layer of ['c1', 'c3'] as const) ranges[layer] = signedRange(kernels[layer], ranges[layer]);
    for (const one of tiles) {
      slices(kernels, one).forEach((values, i) => paint(one.canvas, { values, columns: SIDE, kind: 'signed', range: ranges[one.layer], scale: one.layer === 'c1' ? 8 : 5, top: i * (SIDE + 1) }));
    }
    tell();
  });
  const tell = (): void => {
    const kernels = shown();
    const range = words('kernels.range', { c1: figure(ranges.c1), c3: figure(ranges.c3) });
    if (!kernels || !chosen) {
      told.textContent = range;
      return;
    }
    const all = slices(kernels, chosen);
    const values = Float32Array.from(all.flatMap((one) => [...one]));
    told.textContent = words('kernels.told', { name: `${chosen.layer.toUpperCase()} ${chosen.map + 1}`, ...describe(values) });
  };
  for (const one of tiles) {
    label(one.button, 'kernels.tile', { name: one.layer.toUpperCase(), map: one.map + 1 });
    for (const type of ['focus', 'pointerenter', 'click'] as const) one.button.addEventListener(type, () => { chosen = one; tell(); });
  }
  for (const type of ['progress', 'opened', 'loaded'] as const) session.on(type, () => {
    if (type === 'opened') ranges.c1 = ranges.c3 = DEFAULT_RANGE;
    redraw();
  });
  change.addEventListener('change', () => { ranges.c1 = ranges.c3 = DEFAULT_RANGE; redraw(); });
  onTheme(redraw);
  onLanguage(tell);
  const group = (layer: Layer): HTMLElement => h('div', {}, say(h('h4'), `kernels.${layer}`), h('div', { class: `tiles ${layer}` }, ...tiles.filter((one) => one.layer === layer).map((one) => one.button)));
  return h('section', { class: 'panel', id: 'kernels' },
    h('div', { class: 'panel-head' }, say(h('h3'), 'kernels.title'), h('label', { class: 'check' }, change, say(h('span'), 'kernels.change'))), group('c1'), group('c3'), told);
}
