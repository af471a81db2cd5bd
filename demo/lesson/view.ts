import { language, label, onLanguage, say, words, type Key } from '../i18n.js';
import { lessonAddress } from '../address.js';
import { announce } from '../view/announce.js';
import { h, reducedMotion } from '../view/dom.js';
import { numberGrid, rangeOf } from '../view/grid.js';
import { onTheme } from '../view/theme.js';
import { figure as four } from '../numbers.js';
import { controls, type Controls } from './controls.js';
import { nearest, type Numbers, type Setting } from './convolution.js';
import type { Figure } from './figures.js';
import { Player } from './player.js';
import { CHAPTERS, stepsOf, type Choice, type Step } from './steps.js';
import { SYMBOLS, symbolOf, type Symbols } from './symbols.js';

/** One convolution, forward and backward, number by number. */
export class Lesson {
  readonly element: HTMLElement;
  /** Hears of every new setting that can be computed, and of the address of each step. */
  onNumbers: (numbers: Numbers) => void = () => {};
  onAddress: (address: string) => void = () => {};
  #setting: Setting;
  #numbers!: Numbers;
  #steps: Step[] = [];
  #at = 0;
  #symbols: Symbols = 'plain';
  #choice: Choice = { nudge: { of: 'w', at: 3 }, quarter: false, roundUp: false };
  readonly #controls: Controls;
  readonly #stage = h('div', { class: 'stage', id: 'stage' });
  readonly #sentence = h('p', { class: 'sentence', id: 'sentence' });
  readonly #place = h('output', { class: 'place', id: 'place' });
  readonly #play = h('button', { type: 'button', id: 'play', on: { click: () => this.#toggle() } });
  readonly #chapters = CHAPTERS.map((chapter) => h('button', { type: 'button', on: { click: () => this.#go(this.#steps.findIndex((step) => step.chapter === chapter), true) } }));
  readonly #problem = h('div', { class: 'note bad', role: 'alert', hidden: true });
  readonly #extras = h('div', { class: 'extras' });
  readonly #player: Player;

