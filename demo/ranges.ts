import { roundUp } from './colour.js';

/** Where a map's range begins: it grows with what is shown and never shrinks within a run. */
export const DEFAULT_RANGE = 0.2;

/** The range ±r, r of 1, 2 and 5 times a power of ten, that holds all values and what was shown before. */
export function signedRange(values: ArrayLike<number>, before = DEFAULT_RANGE): number {
  let most = before;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return roundUp(most);
}
