import {
  ELU, GELU, GELU_TANH, HARDSIGMOID, HARDSWISH, HARDTANH, LEAKY_RELU, MISH, RELU, SIGMOID, SILU, SOFTPLUS, SOFTSIGN, TANH,
} from "../abi";
import { erfOfNormal4, expBelow4, expOfMinus4, expm14, geluSlope4, log1p4, logistic4, tanh4 } from "../math";
import { storeLanes, zero } from "../simd";
import { share } from "../slice";
import { ActivationBackwardStep, ActivationForwardStep } from "../steps";

// `valueOf` and `slopeOf` are inlined with a constant kind, so that one branch of them is left.
// NaN stays NaN; infinities follow the formula from left to right, as in PyTorch (silu: −∞ · 0 is NaN).

/** Elements that one call of a loop below takes: small enough that V8 meets its optimised code early in a first run. */
const BLOCK: i32 = 1024;

/** y = f(x). Split over blocks of elements; x and y may be one tensor. */
export function activationForward(s: ActivationForwardStep, live: i32, worker: i32, workers: i32): void {
  const length = live * s.length, blocks = (length + BLOCK - 1) / BLOCK;
  const last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) {
    forwardBlock(s, <usize>block * BLOCK << 2, min(BLOCK, length - block * BLOCK));
  }
}

/** dx (+)= dy · f'(x). Split over blocks of elements; dx and dy may be one tensor. */
export function activationBackward(s: ActivationBackwardStep, live: i32, worker: i32, workers: i32): void {
  const length = live * s.length, blocks = (length + BLOCK - 1) / BLOCK;
  const last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) {
    backwardBlock(s, <usize>block * BLOCK << 2, min(BLOCK, length - block * BLOCK));
  }
}

function forwardBlock(s: ActivationForwardStep, at: usize, count: i32): void {
  switch (s.kind) {
    case RELU: reluLoop(s, at, count); break;
    case TANH: forwardLoop(s, at, count, TANH); break;
    case SIGMOID: forwardLoop(s, at, count, SIGMOID); break;
    case LEAKY_RELU: leakyReluLoop(s, at, count); break;
    case ELU: forwardLoop(s, at, count, ELU); break;
    case HARDTANH: hardtanhLoop(s, at, count); break;
    case SOFTPLUS: forwardLoop(s, at, count, SOFTPLUS); break;
    case SILU: forwardLoop(s, at, count, SILU); break;
    case GELU: forwardLoop(s, at, count, GELU); break;
    case GELU_TANH: forwardLoop(s, at, count, GELU_TANH); break;
    case HARDSIGMOID: hardsigmoidLoop(s, at, count); break;
    case SOFTSIGN: softsignLoop(s, at, count); break;
    case MISH: forwardLoop(s, at, count, MISH); break;
    default: hardswishLoop(s, at, count);
  }
}

// Short ones are functions of their own: as cases of one function, Binaryen folds all loops into one with the choice inside.

function reluLoop(s: ActivationForwardStep, at: usize, count: i32): void {
  shortLoop(s, at, count, RELU);
}

function leakyReluLoop(s: ActivationForwardStep, at: usize, count: i32): void {
  shortLoop(s, at, count, LEAKY_RELU);
}

function hardtanhLoop(s: ActivationForwardStep, at: usize, count: i32): void {
  shortLoop(s, at, count, HARDTANH);
}

function hardsigmoidLoop(s: ActivationForwardStep, at: usize, count: i32): void {
  shortLoop(s, at, count, HARDSIGMOID);
}

function softsignLoop(s: ActivationForwardStep, at: usize, count: i32): void {
  shortLoop(s, at, count, SOFTSIGN);
}

function hardswishLoop(s: ActivationForwardStep, at: usize, count: i32): void {
  shortLoop(s, at, count, HARDSWISH);
}

