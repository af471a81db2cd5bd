/** Losses of all steps in at most `MOST` points: when full, neighbours become one, their mean. */
const MOST = 1200;

export interface Snapshot {
  readonly steps: number[];
  readonly losses: number[];
  readonly means: number[];
  readonly each: number;
  readonly validated: { step: number; accuracy: number; loss: number }[];
}

/** Steps that the smooth curve looks back on. */
const WINDOW = 50;

export class History {
  steps: number[] = [];
  losses: number[] = [];
  means: number[] = [];
  validated: { step: number; accuracy: number; loss: number }[] = [];
  /** Steps per point. */
  #each = 1;
  #sum = 0;
  #count = 0;
  #recent: number[] = [];

  constructor(from?: Snapshot) {
    if (!from) return;
    Object.assign(this, { steps: [...from.steps], losses: [...from.losses], means: [...from.means], validated: [...from.validated] });
    this.#each = from.each;
    this.#recent = from.means.length > 0 ? [from.means.at(-1)!] : [];
  }

  /** Mean of the last 50 losses; NaN before the first. */
  get mean(): number {
    return this.#recent.reduce((a, b) => a + b, 0) / this.#recent.length;
  }

  add(step: number, loss: number): void {
    this.#recent.push(loss);
    if (this.#recent.length > WINDOW) this.#recent.shift();
    this.#sum += loss;
    this.#count++;
    if (this.#count < this.#each) return;
    this.steps.push(step);
    this.losses.push(this.#sum / this.#count);
    this.means.push(this.mean);
    this.#sum = this.#count = 0;
    if (this.steps.length >= MOST) this.#halve();
  }

  #halve(): void {
    const pairs = (values: number[], merge: (a: number, b: number) => number): number[] =>
      Array.from({ length: values.length >> 1 }, (_, i) => merge(values[2 * i]!, values[2 * i + 1]!));
    this.losses = pairs(this.losses, (a, b) => (a + b) / 2);
    this.steps = pairs(this.steps, (_, b) => b);
    this.means = pairs(this.means, (_, b) => b);
    this.#each *= 2;
  }

  snapshot(): Snapshot {
    const { steps, losses, means, validated } = this;
    return { steps: [...steps], losses: [...losses], means: [...means], each: this.#each, validated: [...validated] };
  }
}
