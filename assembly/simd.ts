// v128 helpers, and the only file that asks which wasm features are on.

/** Whether this build has atomics and shared memory. */
export const THREADS: bool = ASC_FEATURE_THREADS;

/** Whether a product and its sum are one instruction: that leaves room for taller tiles. */
export const RELAXED: bool = ASC_FEATURE_RELAXED_SIMD;

/** a·b + c: two roundings, the same on every machine; in the relaxed build one or two, as the processor likes. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (RELAXED) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

// @ts-ignore: decorator
@inline
export function zero(): v128 {
  return i32x4.splat(0);
}

/** Ones in the first `count` lanes, 0 <= count <= 4. */
// @ts-ignore: decorator
@inline
export function laneMask(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** Stores the first `count` lanes, 0 <= count; four or more store all four. */
// @ts-ignore: decorator
@inline
export function storeLanes(to: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, value);
  } else if (count > 0) {
    if (count & 2) {
      v128.store64_lane(to, value, 0);
      if (count & 1) v128.store32_lane(to, value, 2, 8);
    } else {
      v128.store32_lane(to, value, 0);
    }
  }
}

/** (lane 0 + lane 1) + (lane 2 + lane 3). */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** Lane i of the result is sumLanes of the i-th argument, added in that order. */
// @ts-ignore: decorator
@inline
export function sumLanesOf4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 2, 6);
  const ab1 = v128.shuffle<f32>(a, b, 1, 5, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 2, 6);
  const cd1 = v128.shuffle<f32>(c, d, 1, 5, 3, 7);
  const ab = f32x4.add(ab0, ab1); // a01 b01 a23 b23
  const cd = f32x4.add(cd0, cd1);
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** Stores the 4x4 matrix of rows a, b, c, d transposed: row i at to + i·step. */
// @ts-ignore: decorator
@inline
export function storeTransposed4(to: usize, step: i32, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
}
