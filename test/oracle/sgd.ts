export interface SgdOptions {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly maximize: boolean;
}

/**
 * One parameter under torch's SGD:
 *   g = ±grad + weightDecay * p;   buffer = first ? g : momentum * buffer + (1 - dampening) * g
 *   p -= lr * (momentum = 0 ? g : nesterov ? g + momentum * buffer : buffer)
 */
export class Sgd {
  readonly parameter: Float64Array;
  buffer: Float64Array | null = null;
  readonly #o: SgdOptions;

  constructor(start: ArrayLike<number>, options: SgdOptions) {
    this.parameter = Float64Array.from(start);
    this.#o = options;
  }

  step(gradient: ArrayLike<number>, lr: number): void {
    const { momentum, dampening, nesterov, weightDecay, maximize } = this.#o;
    const g = this.parameter.map((p, i) => (maximize ? -gradient[i]! : gradient[i]!) + weightDecay * p);
    const before = this.buffer;
    if (momentum !== 0) this.buffer = before === null ? g.slice() : before.map((b, i) => momentum * b + (1 - dampening) * g[i]!);
    const buffer = this.buffer;
    this.parameter.forEach((_, i) => {
      const way = buffer === null ? g[i]! : nesterov ? g[i]! + momentum * buffer[i]! : buffer[i]!;
      this.parameter[i]! -= lr * way;
    });
  }
}
