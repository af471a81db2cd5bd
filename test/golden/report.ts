import type { Computed } from './given.js';

/** What a case got wrong, the worst first. */
export class Report {
  readonly computed: Computed = new Map();
  #checks = 0;
  #worst = { excess: 0, message: '' };
  #failures = 0;

  #fail(excess: number, message: string): void {
    this.#failures++;
    if (excess > this.#worst.excess) this.#worst = { excess, message };
  }

  /** Exactly the same, as JSON has it. */
  equal(what: string, got: unknown, expected: unknown): void {
    this.#checks++;
    if (JSON.stringify(got) !== JSON.stringify(expected)) this.#fail(Infinity, `${what} is ${short(got)}, expected ${short(expected)}`);
  }

  /** |got − expected| <= atol + rtol·|expected| */
  near(what: string, got: number | undefined, expected: number, rtol: number, atol: number): void {
    this.#checks++;
    const tolerance = atol + rtol * Math.abs(expected);
    const error = Math.abs((got ?? NaN) - expected);
    if (!(error <= tolerance)) this.#fail(error / tolerance || Number.MAX_VALUE, `${what} is ${got}, expected ${expected} (error ${error.toPrecision(3)}, tolerance ${tolerance.toPrecision(3)})`);
  }

  /** One line for the worst of what failed; null where nothing did. */
  get failure(): string | null {
    if (this.#checks === 0) return 'the case expects nothing';
    if (this.#failures === 0) return null;
    return this.#failures === 1 ? this.#worst.message : `${this.#worst.message}; ${this.#failures - 1} more of ${this.#checks} checks`;
  }
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
