/**
 * exp, log, sin and cos from + - * / alone, so that every engine computes the same bits.
 * ECMAScript fixes the rounding of those four operations and of Math.sqrt, but leaves Math.exp and its kin to the engine.
 * Methods and coefficients: fdlibm 5.3 (Sun Microsystems, 1993), e_exp.c, e_log.c, k_sin.c, k_cos.c, e_rem_pio2.c.
 */

const bits = new DataView(new ArrayBuffer(8));

/** 2^k exactly, for k in -1022..1023. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** ln 2 = LN2_HIGH + LN2_LOW; the high part ends in 20 zero bits, so k * LN2_HIGH is exact for every exponent k. */
const LN2_HIGH = 6.93147180369123816490e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/**
 * e^x with an error below one unit in the last place.
 * x = k ln 2 + r with |r| <= ln 2 / 2; e^r = 1 + r + r c / (2 - c) with c = r - r² P(r²); then times 2^k.
 */
export function exp(x: number): number {
  if (x !== x) return x;
  if (x > 709.782712893383973096) return Infinity;
  if (x < -745.13321910194110842) return 0;
  const k = Math.round(x / Math.LN2);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c = r - t * (1.66666666666666019037e-1 + t * (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5
    + t * (-1.65339022054652515390e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  // Two factors, because 2^k alone overflows at k = 1024 and underflows below -1022.
  const half = k >> 1;
  return y * powerOfTwo(half) * powerOfTwo(k - half);
}

/**
 * Natural logarithm with an error below one unit in the last place; NaN below 0.
 * x = 2^k (1 + f) with sqrt(1/2) < 1 + f < sqrt(2); s = f / (2 + f); log(1 + f) = f - f²/2 + s (f²/2 + R(s²)).
 */
export function log(x: number): number {
  if (x !== x || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  const subnormal = x < 2.2250738585072014e-308;
  bits.setFloat64(0, subnormal ? x * 18014398509481984 : x);
  const top = bits.getUint32(0);
  // 0x95f64 carries into the exponent exactly when the fraction reaches sqrt(2).
  const carry = ((top & 0xfffff) + 0x95f64) & 0x100000;
  const k = (top >>> 20) - 1023 + (carry >>> 20) - (subnormal ? 54 : 0);
  bits.setUint32(0, (top & 0xfffff) | (carry ^ 0x3ff00000));
  const f = bits.getFloat64(0) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const square = 0.5 * f * f;
  return k * LN2_HIGH - (square - (s * (square + odd + even) + k * LN2_LOW) - f);
}

/** pi / 2 = the sum of the three, each but the last ending in 20 zero bits, so that quarters * part is exact up to 2^20 quarters. */
const QUARTER_1 = 1.57079632673412561417;
const QUARTER_2 = 6.07710050630396597660e-11;
const QUARTER_3 = 2.02226624879595063154e-21;

/** Sine of r + tail, |r| <= pi/4. */
function sinNearZero(r: number, tail: number): number {
  const z = r * r;
  const v = z * r;
  const p = 8.33333333332248946124e-3 + z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6
    + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)));
  return r - (z * (0.5 * tail - v * p) - tail - v * -1.66666666666666324348e-1);
}

/** Cosine of r + tail, |r| <= pi/4. */
function cosNearZero(r: number, tail: number): number {
  const z = r * r;
  const p = z * (4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 + z * (2.48015872894767294178e-5
    + z * (-2.75573143513906633035e-7 + z * (2.08757232129817482790e-9 + z * -1.13596475577881948265e-11)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * p - r * tail));
}

/** sin(x + turn * pi/2): x less the nearest multiple of pi/2, then sine or cosine of the rest by quadrant. */
function sinQuarter(x: number, turn: number): number {
  if (!(x >= -1e6 && x <= 1e6)) return NaN;
  const quarters = Math.round(x / (Math.PI / 2));
  const first = x - quarters * QUARTER_1;
  const second = quarters * QUARTER_2;
  const high = first - second;
  const low = quarters * QUARTER_3 - (first - high - second);
  const r = high - low;
  const tail = high - r - low;
  const quadrant = (quarters + turn) & 3;
  const y = (quadrant & 1) === 0 ? sinNearZero(r, tail) : cosNearZero(r, tail);
  return quadrant < 2 ? y : -y;
}

/** Sine of x radians, |x| <= 10^6; NaN beyond, where the argument's own rounding leaves little to compute. */
export function sin(x: number): number {
  return sinQuarter(x, 0);
}

/** Cosine of x radians, |x| <= 10^6; NaN beyond. */
export function cos(x: number): number {
  return sinQuarter(x, 1);
}

/** base^n for an integer n >= 0, by squaring. */
export function power(base: number, n: number): number {
  let result = 1;
  for (let square = base, left = n; left > 0; left = Math.floor(left / 2), square *= square) if (left % 2 === 1) result *= square;
  return result;
}
