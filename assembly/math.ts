import {
  ERF_P, ERF_Q, EXP, FAR, HALF, LN2_HIGH, LN2_LOW, LOG, LOG1P, LOG2E, LOWEST, MINUS_LN2, ONE, ROOT_HALF, ROUNDER, SCALE, SHRINK, SIGN, SLOPE_P, SLOPE_Q, TANH_BOUND,
  TANH_P, TANH_Q, TWO, constant,
} from "./constants";

// Transcendental functions of four lanes, in arithmetic that every engine rounds alike. NaN stays NaN.
// pmin and pmax, and rounding by adding 1.5·2^23 (the integer is then in the low bits), are one instruction each where min, max and
// conversions take several.

const ROUNDER_BITS: i32 = 0x4B400000;

/** y·x + constant i. */
// @ts-ignore: decorator
@inline
function then(y: v128, x: v128, i: i32): v128 {
  return f32x4.add(f32x4.mul(y, x), constant(i));
}

/** e^x, at most 2 ulp: x = n·ln 2 + r, then the polynomial of Cephes' expf (Moshier). Overflows to infinity, underflows to 0. */
export function exp4(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const rounded = then(x, constant(LOG2E), ROUNDER);
  const y = f32x4.add(expm1Near(x, f32x4.sub(rounded, constant(ROUNDER))), constant(ONE));
  // 2^n in two factors: n reaches -150 and 128, beyond what one exponent holds.
  const k = i32x4.sub(rounded, i32x4.splat(ROUNDER_BITS)), half = i32x4.shr_s(k, 1);
  const bias = i32x4.splat(127);
  const low = i32x4.shl(i32x4.add(half, bias), 23), high = i32x4.shl(i32x4.add(i32x4.sub(k, half), bias), 23);
  return f32x4.mul(f32x4.mul(y, low), high);
}

/** tanh x, at most 4 ulp: the rational approximation x·P(x²)/Q(x²) of Eigen (generic_fast_tanh_float), x clamped to ±7.905. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const bound = constant(TANH_BOUND);
  x = f32x4.pmax(f32x4.pmin(x, bound), f32x4.neg(bound));
  const z = f32x4.mul(x, x);
  let p = then(z, constant(TANH_P), TANH_P + 1);
  p = then(p, z, TANH_P + 2);
  p = then(p, z, TANH_P + 3);
  p = then(p, z, TANH_P + 4);
  p = then(p, z, TANH_P + 5);
  p = then(p, z, TANH_P + 6);
  let q = then(z, constant(TANH_Q), TANH_Q + 1);
  q = then(q, z, TANH_Q + 2);
  q = then(q, z, TANH_Q + 3);
  return f32x4.div(f32x4.mul(x, p), q);
}

/** log x of a normal positive number, infinity or NaN, at most 2 ulp: the polynomial of Cephes' logf (Moshier). */
export function log1(x: f32): f32 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<i32>(x);
  let exponent = (bits >> 23) - 126;
  let m = reinterpret<f32>((bits & 0x7fffff) | 0x3f000000); // 0.5 <= m < 1
  if (m < 0.707106781186547524) {
    exponent -= 1;
    m = m + m;
  }
  m -= 1;
  const z = m * m;
  let y: f32 = 7.0376836292e-2;
  y = y * m - 1.1514610310e-1;
  y = y * m + 1.1676998740e-1;
  y = y * m - 1.2420140846e-1;
  y = y * m + 1.4249322787e-1;
  y = y * m - 1.6668057665e-1;
  y = y * m + 2.0000714765e-1;
  y = y * m - 2.4999993993e-1;
  y = y * m + 3.3333331174e-1;
  y = y * m * z;
  const e = <f32>exponent;
  y += e * -2.12194440e-4;
  y -= 0.5 * z;
  return m + y + e * 0.693359375;
}

/** base^n, n >= 0, by squaring: products alone, so it has the same bits everywhere. */
export function power(base: f64, n: i32): f64 {
  let result: f64 = 1;
  for (; n > 0; n >>= 1) {
    if (n & 1) result *= base;
    base *= base;
  }
  return result;
}

/**
 * x^−beta, at most 3 ulp for beta of about 1: beta = high + low, high of at most 12 bits. With x = 2^e·m, √½ <= m < √2,
 * beta·log2 x = high·e (exact) + low·e + beta·log2 m; its whole part goes into the exponent, so that large powers lose no digits.
 */
