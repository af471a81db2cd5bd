import type { Dataset } from '../../src/data/dataset.js';
import { digits } from '../../src/data/digits.js';
import { toGrey } from '../../src/pixels/pixels.js';
import { asDrawn, centred, inverted, SIDE, type Grey } from '../ink.js';
import { label, say, type Key } from '../i18n.js';
import { h, perFrame } from '../view/dom.js';
import { canvasFor, paint } from '../view/paint.js';
import { drawStrokes, rasterOf, type Stroke } from '../view/strokes.js';
import { onTheme, theme } from '../view/theme.js';

const PIXELS = 560;
const CELL = 1 / 28;
const MOST_SIDE = 280;
/** Digits that the examples are taken from: the validation half, which training never sees. */
let examples: Dataset | undefined;

function exampleOf(index: number): Float32Array {
  examples ??= digits({ train: 0, test: 400, seed: 1, lazy: true }).test;
  const image = new Float32Array(SIDE * SIDE);
  examples.read(index, image, 0);
  return image;
}

/** What lies on the pad: strokes, or a picture. */
type Content = { readonly strokes: Stroke[] } | { readonly picture: Grey; readonly ready: Float32Array | null };

/** Where people draw; `onInk` hears what the network is to see, null for an empty pad. */
export class Pad {
  readonly element: HTMLElement;
  readonly #onInk: (image: Float32Array | null) => void;
  readonly #canvas = label(h('canvas', { class: 'pad', width: PIXELS, height: PIXELS, tabindex: 0, role: 'application', id: 'pad' }), 'pad.label');
  readonly #sees = canvasFor(SIDE, SIDE, 1);
  readonly #pen = h('input', { type: 'range', min: 5, max: 14, value: 9, id: 'pen' });
  readonly #centre = h('input', { type: 'checkbox', checked: true, id: 'centre' });
  readonly #invert = h('input', { type: 'checkbox', id: 'invert' });
  readonly #problem = h('p', { class: 'note bad', role: 'alert', hidden: true });
  #content: Content = { strokes: [] };
  #active: Stroke | null = null;
  #cursor: { x: number; y: number } | null = null;
  readonly #next = Array.from({ length: 10 }, () => 0);
  readonly #refresh = perFrame(() => this.#show());

