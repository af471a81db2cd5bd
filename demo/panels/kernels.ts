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

/** What is painted: the weights, or how far they have come. */
function shownOf({ kernels, startKernels }: Session, change: boolean): Kernels | null {
  if (!kernels || !change || !startKernels) return kernels;
  const minus = (layer: Layer): Float32Array => kernels[layer].map((value, i) => value - startKernels[layer][i]!);
  return { ...kernels, c1: minus('c1'), c3: minus('c3') };
}

/** The kernels' pictures and the words below them. */
class Wall {
  readonly tiles = (Object.keys(MAPS) as Layer[]).flatMap((layer) => Array.from({ length: MAPS[layer] }, (_, map) => tile(layer, map)));
  readonly told = h('p', { class: 'note', id: 'kernel-told' });
  readonly change = h('input', { type: 'checkbox', id: 'kernel-change' });
  readonly #session: Session;
  #ranges = { c1: DEFAULT_RANGE, c3: DEFAULT_RANGE };
  #chosen: Tile | null = null;
  #drawn = 0;

  constructor(session: Session) {
    this.#session = session;
    for (const one of this.tiles) {
      label(one.button, 'kernels.tile', { name: one.layer.toUpperCase(), map: one.map + 1 });
      for (const type of ['focus', 'pointerenter', 'click'] as const) one.button.addEventListener(type, () => { this.#chosen = one; this.tell(); });
    }
  }

  readonly redraw = perFrame(() => {
    const kernels = shownOf(this.#session, this.change.checked);
    const early = reducedMotion() && performance.now() - this.#drawn < SLOW_MS && this.#session.activity === 'training';
    if (!kernels || document.hidden || early) return;
    this.#drawn = performance.now();
    for (const layer of ['c1', 'c3'] as const) this.#ranges[layer] = signedRange(kernels[layer], this.#ranges[layer]);
    for (const one of this.tiles) {
      const scale = one.layer === 'c1' ? 8 : 5;
      slices(kernels, one).forEach((values, i) => paint(one.canvas, { values, columns: SIDE, kind: 'signed', range: this.#ranges[one.layer], scale, top: i * (SIDE + 1) }));
    }
    this.tell();
  });

  /** Another run, or other quantities: ranges begin anew. */
  reset(): void {
    this.#ranges = { c1: DEFAULT_RANGE, c3: DEFAULT_RANGE };
    this.redraw();
  }

  tell(): void {
    const kernels = shownOf(this.#session, this.change.checked);
    const { c1, c3 } = this.#ranges;
    if (!kernels || !this.#chosen) this.told.textContent = words('kernels.range', { c1: figure(c1), c3: figure(c3) });
    else {
      const values = Float32Array.from(slices(kernels, this.#chosen).flatMap((one) => [...one]));
      this.told.textContent = words('kernels.told', { name: `${this.#chosen.layer.toUpperCase()} ${this.#chosen.map + 1}`, ...describe(values) });
    }
  }
}

/** Kernels of C1 and C3 while they learn. */
export function kernelsPanel(session: Session): HTMLElement {
  const wall = new Wall(session);
  for (const type of ['progress', 'loaded'] as const) session.on(type, wall.redraw);
  session.on('opened', () => wall.reset());
  wall.change.addEventListener('change', () => wall.reset());
  onTheme(wall.redraw);
  onLanguage(() => wall.tell());
  const group = (layer: Layer): HTMLElement => h('div', {}, say(h('h4'), `kernels.${layer}`), h('div', { class: `tiles ${layer}` }, ...wall.tiles.filter((one) => one.layer === layer).map((one) => one.button)));
  return wall.redraw.within(h('section', { class: 'panel', id: 'kernels' },
    h('div', { class: 'panel-head' }, say(h('h3'), 'kernels.title'), h('label', { class: 'check' }, wall.change, say(h('span'), 'kernels.change'))), group('c1'), group('c3'), wall.told));
}
