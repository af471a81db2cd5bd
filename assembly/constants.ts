// Constants of the long functions in assembly/math.ts, in memory below all else: V8 builds a constant of four lanes anew for every vector of a
// loop, in three instructions, where a load is one.

/** Where they lie, 4 bytes each, below byte 1024. */
const CONSTANTS: usize = 16;

export const ONE: i32 = 0;
export const TWO: i32 = 1;
export const SIGN: i32 = 2;
export const LOWEST: i32 = 3;
export const LOG2E: i32 = 4;
export const ROUNDER: i32 = 5;
export const LN2_HIGH: i32 = 6;
export const LN2_LOW: i32 = 7;
export const EXP: i32 = 8;
export const SCALE: i32 = 14;
export const SHRINK: i32 = 15;
export const TANH_BOUND: i32 = 16;
export const TANH_P: i32 = 17;
export const TANH_Q: i32 = 24;
export const LOG1P: i32 = 28;
export const HALF: i32 = 32;
export const ROOT_HALF: i32 = 33;
export const MINUS_LN2: i32 = 34;
export const FAR: i32 = 35;
export const LOG: i32 = 36;
export const SLOPE_P: i32 = 45;
export const SLOPE_Q: i32 = 53;
export const ERF_P: i32 = 59;
export const ERF_Q: i32 = 65;

/** Lays them; `run` begins with it, so that every worker writes the same numbers. */
export function layConstants(): void {
  lay(ONE, 1);
  lay(TWO, 2);
  lay(SIGN, -0.0);
  lay(LOWEST, -104);
  lay(LOG2E, 1.44269504088896341);
  lay(ROUNDER, 12582912);
  lay(LN2_HIGH, 0.693359375);
  lay(LN2_LOW, 2.12194440e-4);
  lay(EXP, 1.9875691500e-4); lay(EXP + 1, 1.3981999507e-3); lay(EXP + 2, 8.3334519073e-3); lay(EXP + 3, 4.1665795894e-2);
  lay(EXP + 4, 1.6666665459e-1); lay(EXP + 5, 5.0000001201e-1);
  lay(SCALE, 1.8446744073709552e19);
  lay(SHRINK, 5.421010862427522e-20);
  lay(TANH_BOUND, 7.90531110763549805);
  lay(TANH_P, -2.76076847742355e-16); lay(TANH_P + 1, 2.00018790482477e-13); lay(TANH_P + 2, -8.60467152213735e-11);
  lay(TANH_P + 3, 5.12229709037114e-8); lay(TANH_P + 4, 1.48572235717979e-5); lay(TANH_P + 5, 6.37261928875436e-4);
  lay(TANH_P + 6, 4.89352455891786e-3);
  lay(TANH_Q, 1.19825839466702e-6); lay(TANH_Q + 1, 1.18534705686654e-4); lay(TANH_Q + 2, 2.26843463243900e-3);
  lay(TANH_Q + 3, 4.89352518554385e-3);
  lay(LOG1P, 0.2802446564866635); lay(LOG1P + 1, 0.27999139406756735); lay(LOG1P + 2, 0.40021699188716414);
  lay(LOG1P + 3, 0.6666641312961041);
  lay(HALF, 0.5);
  lay(ROOT_HALF, 0.707106781186547524);
  lay(MINUS_LN2, -0.693147180559945309);
  lay(FAR, 160);
  lay(LOG, 3.3333331174e-1); lay(LOG + 1, -2.4999993993e-1); lay(LOG + 2, 2.0000714765e-1); lay(LOG + 3, -1.6668057665e-1);
  lay(LOG + 4, 1.4249322787e-1); lay(LOG + 5, -1.2420140846e-1); lay(LOG + 6, 1.1676998740e-1); lay(LOG + 7, -1.1514610310e-1);
  lay(LOG + 8, 7.0376836292e-2);
  lay(SLOPE_P, -2.8834976073532914e-11); lay(SLOPE_P + 1, 1.2985598374370966e-08); lay(SLOPE_P + 2, 1.1214013966309722e-06);
  lay(SLOPE_P + 3, 3.204310269211419e-05); lay(SLOPE_P + 4, 0.0002850273158401251); lay(SLOPE_P + 5, 0.01357011403888464);
  lay(SLOPE_P + 6, -0.018043790012598038); lay(SLOPE_P + 7, 0.7978845238685608);
  lay(SLOPE_Q, 3.632362677308265e-07); lay(SLOPE_Q + 1, 1.08182948679314e-05); lay(SLOPE_Q + 2, 0.000258563959505409);
  lay(SLOPE_Q + 3, 0.004150283522903919); lay(SLOPE_Q + 4, 0.0455816276371479); lay(SLOPE_Q + 5, 0.3107184171676636);
  lay(ERF_P, 4.459268154732854e-08); lay(ERF_P + 1, 1.2579291251313407e-05); lay(ERF_P + 2, 0.0003378620313014835);
  lay(ERF_P + 3, 0.009354724548757076); lay(ERF_P + 4, 0.0678587406873703); lay(ERF_P + 5, 0.7978845238685608);
  lay(ERF_Q, 1.1796151966336765e-06); lay(ERF_Q + 1, 7.334395195357502e-05); lay(ERF_Q + 2, 0.0018855039961636066);
  lay(ERF_Q + 3, 0.028677726164460182); lay(ERF_Q + 4, 0.25171464681625366);
}

// @ts-ignore: decorator
@inline
function lay(i: i32, value: f32): void {
  store<f32>(CONSTANTS + (<usize>i << 2), value);
}

// @ts-ignore: decorator
@inline
export function constant(i: i32): v128 {
  return v128.load32_splat(CONSTANTS + (<usize>i << 2));
}
