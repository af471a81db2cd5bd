/** Sizes of a tensor, outermost first. */
export type Shape = readonly number[];

/** A tensor outside the arena: float32 numbers in row-major order (images: [n, c, h, w]). */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** Number of elements; 1 for a scalar's `[]`. */
export function elements(shape: Shape): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** `[2, 3, 4]`, as errors print it. */
export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
