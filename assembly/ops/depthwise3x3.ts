import { fma, storeLanes, zero } from "../simd";

// The 3x3 depthwise kernel without dilation: nine weights (or their gradients) of four channels stay in registers while a
// block of output pixels passes. A block is as wide as leaves its three input rows in L1, so that a line of memory is fetched
// once per row and not once per channel. Branches between kernel rows also keep V8 11.3 from hoisting all nine loads at once.

/** Bytes of input that a block of output pixels may span. */
const BLOCK_BYTES: i32 = 24576;

/** One output row over one input image: its windows start at row y0 and columns ox·strideW − padLeft, maybe outside. */
@unmanaged export class Row3x3 {
  hi: i32; wi: i32; wo: i32; channels: i32;
  y0: i32; strideW: i32; padLeft: i32;
}

/** Output pixels per block. */
// @ts-ignore: decorator
@inline
function blockWidth(channels: i32): i32 {
  return max(4, BLOCK_BYTES / (3 * channels << 2) - 2);
}

// @ts-ignore: decorator
@inline
function inside(at: i32, size: i32): bool {
  return <u32>at < <u32>size;
}

/** y[ox, c] = b[c] + Σ x · w; the weights of a channel are wStep bytes apart (negative: the turned kernel). */
export function forwardRow(r: Row3x3, x: usize, w: usize, wStep: i32, b: usize, y: usize, relu: i32, accumulate: i32): void {
  const width = blockWidth(r.channels);
  for (let ox = 0; ox < r.wo; ox += width) {
    const end = min(r.wo, ox + width);
    for (let c = 0; c < r.channels; c += 4) {
      const at = <usize>c << 2;
      forwardBlock(r, x + at, w + at, wStep, b ? b + at : 0, y + at, ox, end, r.channels - c, relu, accumulate);
    }
  }
}

/** Output pixels `from` to `to` of four channels. */
function forwardBlock(
  r: Row3x3, x: usize, w: usize, wStep: i32, b: usize, y: usize, from: i32, to: i32, lanes: i32, relu: i32, accumulate: i32,
): void {
  const w00 = v128.load(w), w01 = v128.load(w + wStep), w02 = v128.load(w + 2 * wStep);
  const w10 = v128.load(w + 3 * wStep), w11 = v128.load(w + 4 * wStep), w12 = v128.load(w + 5 * wStep);
  const w20 = v128.load(w + 6 * wStep), w21 = v128.load(w + 7 * wStep), w22 = v128.load(w + 8 * wStep);
  const pixel = r.channels << 2, row = r.wi * pixel;
  const top = inside(r.y0, r.hi), middle = inside(r.y0 + 1, r.hi), bottom = inside(r.y0 + 2, r.hi);
  for (let ox = from; ox < to; ox++) {
    const x0 = ox * r.strideW - r.padLeft;
    let at = x + r.y0 * row + x0 * pixel;
    let sum = zero();
    if (x0 >= 0 && x0 + 2 < r.wi) {
      if (top) sum = fma(v128.load(at + 2 * pixel), w02, fma(v128.load(at + pixel), w01, fma(v128.load(at), w00, sum)));
      at += row;
      if (middle) sum = fma(v128.load(at + 2 * pixel), w12, fma(v128.load(at + pixel), w11, fma(v128.load(at), w10, sum)));
      at += row;
      if (bottom) sum = fma(v128.load(at + 2 * pixel), w22, fma(v128.load(at + pixel), w21, fma(v128.load(at), w20, sum)));
    } else {
      if (top) sum = edgeSum(r, at, x0, w00, w01, w02, sum);
      if (middle) sum = edgeSum(r, at + row, x0, w10, w11, w12, sum);
      if (bottom) sum = edgeSum(r, at + 2 * row, x0, w20, w21, w22, sum);
    }
    const out = y + ox * pixel;
    if (b) sum = f32x4.add(sum, v128.load(b));
    if (accumulate) sum = f32x4.add(v128.load(out), sum);
    if (relu) sum = f32x4.pmax(sum, zero());
    storeLanes(out, sum, lanes);
  }
}

