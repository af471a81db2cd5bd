import type { Exact } from '../oracle/array.js';

/** What the oracle says of a case: output and grad_X; the same names as in the file. */
export type Answer = Record<string, Exact>;

export const prefixed = (output: Exact, gradients: Record<string, Exact>): Answer => ({
  output,
  ...Object.fromEntries(Object.entries(gradients).map(([name, exact]) => [`grad_${name}`, exact])),
});

/** Places as exact numbers, shaped like the output they belong to. */
export function indexAnswer(indices: Int32Array, { shape }: Exact): Exact {
  const data = Float64Array.from(indices);
  return { data, magnitude: data, shape, terms: 1 };
}