  constructor(onInk: (image: Float32Array | null) => void) {
    this.#onInk = onInk;
    this.element = this.#build();
    this.#listen();
    onTheme(this.#refresh);
    this.#refresh();
  }

  /** Puts an image [32, 32] on the pad, as it is. */
  put(image: Float32Array): void {
    this.#content = { picture: { width: SIDE, height: SIDE, values: image }, ready: image };
    this.#refresh();
  }

  /** The strokes on the pad; none where it is empty or holds a picture. */
  get strokes(): readonly Stroke[] {
    return 'strokes' in this.#content ? this.#content.strokes : [];
  }

  draw(strokes: readonly Stroke[]): void {
    this.#content = { strokes: [...strokes] };
    this.#refresh();
  }

  /** Puts a drawn example of a digit there; another one each time. */
  example(digit: number): void {
    this.put(exampleOf(digit + 10 * (this.#next[digit]!++ % 40)));
  }

  #build(): HTMLElement {
    const button = (key: Key, id: string, click: () => void): HTMLElement => say(h('button', { type: 'button', id, on: { click } }), key);
    const file = h('input', { type: 'file', accept: 'image/*', id: 'own-image', class: 'hidden-input' });
    file.addEventListener('change', () => { if (file.files?.[0]) void this.#open(file.files[0]); file.value = ''; });
    const samples = Array.from({ length: 10 }, (_, digit) => label(h('button', { type: 'button', class: 'digit', on: { click: () => this.example(digit) } }, String(digit)), 'pad.example', { digit }));
    return h('section', { class: 'panel pad-panel' },
      h('div', { class: 'panel-head' }, say(h('h3'), 'pad.title'), h('div', { class: 'small-buttons' }, button('pad.undo', 'undo', () => this.#undo()), button('pad.clear', 'clear', () => this.#clear()))),
      h('div', { class: 'pad-row' }, this.#canvas,
        h('div', { class: 'sees' }, say(h('h4'), 'pad.sees'), label(this.#sees, 'pad.seesLabel'), h('label', { class: 'check' }, this.#centre, say(h('span'), 'pad.centre')), h('label', { class: 'check' }, this.#invert, say(h('span'), 'pad.invert')),
          h('label', { class: 'pen' }, say(h('span'), 'pad.pen'), this.#pen))),
      say(h('p', { class: 'note' }), 'pad.help'),
      h('div', { class: 'samples' }, say(h('span', { class: 'note' }), 'pad.examples'), ...samples, h('label', { class: 'button' }, say(h('span'), 'pad.own'), file)), this.#problem);
  }

  #listen(): void {
    const canvas = this.#canvas;
    const at = (event: PointerEvent): [number, number] => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#begin(...at(event));
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!this.#active || !event.buttons) return;
      for (const one of event.getCoalescedEvents?.() ?? [event]) this.#active.points.push(...at(one));
      this.#refresh();
    });
    for (const type of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(type, () => (this.#active = null));
    canvas.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('blur', () => { this.#cursor = this.#active = null; this.#refresh(); });
    this.#centre.addEventListener('change', this.#refresh);
    this.#invert.addEventListener('change', this.#refresh);
    document.addEventListener('paste', (event) => this.#take(event.clipboardData, event));
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => this.#take(event.dataTransfer, event));
  }

  #take(data: DataTransfer | null, event: Event): void {
    const file = data?.files[0];
    if (!file || !file.type.startsWith('image/')) return;
    event.preventDefault();
    void this.#open(file);
  }

  #begin(x: number, y: number): void {
    if (!('strokes' in this.#content)) this.#content = { strokes: [] };
    this.#active = { pen: Number(this.#pen.value) / 100, points: [x, y] };
    this.#content.strokes.push(this.#active);
    this.#refresh();
  }

  /** Arrows move the pen, Space lowers and lifts it. */
  #key(event: KeyboardEvent): void {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (move) {
      const from = this.#cursor ?? { x: 0.5, y: 0.2 };
      const clamp = (value: number): number => Math.min(0.97, Math.max(0.03, value));
      this.#cursor = { x: clamp(from.x + move[0]! * CELL), y: clamp(from.y + move[1]! * CELL) };
      this.#active?.points.push(this.#cursor.x, this.#cursor.y);
    } else if (event.key === ' ') {
      this.#cursor ??= { x: 0.5, y: 0.2 };
      if (this.#active) this.#active = null;
      else this.#begin(this.#cursor.x, this.#cursor.y);
    } else if (event.key === 'Escape') this.#active = null;
    else if (event.key === 'Delete' || event.key === 'Backspace') this.#clear();
    else return;
    event.preventDefault();
    this.#refresh();
  }

  #undo(): void {
    if ('strokes' in this.#content && this.#content.strokes.length > 0) this.#content.strokes.pop();
    else this.#content = { strokes: [] };
    this.#active = null;
    this.#refresh();
  }

  #clear(): void {
    this.#content = { strokes: [] };
    this.#active = null;
    this.#problem.hidden = true;
    this.#refresh();
  }

  /** An image of the reader's own; it stays in the page. */
  async #open(file: File): Promise<void> {
    this.#problem.hidden = true;
    try {
      const bitmap = await createImageBitmap(file);
      const scale = Math.min(1, MOST_SIDE / Math.max(bitmap.width, bitmap.height));
      const [width, height] = [Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale))];
      const context = new OffscreenCanvas(width, height).getContext('2d')!;
      context.drawImage(bitmap, 0, 0, width, height);
      this.#content = { picture: toGrey({ width, height, data: context.getImageData(0, 0, width, height).data, channels: 4, max: 255 }), ready: null };
      this.#refresh();
    } catch {
      this.#problem.hidden = false;
      say(this.#problem, 'pad.notImage', { file: file.name });
    }
  }

  #image(): Float32Array | null {
    const content = this.#content;
    if ('strokes' in content && content.strokes.length === 0) return null;
    if ('ready' in content && content.ready) return content.ready;
    const grey = 'strokes' in content ? rasterOf(content.strokes) : this.#invert.checked ? inverted(content.picture) : content.picture;
    return this.#centre.checked ? centred(grey) : asDrawn(grey);
  }

  #show(): void {
    const image = this.#image();
    this.#draw();
    paint(this.#sees, { values: image ?? new Float32Array(SIDE * SIDE), columns: SIDE, kind: 'ink', range: 1, scale: 1 });
    this.#onInk(image?.slice() ?? null);
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d')!;
    const style = getComputedStyle(this.#canvas);
    context.clearRect(0, 0, PIXELS, PIXELS);
    context.strokeStyle = style.color;
    if ('strokes' in this.#content) {
      if (this.#content.strokes.length === 0) this.#ghost(context);
      drawStrokes(context, this.#content.strokes, PIXELS);
    } else this.#picture(context, this.#content.picture, 1);
    if (!this.#cursor) return;
    context.lineWidth = 4;
    context.beginPath();
    context.arc(this.#cursor.x * PIXELS, this.#cursor.y * PIXELS, this.#active ? 26 : 16, 0, 7);
    context.strokeStyle = theme() === 'dark' ? '#f8ab4f' : '#9a541b';
    context.stroke();
  }

  /** A faint digit to trace. */
  #ghost(context: CanvasRenderingContext2D): void {
    this.#picture(context, { width: SIDE, height: SIDE, values: exampleOf(7) }, 0.12);
  }

  #picture(context: CanvasRenderingContext2D, { width, height, values }: Grey, alpha: number): void {
    const canvas = canvasFor(width, height, 1);
    paint(canvas, { values, columns: width, kind: 'ink', range: 1, scale: 1 });
    const scale = PIXELS / Math.max(width, height);
    context.globalAlpha = alpha;
    context.drawImage(canvas, (PIXELS - width * scale) / 2, (PIXELS - height * scale) / 2, width * scale, height * scale);
    context.globalAlpha = 1;
  }
}
