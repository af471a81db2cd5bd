import { CHANNEL_SUM_BYTES } from "../abi";

// Sums over the rows of x [rows, c], a vector of four channels at a time. Eight rows are read side by side; their float32 sums gather in
// `partial` over a BLOCK of rows and then join the float64 totals. The totals of a vector: two sums [4] each, CHANNEL_SUM_BYTES; its partial
// sums lie behind all totals.

/** Rows whose sums are taken in float32. */
const BLOCK: i32 = 32;
const PARTIAL_BYTES: i32 = 32;

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

/** totals [2 · vectors] = Σ (x − origin) and Σ (x − origin)² over the rows; origin is the first of them. */
export function momentSums(x: usize, step: i32, rows: i32, totals: usize, vectors: i32): void {
  const partial = totals + vectors * CHANNEL_SUM_BYTES, origin = x;
  memory.fill(totals, 0, vectors * CHANNEL_SUM_BYTES);
  for (; rows > 0; rows -= BLOCK) {
    const base = x, count = min(rows, BLOCK);
    memory.fill(partial, 0, vectors * PARTIAL_BYTES);
    for (let left = count; left > 0; left -= 8, x += step << 3) {
      if (left >= 8) momentRows_8(x, step, base, partial, vectors);
      else momentRows(x, step, left, base, partial, vectors);
    }
    joinMoments(base, origin, count, partial, totals, vectors);
  }
}

/** partial += Σ d and Σ d², d = x − base, of up to eight rows, `step` bytes apart. */
function momentRows(x: usize, step: usize, rows: i32, base: usize, partial: usize, vectors: i32): void {
  for (; vectors > 0; vectors--, x += 16, base += 16, partial += PARTIAL_BYTES) {
    const from = v128.load(base);
    let s = v128.load(partial), q = v128.load(partial, 16);
    for (let i = 0, at = x; i < rows; i++, at += step) {
      const d = f32x4.sub(v128.load(at), from);
      s = f32x4.add(s, d);
      q = f32x4.add(q, f32x4.mul(d, d));
    }
    v128.store(partial, s);
    v128.store(partial, q, 16);
  }
}

function momentRows_8(x: usize, step: usize, base: usize, partial: usize, vectors: i32): void {
  for (; vectors > 0; vectors--, x += 16, base += 16, partial += PARTIAL_BYTES) {
    const from = v128.load(base);
    const d0 = f32x4.sub(v128.load(x), from), d1 = f32x4.sub(v128.load(x + step), from);
    const d2 = f32x4.sub(v128.load(x + 2 * step), from), d3 = f32x4.sub(v128.load(x + 3 * step), from);
    const d4 = f32x4.sub(v128.load(x + 4 * step), from), d5 = f32x4.sub(v128.load(x + 5 * step), from);
    const d6 = f32x4.sub(v128.load(x + 6 * step), from), d7 = f32x4.sub(v128.load(x + 7 * step), from);
    const s = f32x4.add(f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3)), f32x4.add(f32x4.add(d4, d5), f32x4.add(d6, d7)));
    const q0 = f32x4.add(f32x4.add(f32x4.mul(d0, d0), f32x4.mul(d1, d1)), f32x4.add(f32x4.mul(d2, d2), f32x4.mul(d3, d3)));
    const q4 = f32x4.add(f32x4.add(f32x4.mul(d4, d4), f32x4.mul(d5, d5)), f32x4.add(f32x4.mul(d6, d6), f32x4.mul(d7, d7)));
    v128.store(partial, f32x4.add(v128.load(partial), s));
    v128.store(partial, f32x4.add(v128.load(partial, 16), f32x4.add(q0, q4)), 16);
  }
}

/** With e = base − origin, what a block's first row is about: Σ (e + d) = n·e + s and Σ (e + d)² = q + e (n·e + 2s). Exact but for the
 *  rounding of e, s and q, so that neither a mean far from 0 nor an odd first row costs digits. */
