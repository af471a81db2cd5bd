/** A product that is stored as it is, rows of `co` side by side: what `fuse` starts from. */
export function plainEpilogue(co: number): { statistics: null; addend: null; clamp: 0; low: 0; high: 0; yRow: number; yFrom: 0 } {
  return { statistics: null, addend: null, clamp: 0, low: 0, high: 0, yRow: co, yFrom: 0 };
}
