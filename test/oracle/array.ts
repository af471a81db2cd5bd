/** Numbers in row-major order, in any type; what an oracle takes. */
export interface Numbers {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** An exact result: float64 numbers, and for each the sum of the absolute values of the terms it was added from. */
export interface Exact {
  readonly data: Float64Array;
  readonly magnitude: Float64Array;
  readonly shape: readonly number[];
  /** The largest number of terms that one result was added from. */
  readonly terms: number;
}

export const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Collects sums: `add` puts a term into a result and into its magnitude. */
export class Sums implements Exact {
  readonly data: Float64Array;
  readonly magnitude: Float64Array;
  readonly shape: readonly number[];
  readonly #counts: Int32Array;

  constructor(shape: readonly number[]) {
    this.shape = shape;
    this.data = new Float64Array(product(shape));
    this.magnitude = new Float64Array(product(shape));
    this.#counts = new Int32Array(product(shape));
  }

  add(index: number, term: number): void {
    this.data[index]! += term;
    this.magnitude[index]! += Math.abs(term);
    this.#counts[index]!++;
  }

  get terms(): number {
    return this.#counts.reduce((a, b) => Math.max(a, b), 0);
  }
}

/** Distance in elements between neighbours along each dimension. */
export function strides(shape: readonly number[]): number[] {
  return shape.map((_, i) => product(shape.slice(i + 1)));
}

/** The index into a tensor of `shape` that broadcasting pairs with `index` into a tensor of `wide`: shapes are aligned at their last dimensions. */
export function broadcastIndex(index: number, wide: readonly number[], shape: readonly number[]): number {
  const own = strides(shape);
  const lead = wide.length - shape.length;
  let at = 0;
  strides(wide).forEach((stride, d) => {
    const position = Math.floor(index / stride) % wide[d]!;
    if (d >= lead && shape[d - lead]! > 1) at += position * own[d - lead]!;
  });
  return at;
}

/** The shape that `a` and `b` broadcast to. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [p, q] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return p === 1 ? q : p;
  });
}

/** A sequence [..., l] as an image of one row [..., 1, l]. */
export function asRow(x: Numbers): Numbers {
  return { data: x.data, shape: [...x.shape.slice(0, -1), 1, x.shape.at(-1)!] };
}

/** The result of an operation on images of one row, as a sequence. */
export function rowOf({ data, magnitude, shape, terms }: Exact): Exact {
  return { data, magnitude, shape: [...shape.slice(0, -2), shape.at(-1)!], terms };
}
