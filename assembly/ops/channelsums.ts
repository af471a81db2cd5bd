import { CHANNEL_SUM_BYTES } from "../abi";
import { zero } from "../simd";

// Sums over the rows of x [rows, c], a vector of four channels at a time: in float32 over a block of rows, whose rows are read side by
// side, then joined in float64 to the totals. The totals of a vector: two sums [4] each, CHANNEL_SUM_BYTES.

/** Offset of channel `i`'s first total. */
// @ts-ignore: decorator
@inline
export function sumOf(i: i32): usize {
  return <usize>(i >> 2) * CHANNEL_SUM_BYTES + ((i & 3) << 3);
}

/** Offset of channel `i`'s second total. */
// @ts-ignore: decorator
@inline
export function squareOf(i: i32): usize {
  return sumOf(i) + 32;
}

// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

/** With e the block's first row and d what its rows exceed that by: Σ (e + d) = n·e + s and Σ (e + d)² = q + e (n·e + 2s), s = Σ d, q = Σ d².
 *  Exact but for the rounding of e, s and q: neither a mean far from 0 nor an odd first row costs digits. */
// @ts-ignore: decorator
@inline
function joinMoments(totals: usize, e: v128, s: v128, q: v128, n: v128): void {
  const sum = f64x2.add(f64x2.mul(n, e), s);
  v128.store(totals, f64x2.add(v128.load(totals), sum));
  v128.store(totals, f64x2.add(v128.load(totals, 32), f64x2.add(q, f64x2.mul(e, f64x2.add(sum, s)))), 32);
}

/** Adds Σ (x − origin) and Σ (x − origin)² of up to eight rows, `step` bytes apart, to the totals of `vectors` vectors. */
export function momentBlock(x: usize, step: i32, rows: i32, origin: usize, totals: usize, vectors: i32): void {
  if (rows == 8) {
    momentBlock_8(x, step, origin, totals, vectors);
    return;
  }
  const n = f64x2.splat(<f64>rows);
  for (; vectors > 0; vectors--, x += 16, origin += 16, totals += CHANNEL_SUM_BYTES) {
    const first = v128.load(x), e = f32x4.sub(first, v128.load(origin));
    let s = zero(), q = zero();
    for (let i = 1, at = x + step; i < rows; i++, at += step) {
      const d = f32x4.sub(v128.load(at), first);
      s = f32x4.add(s, d);
      q = f32x4.add(q, f32x4.mul(d, d));
    }
    joinMoments(totals, f64x2.promote_low_f32x4(e), f64x2.promote_low_f32x4(s), f64x2.promote_low_f32x4(q), n);
    joinMoments(totals + 16, upper(e), upper(s), upper(q), n);
  }
}

function momentBlock_8(x: usize, step: usize, origin: usize, totals: usize, vectors: i32): void {
  const n = f64x2.splat(8);
  for (; vectors > 0; vectors--, x += 16, origin += 16, totals += CHANNEL_SUM_BYTES) {
    const first = v128.load(x);
    const d1 = f32x4.sub(v128.load(x + step), first), d2 = f32x4.sub(v128.load(x + 2 * step), first);
    const d3 = f32x4.sub(v128.load(x + 3 * step), first), d4 = f32x4.sub(v128.load(x + 4 * step), first);
    const d5 = f32x4.sub(v128.load(x + 5 * step), first), d6 = f32x4.sub(v128.load(x + 6 * step), first);
    const d7 = f32x4.sub(v128.load(x + 7 * step), first);
    const s = f32x4.add(f32x4.add(f32x4.add(d1, d2), f32x4.add(d3, d4)), f32x4.add(f32x4.add(d5, d6), d7));
    const q12 = f32x4.add(f32x4.mul(d1, d1), f32x4.mul(d2, d2)), q34 = f32x4.add(f32x4.mul(d3, d3), f32x4.mul(d4, d4));
    const q57 = f32x4.add(f32x4.add(f32x4.mul(d5, d5), f32x4.mul(d6, d6)), f32x4.mul(d7, d7));
    const q = f32x4.add(f32x4.add(q12, q34), q57), e = f32x4.sub(first, v128.load(origin));
    joinMoments(totals, f64x2.promote_low_f32x4(e), f64x2.promote_low_f32x4(s), f64x2.promote_low_f32x4(q), n);
    joinMoments(totals + 16, upper(e), upper(s), upper(q), n);
  }
}

