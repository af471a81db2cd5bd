/** `count` numbers in (−scale, scale), the same for every run (xorshift32, Marsaglia 2003). */
export function numbers(count: number, seed: number, scale = 1): Float32Array {
  const values = new Float32Array(count);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = (state / 2147483648) * scale;
  }
  return values;
}

/** `count` different places below `size`, spread over all of it: both ends and odd steps between. */
export function places(size: number, count: number): number[] {
  if (size <= count) return Array.from({ length: size }, (_, i) => i);
  const chosen = new Set([0, size - 1]);
  for (let i = 0; chosen.size < count; i++) chosen.add(Math.floor(((i * 0.6180339887498949) % 1) * size));
  return [...chosen];
}