  constructor(setting: Setting, at: string) {
    this.#setting = setting;
    this.#controls = controls((next) => this.open(next), () => this.#setting, (symbols) => { this.#symbols = symbols; this.#show(); });
    this.#player = new Player(() => this.#go(this.#at + 1, false), () => this.#showPlay());
    this.element = this.#build();
    this.open(setting, at);
    onTheme(() => this.#show());
    onLanguage(() => this.#show());
  }

  /** A new setting; the place in the lesson stays where it can. */
  open(setting: Setting, at = this.#steps[this.#at]?.at ?? 'y.1'): void {
    this.#setting = setting;
    this.#controls.show(setting);
    try {
      ({ numbers: this.#numbers, steps: this.#steps } = stepsOf(setting));
    } catch (error) {
      return this.#refuse(error instanceof Error ? error.message : String(error));
    }
    this.#setting = this.#numbers.setting;
    this.#problem.hidden = true;
    this.#stage.classList.remove('grey');
    const found = this.#steps.findIndex((step) => step.at === at);
    const chapter = this.#steps.findIndex((step) => step.at.startsWith(`${at.split('.')[0]!}.`));
    this.#at = Math.max(0, found >= 0 ? found : chapter);
    this.#show();
    this.onNumbers(this.#numbers);
    return undefined;
  }

  /** The kernel does not fit: the library's own words, and the nearest setting that works. */
  #refuse(message: string): void {
    this.#player.stop();
    const fix = nearest(this.#setting);
    const button = say(h('button', { type: 'button', on: { click: () => this.open(fix) } }), 'lesson.fix', { k: fix.k, d: fix.d });
    this.#problem.replaceChildren(h('p', {}, message), button);
    this.#problem.hidden = false;
    this.#stage.classList.add('grey');
  }

  #build(): HTMLElement {
    const button = (key: Key, id: string, by: number): HTMLElement => say(h('button', { type: 'button', id, on: { click: () => this.#go(this.#at + by, true) } }), key);
    const speed = label(h('input', { type: 'range', min: 0.5, max: 4, step: 0.5, value: 1, id: 'speed-of-play', on: { input: (event) => (this.#player.perSecond = Number((event.target as HTMLInputElement).value)) } }), 'lesson.speed');
    this.#chapters.forEach((chapter, i) => say(chapter, `chapter.${CHAPTERS[i]!}`));
    const section = h('section', { class: 'panel lesson', tabindex: -1 }, this.#controls.element,
      label(h('nav', { class: 'chapters' }, ...this.#chapters), 'lesson.chapters'), this.#problem, this.#stage, this.#extras,
      h('div', { class: 'steps-bar' }, this.#sentence, h('div', { class: 'steps-buttons' }, button('lesson.back', 'back', -1), this.#place, button('lesson.next', 'next', 1), this.#play, speed)));
    section.addEventListener('keydown', (event) => this.#key(event));
    return label(section, 'lesson.title');
  }

  /** Arrows step, Home and End go to the chapter's ends, Space plays; any key stops. */
  #key(event: KeyboardEvent): void {
    const playing = this.#player.playing;
    if (playing) this.#player.stop();
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    const { chapter } = this.#steps[this.#at]!;
    const to = {
      ArrowLeft: this.#at - 1, ArrowRight: this.#at + 1,
      Home: this.#steps.findIndex((step) => step.chapter === chapter), End: this.#steps.findLastIndex((step) => step.chapter === chapter),
    }[event.key];
    if (to !== undefined) this.#go(to, true);
    else if (event.key === ' ' && !(event.target instanceof HTMLButtonElement && event.target !== this.#play)) {
      if (!playing) this.#player.start();
    } else return;
    event.preventDefault();
  }

  #toggle(): void {
    if (this.#player.playing) this.#player.stop();
    else this.#player.start();
  }

  #showPlay(): void {
    say(this.#play, this.#player.playing ? 'lesson.stop' : 'lesson.play');
    this.#play.disabled = reducedMotion();
  }

  /** Goes to a step; by hand its sentence is spoken. Returns whether another follows. */
  #go(to: number, byHand: boolean): boolean {
    if (byHand && this.#player.playing) this.#player.stop();
    this.#at = Math.min(this.#steps.length - 1, Math.max(0, to));
    this.#show();
    if (byHand) announce(this.#sentence.textContent!);
    return this.#at < this.#steps.length - 1;
  }

  #show(): void {
    const step = this.#steps[this.#at];
    if (!step) return;
    const scene = step.scene(this.#choice);
    this.#sentence.textContent = words(scene.say, { ...SYMBOLS[this.#symbols], ...scene.with });
    this.#place.textContent = `${this.#at + 1} / ${this.#steps.length}`;
    this.#showChapter(step);
    this.#stage.replaceChildren(...scene.figures.map((one) => this.#figure(one, step)));
    this.#showExtras(step);
    this.#showPlay();
    this.onAddress(lessonAddress({ ...this.#setting, t: this.#numbers.t }, step.at, language()));
  }

  /** Marks the chapter; where the row of chapters scrolls, it comes into sight. */
  #showChapter({ chapter }: Step): void {
    this.#chapters.forEach((button, i) => {
      const current = CHAPTERS[i] === chapter;
      button.setAttribute('aria-current', String(current));
      const row = button.parentElement!;
      if (current && row.scrollWidth > row.clientWidth) row.scrollLeft = button.offsetLeft - row.offsetLeft - 40;
    });
  }

  #figure(figure: Figure, step: Step): HTMLElement {
    const symbol = symbolOf(figure.id, this.#symbols);
    const about = words(`figure.${figure.id}` as Key);
    const grid = numberGrid(figure, `${symbol}: ${about}`, {
      edit: (at, value) => this.#edit(figure.edits!.of, at, value),
      pick: (at) => { if (step.chapter === 'matrices' || step.chapter === 'pooling') copies(this.#stage, figure, at); },
    });
    if (step.chapter === 'proof' && figure.edits) grid.addEventListener('focusin', (event) => this.#nudge(figure, grid, event.target as HTMLElement));
    const range = figure.values.some((value) => value !== null) ? ` ±${four(rangeOf(figure.values))}` : '';
    return h('figure', { class: `matrix ${figure.id}` }, h('figcaption', {}, h('b', {}, symbol), h('span', {}, about), h('i', {}, range)), h('div', { class: 'scroll' }, grid));
  }

  #edit(of: 'x' | 'w' | 'b' | 't', at: number, value: number): void {
    const single = Math.fround(value);
    const changed = of === 'b' ? { b: single } : { [of]: (of === 't' ? this.#numbers.t : this.#setting[of]).map((old, i) => (i === at ? single : old)) };
    this.open({ ...this.#setting, t: this.#numbers.t, ...changed });
  }

  /** The proof follows the cell that is looked at. */
  #nudge(figure: Figure, grid: HTMLElement, target: HTMLElement): void {
    const cell = [...grid.querySelectorAll('.cell')].indexOf(target);
    const at = cell < 0 ? null : figure.edits!.at(cell);
    const of = figure.edits!.of;
    const { nudge } = this.#choice;
    if (at === null || of === 't' || (nudge.of === of && nudge.at === at)) return;
    this.#choice = { ...this.#choice, nudge: { of, at } };
    this.#show();
    this.#stage.querySelectorAll<HTMLElement>(`.${figure.id} .cell`)[cell]?.focus();
    announce(this.#sentence.textContent!);
  }

  /** Switches that belong to a chapter, and what else it has to say. */
  #showExtras({ chapter }: Step): void {
    const check = (key: Key, name: 'quarter' | 'roundUp'): HTMLElement => {
      const input = h('input', { type: 'checkbox', checked: this.#choice[name], id: name, on: { change: () => { this.#choice = { ...this.#choice, [name]: input.checked }; this.#show(); document.getElementById(name)?.focus(); } } });
      return h('label', { class: 'check' }, input, say(h('span'), key));
    };
    const aside = (key: Key): HTMLElement => h('details', { class: 'aside' }, say(h('summary'), `${key}.title` as Key), say(h('p'), key));
    const extras = {
      proof: () => [check('lesson.quarter', 'quarter')], pooling: () => [check('lesson.roundUp', 'roundUp')],
      pull: () => [aside('aside.order')], push: () => [aside('aside.maps')], bias: () => [aside('aside.kernels')], residual: () => [aside('aside.activation')],
    }[chapter as string];
    this.#extras.replaceChildren(...(extras?.() ?? []));
  }
}

/** Lights up every cell that holds a copy of the same input pixel. */
function copies(stage: HTMLElement, figure: Figure, at: number): void {
  const value = figure.values[at];
  stage.querySelectorAll('.copy').forEach((cell) => cell.classList.remove('copy'));
  const cells = stage.querySelectorAll(`.${figure.id} .cell`);
  if (value !== null) cells[at]?.classList.add('copy');
}