// @ts-ignore: decorator
@inline
function joinSums(totals: usize, s: v128, q: v128): void {
  v128.store(totals, f64x2.add(v128.load(totals), f64x2.promote_low_f32x4(s)));
  v128.store(totals, f64x2.add(v128.load(totals, 16), upper(s)), 16);
  v128.store(totals, f64x2.add(v128.load(totals, 32), f64x2.promote_low_f32x4(q)), 32);
  v128.store(totals, f64x2.add(v128.load(totals, 48), upper(q)), 48);
}

// @ts-ignore: decorator
@inline
function product(x: usize, dy: v128, mean: v128): v128 {
  return f32x4.mul(dy, f32x4.sub(v128.load(x), mean));
}

/** Adds Σ dy and Σ dy·(x − mean) of up to eight rows to the totals of `vectors` vectors. */
export function residualBlock(x: usize, dy: usize, step: i32, rows: i32, mean: usize, totals: usize, vectors: i32): void {
  if (rows == 8) {
    residualBlock_8(x, dy, step, mean, totals, vectors);
    return;
  }
  for (; vectors > 0; vectors--, x += 16, dy += 16, mean += 16, totals += CHANNEL_SUM_BYTES) {
    const m = v128.load(mean);
    let s = zero(), q = zero();
    for (let i = 0, at: usize = 0; i < rows; i++, at += step) {
      const d = v128.load(dy + at);
      s = f32x4.add(s, d);
      q = f32x4.add(q, product(x + at, d, m));
    }
    joinSums(totals, s, q);
  }
}

function residualBlock_8(x: usize, dy: usize, step: usize, mean: usize, totals: usize, vectors: i32): void {
  for (; vectors > 0; vectors--, x += 16, dy += 16, mean += 16, totals += CHANNEL_SUM_BYTES) {
    const m = v128.load(mean);
    const d0 = v128.load(dy), d1 = v128.load(dy + step), d2 = v128.load(dy + 2 * step), d3 = v128.load(dy + 3 * step);
    const s0 = f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3));
    const q0 = f32x4.add(
      f32x4.add(product(x, d0, m), product(x + step, d1, m)), f32x4.add(product(x + 2 * step, d2, m), product(x + 3 * step, d3, m)),
    );
    const x4 = x + 4 * step, dy4 = dy + 4 * step;
    const d4 = v128.load(dy4), d5 = v128.load(dy4 + step), d6 = v128.load(dy4 + 2 * step), d7 = v128.load(dy4 + 3 * step);
    const s4 = f32x4.add(f32x4.add(d4, d5), f32x4.add(d6, d7));
    const q4 = f32x4.add(
      f32x4.add(product(x4, d4, m), product(x4 + step, d5, m)), f32x4.add(product(x4 + 2 * step, d6, m), product(x4 + 3 * step, d7, m)),
    );
    joinSums(totals, f32x4.add(s0, s4), f32x4.add(q0, q4));
  }
}

/** Σ x in float64, one number at a time: for sums that overflow float32 or are not finite. */
export function exactSum(x: usize, step: i32, rows: i32, width: i32): f64 {
  let sum: f64 = 0;
  for (; rows > 0; rows--, x += step) for (let i = 0; i < width; i++) sum += <f64>load<f32>(x + (<usize>i << 2));
  return sum;
}

/** Σ (x − mean)² likewise. */
export function exactSquares(x: usize, step: i32, rows: i32, width: i32, mean: f64): f64 {
  let sum: f64 = 0;
  for (; rows > 0; rows--, x += step) {
    for (let i = 0; i < width; i++) {
      const d = <f64>load<f32>(x + (<usize>i << 2)) - mean;
      sum += d * d;
    }
  }
  return sum;
}