// @ts-ignore: decorator
@inline
export function inversePower4(x: v128, high: f32, low: f32): v128 {
  const beta = high + low;
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const bits = v128.bitselect(f32x4.mul(x, f32x4.splat(16777216)), x, tiny);
  let m = v128.or(v128.and(bits, i32x4.splat(0x7fffff)), constant(HALF));
  const low2 = f32x4.lt(m, constant(ROOT_HALF));
  const exponent = i32x4.add(i32x4.sub(i32x4.shr_u(bits, 23), i32x4.add(i32x4.splat(126), v128.and(tiny, i32x4.splat(24)))), low2);
  m = f32x4.sub(f32x4.add(m, v128.and(m, low2)), constant(ONE));
  const e = f32x4.convert_i32x4_s(exponent), whole = f32x4.mul(e, f32x4.splat(high));
  const log2 = f32x4.mul(logOnePlus4(m), constant(LOG2E));
  const rest = f32x4.add(f32x4.mul(e, f32x4.splat(low)), f32x4.mul(log2, f32x4.splat(beta)));
  const n = f32x4.pmax(f32x4.pmin(f32x4.nearest(f32x4.add(whole, rest)), constant(FAR)), v128.or(constant(FAR), constant(SIGN)));
  const f = f32x4.pmax(f32x4.pmin(f32x4.add(f32x4.sub(whole, n), rest), constant(HALF)), v128.or(constant(HALF), constant(SIGN)));
  const y = timesPower4(expNearZero4(f32x4.mul(f, constant(MINUS_LN2))), f32x4.neg(n));
  // 0 and infinity trade places, below 0 and NaN give NaN.
  const ofZero: f32 = beta > 0 ? Infinity : beta < 0 ? 0 : 1, ofInfinity: f32 = beta > 0 ? 0 : beta < 0 ? Infinity : 1;
  const infinite = f32x4.eq(x, f32x4.splat(Infinity)), none = f32x4.eq(x, f32x4.splat(0));
  const known = v128.bitselect(f32x4.splat(ofZero), v128.bitselect(f32x4.splat(ofInfinity), y, infinite), none);
  return v128.bitselect(known, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
}

/** Constant i + constant j · x. */
// @ts-ignore: decorator
@inline
function line4(i: i32, j: i32, x: v128): v128 {
  return f32x4.add(constant(i), f32x4.mul(constant(j), x));
}

/** log(1 + m), √½ − 1 <= m < √2 − 1: the polynomial of log1, in pairs that do not wait for one another. */
// @ts-ignore: decorator
@inline
function logOnePlus4(m: v128): v128 {
  const z = f32x4.mul(m, m), z2 = f32x4.mul(z, z);
  const low = f32x4.add(line4(LOG, LOG + 1, m), f32x4.mul(line4(LOG + 2, LOG + 3, m), z));
  const high = f32x4.add(line4(LOG + 4, LOG + 5, m), f32x4.mul(line4(LOG + 6, LOG + 7, m), z));
  const y = f32x4.add(low, f32x4.mul(f32x4.add(high, f32x4.mul(constant(LOG + 8), z2)), z2));
  return f32x4.add(m, f32x4.mul(z, f32x4.sub(f32x4.mul(y, m), constant(HALF))));
}

/** e^t, |t| <= ½ ln 2: the polynomial of exp4, likewise. */
// @ts-ignore: decorator
@inline
function expNearZero4(t: v128): v128 {
  const t2 = f32x4.mul(t, t);
  const low = f32x4.add(line4(EXP + 5, EXP + 4, t), f32x4.mul(line4(EXP + 3, EXP + 2, t), t2));
  const y = f32x4.add(low, f32x4.mul(line4(EXP + 1, EXP, t), f32x4.mul(t2, t2)));
  return f32x4.add(constant(ONE), f32x4.add(t, f32x4.mul(y, t2)));
}

/** y·2^n for whole n within ±250, in two factors. */
// @ts-ignore: decorator
@inline
function timesPower4(y: v128, n: v128): v128 {
  const k = i32x4.trunc_sat_f32x4_s(n), half = i32x4.shr_s(k, 1), bias = i32x4.splat(127);
  const factor = i32x4.shl(i32x4.add(half, bias), 23);
  return f32x4.mul(f32x4.mul(y, factor), i32x4.shl(i32x4.add(i32x4.sub(k, half), bias), 23));
}

/** log(1 + u) for 0 <= u <= 1, at most 2 ulp: 2 atanh(s), s = u / (2 + u) <= 1/3, a minimax polynomial in s². */
// @ts-ignore: decorator
@inline
export function log1p4(u: v128): v128 {
  const s = f32x4.div(u, f32x4.add(u, constant(TWO)));
  const z = f32x4.mul(s, s);
  let y = then(z, constant(LOG1P), LOG1P + 1);
  y = then(y, z, LOG1P + 2);
  y = then(y, z, LOG1P + 3);
  return f32x4.add(f32x4.mul(s, f32x4.mul(y, z)), f32x4.add(s, s));
}

/** e^x for x <= 0, at most 2 ulp, with one scaling less than exp4: 2^(n + 64) never leaves the normal numbers. */
// @ts-ignore: decorator
@inline
export function expBelow4(x: v128): v128 {
  x = f32x4.pmax(x, constant(LOWEST));
  const rounded = then(x, constant(LOG2E), ROUNDER);
  const y = f32x4.add(expm1Near(x, f32x4.sub(rounded, constant(ROUNDER))), constant(ONE));
  const scale = i32x4.add(i32x4.shl(rounded, 23), constant(SCALE));
  return f32x4.mul(f32x4.mul(y, scale), constant(SHRINK));
}

/** e^−|x|. */
// @ts-ignore: decorator
@inline
export function expOfMinus4(x: v128): v128 {
  return expBelow4(v128.or(x, constant(SIGN)));
}

/** e^r − 1, r = x − n·ln 2 within ln 2 / 2: the polynomial of exp4. */
// @ts-ignore: decorator
@inline
function expm1Near(x: v128, n: v128): v128 {
  let r = f32x4.sub(x, f32x4.mul(n, constant(LN2_HIGH)));
  r = f32x4.add(r, f32x4.mul(n, constant(LN2_LOW)));
  let y = then(r, constant(EXP), EXP + 1);
  y = then(y, r, EXP + 2);
  y = then(y, r, EXP + 3);
  y = then(y, r, EXP + 4);
  y = then(y, r, EXP + 5);
  return f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), r);
}

