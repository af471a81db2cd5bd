/** One parameter under an optimizer, in float64. */
export interface Course {
  readonly parameter: Float64Array;
  /** Σ |terms| of every element so far, each quotient's terms taken without cancelling: what rounding errors are in proportion to. */
  readonly magnitude: Float64Array;
  readonly state: Readonly<Record<string, Float64Array>>;
  step(gradient: ArrayLike<number>, lr: number): void;
}

interface Common {
  readonly weightDecay?: number;
  readonly maximize?: boolean;
  readonly eps?: number;
}

abstract class Rule implements Course {
  readonly parameter: Float64Array;
  readonly magnitude: Float64Array;
  readonly state: Record<string, Float64Array> = {};
  readonly options: Common;
  t = 0;

  constructor(start: ArrayLike<number>, options: Common) {
    this.parameter = Float64Array.from(start);
    this.magnitude = this.parameter.map(Math.abs);
    this.options = options;
  }

  keep(name: string, value = 0): Float64Array {
    return (this.state[name] ??= new Float64Array(this.parameter.length).fill(value));
  }

  /** The gradient that the formulas call g. */
  slope(gradient: ArrayLike<number>, i: number): number {
    return (this.options.maximize ? -gradient[i]! : gradient[i]!) + (this.options.weightDecay ?? 0) * this.parameter[i]!;
  }

  move(i: number, by: number, size: number): void {
    this.parameter[i]! += by;
    this.magnitude[i]! += size;
  }

  step(gradient: ArrayLike<number>, lr: number): void {
    this.t++;
    for (let i = 0; i < this.parameter.length; i++) this.element(i, gradient, lr);
  }

  abstract element(i: number, gradient: ArrayLike<number>, lr: number): void;
}

export interface AdamOptions extends Common {
  readonly betas?: readonly [number, number];
  readonly amsgrad?: boolean;
  /** AdamW. */
  readonly decoupled?: boolean;
}

/** Kingma and Ba 2015, algorithm 1; amsgrad as PyTorch: the largest v, corrected by the present bias. */
export class Adam extends Rule {
  override readonly options: AdamOptions;
  readonly #sizes: Float64Array;

  constructor(start: ArrayLike<number>, options: AdamOptions) {
    super(start, options);
    this.options = options;
    this.#sizes = new Float64Array(start.length);
    for (const name of ['exp_avg', 'exp_avg_sq', ...(options.amsgrad ? ['max_exp_avg_sq'] : [])]) this.keep(name);
  }

  override slope(gradient: ArrayLike<number>, i: number): number {
    return this.options.decoupled ? (this.options.maximize ? -gradient[i]! : gradient[i]!) : super.slope(gradient, i);
  }

  element(i: number, gradient: ArrayLike<number>, lr: number): void {
    const { betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, amsgrad, decoupled, weightDecay = 0 } = this.options;
    const g = this.slope(gradient, i);
    const [m, v, max] = [this.keep('exp_avg'), this.keep('exp_avg_sq'), amsgrad ? this.keep('max_exp_avg_sq') : null];
    m[i] = beta1 * m[i]! + (1 - beta1) * g;
    v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
    if (max) max[i] = Math.max(max[i]!, v[i]!);
    this.#sizes[i] = beta1 * this.#sizes[i]! + (1 - beta1) * Math.abs(g);
    const unbiased = (max ?? v)[i]! / (1 - beta2 ** this.t);
    const by = lr / (1 - beta1 ** this.t) / (Math.sqrt(unbiased) + eps);
    if (decoupled) this.move(i, -lr * weightDecay * this.parameter[i]!, lr * weightDecay * Math.abs(this.parameter[i]!));
    this.move(i, -by * m[i]!, by * this.#sizes[i]!);
  }
}

export interface RmspropOptions extends Common {
  readonly alpha?: number;
  readonly momentum?: number;
  readonly centered?: boolean;
}

/** Graves 2013, equations 38 to 45, with eps beside the root. */
export class Rmsprop extends Rule {
  override readonly options: RmspropOptions;
  readonly #sizes: Float64Array;

  constructor(start: ArrayLike<number>, options: RmspropOptions) {
    super(start, options);
    this.options = options;
    this.#sizes = new Float64Array(start.length);
    for (const name of ['square_avg', ...(options.momentum ? ['momentum_buffer'] : []), ...(options.centered ? ['grad_avg'] : [])]) this.keep(name);
  }

  element(i: number, gradient: ArrayLike<number>, lr: number): void {
    const { alpha = 0.99, eps = 1e-8, momentum = 0, centered } = this.options;
    const g = this.slope(gradient, i);
    const q = this.keep('square_avg');
    q[i] = alpha * q[i]! + (1 - alpha) * g * g;
    let variance = q[i]!;
    if (centered) {
      const mean = this.keep('grad_avg');
      mean[i] = alpha * mean[i]! + (1 - alpha) * g;
      variance -= mean[i]! ** 2;
    }
    const way = g / (Math.sqrt(variance) + eps);
    // The relative error of q − mean² is larger than theirs by q / (q − mean²).
    this.#sizes[i] = momentum * this.#sizes[i]! + Math.abs(way) * (q[i]! / variance);
    const velocity = momentum ? this.keep('momentum_buffer') : null;
    if (velocity) velocity[i] = momentum * velocity[i]! + way;
    this.move(i, -lr * (velocity ? velocity[i]! : way), lr * this.#sizes[i]!);
  }
}

export interface AdagradOptions extends Common {
  readonly lrDecay?: number;
  readonly initialAccumulatorValue?: number;
}

/** Duchi, Hazan and Singer 2011, with diagonal matrices. */
export class Adagrad extends Rule {
  override readonly options: AdagradOptions;

  constructor(start: ArrayLike<number>, options: AdagradOptions) {
    super(start, options);
    this.options = options;
    this.keep('sum', options.initialAccumulatorValue ?? 0);
  }

  element(i: number, gradient: ArrayLike<number>, lr: number): void {
    const { eps = 1e-10, lrDecay = 0 } = this.options;
    const g = this.slope(gradient, i);
    const sum = this.keep('sum');
    sum[i]! += g * g;
    const by = ((lr / (1 + (this.t - 1) * lrDecay)) * g) / (Math.sqrt(sum[i]!) + eps);
    this.move(i, -by, Math.abs(by));
  }
}