/** One kernel row at the image's left or right border. */
function edgeSum(r: Row3x3, at: usize, x0: i32, w0: v128, w1: v128, w2: v128, sum: v128): v128 {
  const pixel = r.channels << 2;
  if (inside(x0, r.wi)) sum = fma(v128.load(at), w0, sum);
  if (inside(x0 + 1, r.wi)) sum = fma(v128.load(at + pixel), w1, sum);
  if (inside(x0 + 2, r.wi)) sum = fma(v128.load(at + 2 * pixel), w2, sum);
  return sum;
}

/** dw[ky, kx, c] += Σ over ox of x · dy, for the channels `first` to `last`. Each block's sum joins what dw holds. */
export function weightRow(r: Row3x3, x: usize, dy: usize, dw: usize, first: i32, last: i32): void {
  const width = blockWidth(r.channels);
  for (let ox = 0; ox < r.wo; ox += width) {
    const end = min(r.wo, ox + width);
    for (let c = first; c < last; c += 4) {
      const at = <usize>c << 2;
      weightBlock(r, x + at, dy + at, dw + at, ox, end, last - c);
    }
  }
}

function weightBlock(r: Row3x3, x: usize, dy: usize, dw: usize, from: i32, to: i32, lanes: i32): void {
  let s00 = zero(), s01 = zero(), s02 = zero(), s10 = zero(), s11 = zero(), s12 = zero(), s20 = zero(), s21 = zero(), s22 = zero();
  const pixel = r.channels << 2, row = r.wi * pixel;
  const top = inside(r.y0, r.hi), middle = inside(r.y0 + 1, r.hi), bottom = inside(r.y0 + 2, r.hi);
  for (let ox = from; ox < to; ox++) {
    const x0 = ox * r.strideW - r.padLeft;
    let at = x + r.y0 * row + x0 * pixel;
    const d = v128.load(dy + ox * pixel);
    if (x0 >= 0 && x0 + 2 < r.wi) {
      if (top) {
        s00 = fma(v128.load(at), d, s00); s01 = fma(v128.load(at + pixel), d, s01); s02 = fma(v128.load(at + 2 * pixel), d, s02);
      }
      at += row;
      if (middle) {
        s10 = fma(v128.load(at), d, s10); s11 = fma(v128.load(at + pixel), d, s11); s12 = fma(v128.load(at + 2 * pixel), d, s12);
      }
      at += row;
      if (bottom) {
        s20 = fma(v128.load(at), d, s20); s21 = fma(v128.load(at + pixel), d, s21); s22 = fma(v128.load(at + 2 * pixel), d, s22);
      }
    } else {
      edgeWeights(r, at, x0, d, dw, lanes, top, middle, bottom);
    }
  }
  const tap = r.channels << 2;
  addLanes(dw, s00, lanes); addLanes(dw + tap, s01, lanes); addLanes(dw + 2 * tap, s02, lanes);
  addLanes(dw + 3 * tap, s10, lanes); addLanes(dw + 4 * tap, s11, lanes); addLanes(dw + 5 * tap, s12, lanes);
  addLanes(dw + 6 * tap, s20, lanes); addLanes(dw + 7 * tap, s21, lanes); addLanes(dw + 8 * tap, s22, lanes);
}

// @ts-ignore: decorator
@inline
function addLanes(to: usize, value: v128, lanes: i32): void {
  storeLanes(to, f32x4.add(v128.load(to), value), lanes);
}

/** A pixel at the left or right border joins dw at once. */
function edgeWeights(r: Row3x3, at: usize, x0: i32, d: v128, dw: usize, lanes: i32, top: bool, middle: bool, bottom: bool): void {
  const pixel = r.channels << 2, row = r.wi * pixel;
  for (let kx = 0; kx < 3; kx++, at += pixel, dw += pixel) {
    if (!inside(x0 + kx, r.wi)) continue;
    if (top) addLanes(dw, f32x4.mul(v128.load(at), d), lanes);
    if (middle) addLanes(dw + 3 * pixel, f32x4.mul(v128.load(at + row), d), lanes);
    if (bottom) addLanes(dw + 6 * pixel, f32x4.mul(v128.load(at + 2 * row), d), lanes);
  }
}
