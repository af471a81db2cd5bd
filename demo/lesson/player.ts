import { reducedMotion } from '../view/dom.js';

/** Takes a step again and again, 0.5 to 4 a second, until told otherwise. */
export class Player {
  readonly #step: () => boolean;
  readonly #changed: () => void;
  #timer = 0;
  perSecond = 1;

  /** `step` returns whether there is another. */
  constructor(step: () => boolean, changed: () => void) {
    this.#step = step;
    this.#changed = changed;
  }

  get playing(): boolean {
    return this.#timer !== 0;
  }

  start(): void {
    if (this.playing || reducedMotion()) return;
    const next = (): void => {
      if (this.#step()) this.#timer = window.setTimeout(next, 1000 / this.perSecond);
      else this.stop();
    };
    this.#timer = window.setTimeout(next, 1000 / this.perSecond);
    this.#changed();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#changed();
  }
}