function backwardBlock(s: ActivationBackwardStep, at: usize, count: i32): void {
  switch (s.kind) {
    case RELU: backwardLoop(s, at, count, RELU); break;
    case TANH: backwardLoop(s, at, count, TANH); break;
    case SIGMOID: backwardLoop(s, at, count, SIGMOID); break;
    case LEAKY_RELU: backwardLoop(s, at, count, LEAKY_RELU); break;
    case ELU: backwardLoop(s, at, count, ELU); break;
    case HARDTANH: backwardLoop(s, at, count, HARDTANH); break;
    case SOFTPLUS: backwardLoop(s, at, count, SOFTPLUS); break;
    case SILU: backwardLoop(s, at, count, SILU); break;
    case GELU: backwardLoop(s, at, count, GELU); break;
    case GELU_TANH: backwardLoop(s, at, count, GELU_TANH); break;
    case HARDSIGMOID: backwardLoop(s, at, count, HARDSIGMOID); break;
    case SOFTSIGN: backwardLoop(s, at, count, SOFTSIGN); break;
    case MISH: backwardLoop(s, at, count, MISH); break;
    default: backwardLoop(s, at, count, HARDSWISH);
  }
}

// The loop over whole vectors has no branches: V8 compiles it into half the time of one with the last lanes' care in it. A vector at a time
// where the function is long, because V8 then keeps its constants in registers; two at a time where it is short. What is left over takes
// the kind as a variable, in one function for all.

// @ts-ignore: decorator
@inline
function forwardLoop(s: ActivationForwardStep, at: usize, count: i32, kind: i32): void {
  const alpha = f32x4.splat(s.alpha), beta = f32x4.splat(s.beta), inverse = f32x4.splat(1 / s.alpha);
  let x = s.x + at, y = s.y + at;
  for (; count >= 4; count -= 4, x += 16, y += 16) v128.store(y, valueOf(v128.load(x), kind, alpha, beta, inverse));
  if (count > 0) forwardRest(x, y, count, s.kind, s.alpha, s.beta);
}

// @ts-ignore: decorator
@inline
function shortLoop(s: ActivationForwardStep, at: usize, count: i32, kind: i32): void {
  const alpha = f32x4.splat(s.alpha), beta = f32x4.splat(s.beta);
  let x = s.x + at, y = s.y + at;
  for (; count >= 8; count -= 8, x += 32, y += 32) {
    const v0 = v128.load(x), v1 = v128.load(x, 16);
    v128.store(y, valueOf(v0, kind, alpha, beta, alpha));
    v128.store(y, valueOf(v1, kind, alpha, beta, alpha), 16);
  }
  for (; count > 0; count -= 4, x += 16, y += 16) forwardRest(x, y, count, s.kind, s.alpha, s.beta);
}

function forwardRest(x: usize, y: usize, count: i32, kind: i32, a: f32, b: f32): void {
  storeLanes(y, valueOf(v128.load(x), kind, f32x4.splat(a), f32x4.splat(b), f32x4.splat(1 / a)), count);
}

// @ts-ignore: decorator
@inline
function backwardLoop(s: ActivationBackwardStep, at: usize, count: i32, kind: i32): void {
  const alpha = f32x4.splat(s.alpha), beta = f32x4.splat(s.beta), present = i32x4.splat(s.accumulate ? -1 : 0);
  let from = s.from + at, dy = s.dy + at, dx = s.dx + at;
  if (kind == RELU || kind == TANH || kind == SIGMOID || kind == LEAKY_RELU || kind == HARDTANH || kind == HARDSWISH) {
    for (; count >= 8; count -= 8, from += 32, dy += 32, dx += 32) {
      const before0 = v128.and(v128.load(dx), present), before1 = v128.and(v128.load(dx, 16), present);
      const v0 = v128.load(from), v1 = v128.load(from, 16), d0 = v128.load(dy), d1 = v128.load(dy, 16);
      v128.store(dx, f32x4.add(before0, slopeOf(v0, d0, kind, alpha, beta)));
      v128.store(dx, f32x4.add(before1, slopeOf(v1, d1, kind, alpha, beta)), 16);
    }
  } else {
    for (; count >= 4; count -= 4, from += 16, dy += 16, dx += 16) {
      v128.store(dx, f32x4.add(v128.and(v128.load(dx), present), slopeOf(v128.load(from), v128.load(dy), kind, alpha, beta)));
    }
  }
  if (count > 0) backwardRest(from, dy, dx, count, s.kind, s.alpha, s.beta, s.accumulate);
}