function joinMoments(base: usize, origin: usize, rows: i32, partial: usize, totals: usize, vectors: i32): void {
  const n = f64x2.splat(<f64>rows);
  for (; vectors > 0; vectors--, base += 16, origin += 16, partial += PARTIAL_BYTES, totals += CHANNEL_SUM_BYTES) {
    const e = f32x4.sub(v128.load(base), v128.load(origin)), s = v128.load(partial), q = v128.load(partial, 16);
    joinHalf(totals, f64x2.promote_low_f32x4(e), f64x2.promote_low_f32x4(s), f64x2.promote_low_f32x4(q), n);
    joinHalf(totals + 16, upper(e), upper(s), upper(q), n);
  }
}

// @ts-ignore: decorator
@inline
function joinHalf(totals: usize, e: v128, s: v128, q: v128, n: v128): void {
  const sum = f64x2.add(f64x2.mul(n, e), s);
  v128.store(totals, f64x2.add(v128.load(totals), sum));
  v128.store(totals, f64x2.add(v128.load(totals, 32), f64x2.add(q, f64x2.mul(e, f64x2.add(sum, s)))), 32);
}

/** totals [2 · vectors] = Σ dy and Σ dy·(x − mean) over the rows. */
export function residualSums(x: usize, dy: usize, step: i32, rows: i32, mean: usize, totals: usize, vectors: i32): void {
  const partial = totals + vectors * CHANNEL_SUM_BYTES;
  memory.fill(totals, 0, vectors * CHANNEL_SUM_BYTES);
  for (; rows > 0; rows -= BLOCK) {
    memory.fill(partial, 0, vectors * PARTIAL_BYTES);
    for (let left = min(rows, BLOCK); left > 0; left -= 8, x += step << 3, dy += step << 3) {
      if (left >= 8) residualRows_8(x, dy, step, mean, partial, vectors);
      else residualRows(x, dy, step, left, mean, partial, vectors);
    }
    joinSums(partial, totals, vectors);
  }
}

// @ts-ignore: decorator
@inline
function product(x: usize, dy: v128, mean: v128): v128 {
  return f32x4.mul(dy, f32x4.sub(v128.load(x), mean));
}

/** partial += Σ dy and Σ dy·(x − mean) of up to eight rows. */
function residualRows(x: usize, dy: usize, step: usize, rows: i32, mean: usize, partial: usize, vectors: i32): void {
  for (; vectors > 0; vectors--, x += 16, dy += 16, mean += 16, partial += PARTIAL_BYTES) {
    const m = v128.load(mean);
    let s = v128.load(partial), q = v128.load(partial, 16);
    for (let i = 0, at: usize = 0; i < rows; i++, at += step) {
      const d = v128.load(dy + at);
      s = f32x4.add(s, d);
      q = f32x4.add(q, product(x + at, d, m));
    }
    v128.store(partial, s);
    v128.store(partial, q, 16);
  }
}

function residualRows_8(x: usize, dy: usize, step: usize, mean: usize, partial: usize, vectors: i32): void {
  for (; vectors > 0; vectors--, x += 16, dy += 16, mean += 16, partial += PARTIAL_BYTES) {
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
    v128.store(partial, f32x4.add(v128.load(partial), f32x4.add(s0, s4)));
    v128.store(partial, f32x4.add(v128.load(partial, 16), f32x4.add(q0, q4)), 16);
  }
}

function joinSums(partial: usize, totals: usize, vectors: i32): void {
  for (; vectors > 0; vectors--, partial += PARTIAL_BYTES, totals += CHANNEL_SUM_BYTES) {
    const s = v128.load(partial), q = v128.load(partial, 16);
    v128.store(totals, f64x2.add(v128.load(totals), f64x2.promote_low_f32x4(s)));
    v128.store(totals, f64x2.add(v128.load(totals, 16), upper(s)), 16);
    v128.store(totals, f64x2.add(v128.load(totals, 32), f64x2.promote_low_f32x4(q)), 32);
    v128.store(totals, f64x2.add(v128.load(totals, 48), upper(q)), 48);
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
