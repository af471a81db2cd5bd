// Transcendental functions of four lanes, in arithmetic that every engine rounds alike. NaN stays NaN.

/** e^x, at most 2 ulp: x = n·ln 2 + r, then the polynomial of Cephes' expf (Moshier). Overflows to infinity, underflows to 0. */
export function exp4(x: v128): v128 {
  x = f32x4.min(f32x4.max(x, f32x4.splat(-104)), f32x4.splat(89));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let y = f32x4.add(f32x4.mul(r, f32x4.splat(1.9875691500e-4)), f32x4.splat(1.3981999507e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.3334519073e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.1665795894e-2));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.6666665459e-1));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(5.0000001201e-1));
  y = f32x4.add(f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), r), f32x4.splat(1));
  // 2^n in two factors: n reaches -150 and 128, beyond what one exponent holds.
  const k = i32x4.trunc_sat_f32x4_s(n), half = i32x4.shr_s(k, 1);
  const bias = i32x4.splat(127);
  const low = i32x4.shl(i32x4.add(half, bias), 23), high = i32x4.shl(i32x4.add(i32x4.sub(k, half), bias), 23);
  return f32x4.mul(f32x4.mul(y, low), high);
}

/** tanh x, at most 4 ulp: the rational approximation x·P(x²)/Q(x²) of Eigen (generic_fast_tanh_float), x clamped to ±7.905. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const bound = f32x4.splat(7.90531110763549805);
  x = f32x4.max(f32x4.min(x, bound), f32x4.neg(bound));
  const z = f32x4.mul(x, x);
  let p = f32x4.add(f32x4.mul(z, f32x4.splat(-2.76076847742355e-16)), f32x4.splat(2.00018790482477e-13));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-8.60467152213735e-11));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(5.12229709037114e-8));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.48572235717979e-5));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(6.37261928875436e-4));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(4.89352455891786e-3));
  let q = f32x4.add(f32x4.mul(z, f32x4.splat(1.19825839466702e-6)), f32x4.splat(1.18534705686654e-4));
  q = f32x4.add(f32x4.mul(q, z), f32x4.splat(2.26843463243900e-3));
  q = f32x4.add(f32x4.mul(q, z), f32x4.splat(4.89352518554385e-3));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** 1 / (1 + e^-x). */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
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
export function inversePower4(x: v128, high: f32, low: f32): v128 {
  const beta = high + low;
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const bits = v128.bitselect(f32x4.mul(x, f32x4.splat(16777216)), x, tiny);
  let m = v128.or(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(0x3f000000));
  const low2 = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  const exponent = i32x4.add(i32x4.sub(i32x4.shr_u(bits, 23), i32x4.add(i32x4.splat(126), v128.and(tiny, i32x4.splat(24)))), low2);
  m = f32x4.sub(f32x4.add(m, v128.and(m, low2)), f32x4.splat(1));
  const e = f32x4.convert_i32x4_s(exponent), whole = f32x4.mul(e, f32x4.splat(high));
  const log2 = f32x4.mul(logOnePlus4(m), f32x4.splat(1.44269504088896341));
  const rest = f32x4.add(f32x4.mul(e, f32x4.splat(low)), f32x4.mul(log2, f32x4.splat(beta)));
  const n = f32x4.pmax(f32x4.pmin(f32x4.nearest(f32x4.add(whole, rest)), f32x4.splat(160)), f32x4.splat(-160));
  const f = f32x4.pmax(f32x4.pmin(f32x4.add(f32x4.sub(whole, n), rest), f32x4.splat(0.5)), f32x4.splat(-0.5));
  const y = timesPower4(expNearZero4(f32x4.mul(f, f32x4.splat(-0.693147180559945309))), f32x4.neg(n));
  // 0 and infinity trade places, below 0 and NaN give NaN.
  const ofZero: f32 = beta > 0 ? Infinity : beta < 0 ? 0 : 1, ofInfinity: f32 = beta > 0 ? 0 : beta < 0 ? Infinity : 1;
  const infinite = f32x4.eq(x, f32x4.splat(Infinity)), none = f32x4.eq(x, f32x4.splat(0));
  const known = v128.bitselect(f32x4.splat(ofZero), v128.bitselect(f32x4.splat(ofInfinity), y, infinite), none);
  return v128.bitselect(known, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
}

/** a + b·x. */
// @ts-ignore: decorator
@inline
function line4(a: f32, b: f32, x: v128): v128 {
  return f32x4.add(f32x4.splat(a), f32x4.mul(f32x4.splat(b), x));
}

/** log(1 + m), √½ − 1 <= m < √2 − 1: the polynomial of log1, in pairs that do not wait for one another. */
// @ts-ignore: decorator
@inline
function logOnePlus4(m: v128): v128 {
  const z = f32x4.mul(m, m), z2 = f32x4.mul(z, z);
  const low = f32x4.add(line4(3.3333331174e-1, -2.4999993993e-1, m), f32x4.mul(line4(2.0000714765e-1, -1.6668057665e-1, m), z));
  const high = f32x4.add(line4(1.4249322787e-1, -1.2420140846e-1, m), f32x4.mul(line4(1.1676998740e-1, -1.1514610310e-1, m), z));
  const y = f32x4.add(low, f32x4.mul(f32x4.add(high, f32x4.mul(f32x4.splat(7.0376836292e-2), z2)), z2));
  return f32x4.add(m, f32x4.mul(z, f32x4.sub(f32x4.mul(y, m), f32x4.splat(0.5))));
}

/** e^t, |t| <= ½ ln 2: the polynomial of exp4, likewise. */
// @ts-ignore: decorator
@inline
function expNearZero4(t: v128): v128 {
  const t2 = f32x4.mul(t, t);
  const low = f32x4.add(line4(5.0000001201e-1, 1.6666665459e-1, t), f32x4.mul(line4(4.1665795894e-2, 8.3334519073e-3, t), t2));
  const y = f32x4.add(low, f32x4.mul(line4(1.3981999507e-3, 1.9875691500e-4, t), f32x4.mul(t2, t2)));
  return f32x4.add(f32x4.splat(1), f32x4.add(t, f32x4.mul(y, t2)));
}

/** y·2^n for whole n within ±250, in two factors. */
// @ts-ignore: decorator
@inline
function timesPower4(y: v128, n: v128): v128 {
  const k = i32x4.trunc_sat_f32x4_s(n), half = i32x4.shr_s(k, 1), bias = i32x4.splat(127);
  const factor = i32x4.shl(i32x4.add(half, bias), 23);
  return f32x4.mul(f32x4.mul(y, factor), i32x4.shl(i32x4.add(i32x4.sub(k, half), bias), 23));
}