function backwardRest(from: usize, dy: usize, dx: usize, count: i32, kind: i32, a: f32, b: f32, accumulate: i32): void {
  const alpha = f32x4.splat(a), beta = f32x4.splat(b), present = i32x4.splat(accumulate ? -1 : 0);
  for (; count > 0; count -= 4, from += 16, dy += 16, dx += 16) {
    storeLanes(dx, f32x4.add(v128.and(v128.load(dx), present), slopeOf(v128.load(from), v128.load(dy), kind, alpha, beta)), count);
  }
}

/**
 * f(x), with `inverse` = 1 / alpha:
 * relu max(x, 0)              leaky relu x, or alpha·x where x <= 0      elu beta·x, or alpha (e^x − 1) where x <= 0
 * hardtanh x within [alpha, beta]                                        softplus log(1 + e^t) / alpha, t = alpha·x, or x where t > beta
 * silu x·σ(x)                 gelu x·Φ(x)                                gelu, tanh form: x·(1 + tanh u)/2 = x·σ(2u), u = √(2/π) (x + 0.044715 x³)
 * hardsigmoid h/6, hardswish x·h/6, with h = x + 3 within [0, 6]         softsign x / (1 + |x|)
 * mish x·τ, τ = tanh(log(1 + e^x)) = a / (a + c) with t = e^−|x|: a = 1 + 2t, c = 2t², or where x < 0 a = t² + 2t, c = 2
 */
// @ts-ignore: decorator
@inline
function valueOf(x: v128, kind: i32, alpha: v128, beta: v128, inverse: v128): v128 {
  if (kind == RELU) return f32x4.pmax(x, zero());
  if (kind == TANH) return tanh4(x);
  if (kind == SIGMOID) return logistic4(x);
  if (kind == LEAKY_RELU) return v128.bitselect(x, f32x4.mul(x, alpha), f32x4.gt(x, zero()));
  if (kind == ELU) return v128.bitselect(f32x4.mul(x, beta), f32x4.mul(alpha, expm14(x)), f32x4.gt(x, zero()));
  if (kind == HARDTANH) return f32x4.pmin(f32x4.pmax(x, alpha), beta);
  if (kind == SOFTPLUS) {
    const t = f32x4.mul(x, alpha);
    const y = f32x4.add(f32x4.pmax(t, zero()), log1p4(expOfMinus4(t)));
    return v128.bitselect(x, f32x4.mul(y, inverse), f32x4.gt(t, beta));
  }
  if (kind == SILU) return f32x4.mul(x, logistic4(x));
  if (kind == GELU) return f32x4.mul(f32x4.mul(x, f32x4.splat(0.5)), f32x4.add(erfOfNormal4(x), f32x4.splat(1)));
  if (kind == GELU_TANH) return f32x4.mul(x, logistic4(twiceInner(x)));
  if (kind == HARDSIGMOID) return f32x4.div(sixth(x), f32x4.splat(6));
  if (kind == SOFTSIGN) return f32x4.div(x, f32x4.add(f32x4.splat(1), f32x4.abs(x)));
  if (kind == MISH) {
    const t = expOfMinus4(x), a = mishNumerator(x, t);
    return f32x4.mul(x, f32x4.div(a, f32x4.add(a, mishRest(x, t))));
  }
  return f32x4.div(f32x4.mul(x, sixth(x)), f32x4.splat(6));
}

// @ts-ignore: decorator
@inline
function mishNumerator(x: v128, t: v128): v128 {
  return f32x4.add(f32x4.add(t, t), v128.bitselect(f32x4.mul(t, t), f32x4.splat(1), f32x4.lt(x, zero())));
}

// @ts-ignore: decorator
@inline
function mishRest(x: v128, t: v128): v128 {
  const two = f32x4.splat(2);
  return v128.bitselect(two, f32x4.mul(two, f32x4.mul(t, t)), f32x4.lt(x, zero()));
}

/** x + 3 within [0, 6]. */
// @ts-ignore: decorator
@inline
function sixth(x: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.add(x, f32x4.splat(3)), zero()), f32x4.splat(6));
}

/** 2 √(2/π) (x + 0.044715 x³). */
// @ts-ignore: decorator
@inline
function twiceInner(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), x);
  return f32x4.mul(f32x4.splat(1.5957691216057308), f32x4.add(x, f32x4.mul(f32x4.splat(0.044715), cube)));
}