/** e^x − 1 for x <= 0, at most 1 ulp: 2^n (e^r − 1) + (2^n − 1). */
// @ts-ignore: decorator
@inline
export function expm14(x: v128): v128 {
  x = f32x4.pmax(x, f32x4.splat(-40));
  const rounded = then(x, constant(LOG2E), ROUNDER), one = constant(ONE);
  const scale = i32x4.add(i32x4.shl(rounded, 23), one);
  return f32x4.add(f32x4.mul(scale, expm1Near(x, f32x4.sub(rounded, constant(ROUNDER)))), f32x4.sub(scale, one));
}

/** erf(x / √2), at most 7 ulp: x·P(x²)/Q(x²), the minimax fraction up to 5.6, beyond which it leaves [−1, 1] and is cut. */
// @ts-ignore: decorator
@inline
export function erfOfNormal4(x: v128): v128 {
  const z = f32x4.pmin(f32x4.mul(x, x), f32x4.splat(31.36));
  let p = then(z, constant(ERF_P), ERF_P + 1);
  p = then(p, z, ERF_P + 2);
  p = then(p, z, ERF_P + 3);
  p = then(p, z, ERF_P + 4);
  p = then(p, z, ERF_P + 5);
  let q = then(z, constant(ERF_Q), ERF_Q + 1);
  q = then(q, z, ERF_Q + 2);
  q = then(q, z, ERF_Q + 3);
  q = then(q, z, ERF_Q + 4);
  q = then(q, z, ONE);
  const one = constant(ONE);
  return f32x4.pmax(f32x4.pmin(f32x4.div(f32x4.mul(x, p), q), one), v128.or(one, constant(SIGN)));
}

/** The derivative of x·Φ(x), Φ(x) + x·e^(−x²/2)/√2π, within 3e-7: 1/2 + x·P(x²)/Q(x²), a minimax fraction up to 6, then 0 or 1. x·0 is added,
 *  because the formula's ∞ · e^(−∞) is NaN. */
// @ts-ignore: decorator
@inline
export function geluSlope4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = then(z, constant(SLOPE_P), SLOPE_P + 1);
  p = then(p, z, SLOPE_P + 2);
  p = then(p, z, SLOPE_P + 3);
  p = then(p, z, SLOPE_P + 4);
  p = then(p, z, SLOPE_P + 5);
  p = then(p, z, SLOPE_P + 6);
  p = then(p, z, SLOPE_P + 7);
  let q = then(z, constant(SLOPE_Q), SLOPE_Q + 1);
  q = then(q, z, SLOPE_Q + 2);
  q = then(q, z, SLOPE_Q + 3);
  q = then(q, z, SLOPE_Q + 4);
  q = then(q, z, SLOPE_Q + 5);
  q = then(q, z, ONE);
  const near = f32x4.add(f32x4.div(f32x4.mul(x, p), q), constant(HALF));
  const far = v128.and(constant(ONE), f32x4.gt(x, i32x4.splat(0)));
  return f32x4.add(v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), f32x4.splat(6))), f32x4.mul(x, i32x4.splat(0)));
}

/** 1 / (1 + e^−x), with small results as precise as large ones: e^x / (1 + e^x) below 0. */
// @ts-ignore: decorator
@inline
export function logistic4(x: v128): v128 {
  const one = constant(ONE), e = expOfMinus4(x);
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, e));
}
