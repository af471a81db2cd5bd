/** `count` numbers in (−scale, scale), the same for every run. */
export function numbers(count, seed, scale = 1) {
  const values = new Float32Array(count);
  let state = Math.imul(seed, 2654435761) >>> 0 || 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = (state / 2147483648) * scale;
  }
  return values;
}

/** Bound of the start weights of a layer that sums `fanIn` terms (He et al. 2015). */
export const bound = (fanIn) => Math.sqrt(6 / fanIn);

/** What an adapter throws for workloads that its library has no operator for. */
export class CannotDo extends Error {}