/**
 * dy · f'(x), with v = y or x. From y (relu, tanh, sigmoid, hardtanh; leaky relu where alpha >= 0): y > 0, 1 − y², y (1 − y), alpha < y < beta.
 * From x: elu beta, or alpha·e^x;  softplus σ(alpha·x), or 1 beyond the threshold;  silu σ (1 + x (1 − σ));  gelu Φ + x·e^(−x²/2)/√2π;
 * its tanh form σ + x·σ (1 − σ) · 2u';  hardsigmoid 1/6 and hardswish x/3 + 1/2 between −3 and 3;
 * softsign 1 / (1 + |x|)²;  mish τ + x·σ (1 − τ²), 1 − τ = c / (a + c).
 */
// @ts-ignore: decorator
@inline
function slopeOf(v: v128, dy: v128, kind: i32, alpha: v128, beta: v128): v128 {
  const one = f32x4.splat(1), three = f32x4.splat(3);
  if (kind == RELU) return v128.andnot(dy, f32x4.le(v, zero()));
  if (kind == TANH) return f32x4.mul(dy, f32x4.sub(one, f32x4.mul(v, v)));
  if (kind == SIGMOID) return f32x4.mul(dy, f32x4.mul(v, f32x4.sub(one, v)));
  if (kind == LEAKY_RELU) return f32x4.mul(dy, v128.bitselect(one, alpha, f32x4.gt(v, zero())));
  if (kind == ELU) return f32x4.mul(dy, v128.bitselect(beta, f32x4.mul(alpha, expBelow4(f32x4.pmin(v, zero()))), f32x4.gt(v, zero())));
  if (kind == HARDTANH) return v128.and(dy, v128.and(f32x4.gt(v, alpha), f32x4.lt(v, beta)));
  if (kind == SOFTPLUS) {
    const t = f32x4.mul(v, alpha);
    return v128.bitselect(dy, f32x4.mul(dy, logistic4(t)), f32x4.gt(t, beta));
  }
  if (kind == SILU) {
    const s = logistic4(v);
    return f32x4.mul(dy, f32x4.mul(s, f32x4.add(one, f32x4.mul(v, f32x4.sub(one, s)))));
  }
  if (kind == GELU) return f32x4.mul(dy, geluSlope4(v));
  if (kind == GELU_TANH) return f32x4.mul(dy, geluTanhSlope(v));
  if (kind == SOFTSIGN) {
    const flat = f32x4.div(one, f32x4.add(one, f32x4.abs(v)));
    return f32x4.mul(f32x4.mul(dy, flat), flat);
  }
  if (kind == MISH) return f32x4.mul(dy, mishSlope(v));
  const inside = v128.and(f32x4.gt(v, f32x4.splat(-3)), f32x4.lt(v, three));
  if (kind == HARDSIGMOID) return v128.and(f32x4.div(dy, f32x4.splat(6)), inside);
  const steep = f32x4.mul(dy, f32x4.add(f32x4.div(v, three), f32x4.splat(0.5)));
  return v128.andnot(v128.bitselect(dy, steep, f32x4.ge(v, three)), f32x4.lt(v, f32x4.splat(-3)));
}

// @ts-ignore: decorator
@inline
function geluTanhSlope(x: v128): v128 {
  const one = f32x4.splat(1), s = logistic4(twiceInner(x));
  const steep = f32x4.mul(f32x4.splat(1.5957691216057308), f32x4.add(one, f32x4.mul(f32x4.splat(0.134145), f32x4.mul(x, x))));
  return f32x4.add(s, f32x4.mul(f32x4.mul(f32x4.mul(x, s), f32x4.sub(one, s)), steep));
}

// @ts-ignore: decorator
@inline
function mishSlope(x: v128): v128 {
  const one = f32x4.splat(1), t = expOfMinus4(x);
  const a = mishNumerator(x, t), c = mishRest(x, t), sum = f32x4.add(a, c), tau = f32x4.div(a, sum);
  const sigma = f32x4.div(v128.bitselect(t, one, f32x4.lt(x, zero())), f32x4.add(one, t));
  return f32x4.add(tau, f32x4.mul(f32x4.mul(x, sigma), f32x4.mul(f32x4.div(c, sum), f32x4.add(one, tau))));
}
