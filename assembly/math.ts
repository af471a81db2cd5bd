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

/** log(1 + u) for 0 <= u <= 1, at most 2 ulp: 2 atanh(u / (2 + u)), s = u / (2 + u) <= 1/3, a minimax polynomial in s². */
export function log1p4(u: v128): v128 {
  const s = f32x4.div(u, f32x4.add(u, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let y = f32x4.add(f32x4.mul(z, f32x4.splat(0.2802446564866635)), f32x4.splat(0.27999139406756735));
  y = f32x4.add(f32x4.mul(y, z), f32x4.splat(0.40021699188716414));
  y = f32x4.add(f32x4.mul(y, z), f32x4.splat(0.6666641312961041));
  return f32x4.add(f32x4.mul(s, f32x4.mul(y, z)), f32x4.add(s, s));
}

/** e^x − 1 for x <= 0, at most 1 ulp: exp4's polynomial without its 1, times 2^n, plus 2^n − 1. */
export function expm14(x: v128): v128 {
  x = f32x4.max(x, f32x4.splat(-40));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let y = f32x4.add(f32x4.mul(r, f32x4.splat(1.9875691500e-4)), f32x4.splat(1.3981999507e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.3334519073e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.1665795894e-2));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.6666665459e-1));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(5.0000001201e-1));
  y = f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), r);
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.add(f32x4.mul(scale, y), f32x4.sub(scale, f32x4.splat(1)));
}

/** e^(−x²/2), at most 4 ulp: x = high + low with high² exact, because an error of x² is one of the result times x². */
export function bell4(x: v128): v128 {
  const a = f32x4.min(f32x4.abs(x), f32x4.splat(16)), half = f32x4.splat(-0.5);
  const high = v128.and(a, i32x4.splat(0xfffff000));
  const d = f32x4.mul(f32x4.mul(f32x4.sub(a, high), f32x4.add(a, high)), half);
  let y = f32x4.add(f32x4.mul(d, f32x4.splat(1.0 / 24)), f32x4.splat(1.0 / 6));
  y = f32x4.add(f32x4.mul(y, d), f32x4.splat(0.5));
  y = f32x4.add(f32x4.mul(y, d), f32x4.splat(1));
  const e = exp4(f32x4.mul(f32x4.mul(high, high), half));
  return f32x4.add(e, f32x4.mul(e, f32x4.mul(y, d)));
}

/** Φ(x) = (1 + erf(x / √2)) / 2, at most 8 ulp on either side, from `bell` = e^(−x²/2): the upper tail is bell · w · P(w), w = 1 / (1 + 0.3 |x|),
 *  P the minimax polynomial of erfcx(|x| / √2) / 2w up to |x| = 14.2, beyond which the tail rounds to 0. */
// @ts-ignore: decorator
@inline
export function normal4(x: v128, bell: v128): v128 {
  const one = f32x4.splat(1);
  const w = f32x4.div(one, f32x4.add(one, f32x4.mul(f32x4.abs(x), f32x4.splat(0.3))));
  let y = f32x4.add(f32x4.mul(w, f32x4.splat(-0.02061795496433239)), f32x4.splat(0.11240459068497173));
  y = f32x4.add(f32x4.mul(y, w), f32x4.splat(-0.2281378266877887));
  y = f32x4.add(f32x4.mul(y, w), f32x4.splat(0.191679278054656));
  y = f32x4.add(f32x4.mul(y, w), f32x4.splat(-0.07933204361847304));
  y = f32x4.add(f32x4.mul(y, w), f32x4.splat(0.09610541376977438));
  y = f32x4.add(f32x4.mul(y, w), f32x4.splat(0.07840831793695735));
  y = f32x4.add(f32x4.mul(y, w), f32x4.splat(0.11023121426295533));
  y = f32x4.add(f32x4.mul(y, w), f32x4.splat(0.11957234799585068));
  y = f32x4.add(f32x4.mul(y, w), f32x4.splat(0.11968666083872795));
  const tail = f32x4.mul(bell, f32x4.mul(y, w));
  return v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
}

/** 1 / (1 + e^−x), with small results as precise as large ones: e^x / (1 + e^x) below 0. */
// @ts-ignore: decorator
@inline
export function logistic4(x: v128): v128 {
  const one = f32x4.splat(1), e = exp4(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, e));
}
