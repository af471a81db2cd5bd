import { Epilogue, finished, statisticsRow } from "../gemm/epilogue";
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
  y: usize; yRow: i32;          // where all of y begins, bytes between its pixels
  epilogue: usize;              // 0: none
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
export function forwardRow(r: Row3x3, x: usize, w: usize, wStep: i32, b: usize, y: usize, accumulate: i32): void {
  const width = blockWidth(r.channels);
  for (let ox = 0; ox < r.wo; ox += width) {
    const end = min(r.wo, ox + width);
    for (let c = 0; c < r.channels; c += 4) {
      const at = <usize>c << 2;
      forwardBlock(r, x + at, w + at, wStep, b ? b + at : 0, y + at, ox, end, c, accumulate);
    }
  }
}

/** Output pixels `from` to `to` of four channels: four neighbours at a time where all their windows are inside. */
function forwardBlock(
  r: Row3x3, x: usize, w: usize, wStep: i32, b: usize, y: usize, from: i32, to: i32, channel: i32, accumulate: i32,
): void {
  const pixel = r.channels << 2;
  for (let ox = from; ox < to;) {
    const x0 = ox * r.strideW - r.padLeft, at = x + x0 * pixel, out = y + ox * r.yRow;
    const fours = r.strideW == 1 && x0 >= 0 ? min(to - ox, r.wi - 2 - x0) >> 2 : 0;
    if (fours > 0) {
      forwardTile_4x1(r, at, w, wStep, b, out, fours, channel, accumulate);
      ox += fours << 2;
    } else {
      const sum = x0 >= 0 && x0 + 2 < r.wi ? windowSum(r, at, w, wStep) : edgeSum(r, at, x0, w, wStep);
      finish(r, sum, b, out, channel, accumulate);
      ox++;
    }
  }
}

// @ts-ignore: decorator
@inline
function finish(r: Row3x3, sum: v128, b: usize, out: usize, channel: i32, accumulate: i32): void {
  if (b) sum = f32x4.add(sum, v128.load(b));
  if (accumulate) sum = f32x4.add(v128.load(out), sum);
  if (r.epilogue) sum = finished(sum, changetype<Epilogue>(r.epilogue), r.y, out, channel << 2, statisticsRow(r.channels));
  storeLanes(out, sum, r.channels - channel);
}

/** `fours` times four windows side by side: they share columns, so that six loads of x and three of w serve twelve products. */
function forwardTile_4x1(
  r: Row3x3, x: usize, w: usize, wStep: i32, b: usize, out: usize, fours: i32, channel: i32, accumulate: i32,
): void {
  const pixel = r.channels << 2, two = 2 * pixel, row = r.wi * pixel, w1 = w + 3 * wStep, w2 = w + 6 * wStep;
  const top = inside(r.y0, r.hi), middle = inside(r.y0 + 1, r.hi), bottom = inside(r.y0 + 2, r.hi);
  const plain = b == 0 && !accumulate && !r.epilogue && r.channels - channel >= 4, step = r.yRow;
  let at = x + r.y0 * row;
  for (; fours > 0; fours--, at += 2 * two, out += step << 2) {
    let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
    if (top) {
      const line = at, x2 = line + two, x4 = x2 + two;
      const v1 = v128.load(line + pixel), v2 = v128.load(x2), v3 = v128.load(x2 + pixel), v4 = v128.load(x4);
      let k = v128.load(w);
      s0 = fma(v128.load(line), k, s0); s1 = fma(v1, k, s1); s2 = fma(v2, k, s2); s3 = fma(v3, k, s3);
      k = v128.load(w + wStep);
      s0 = fma(v1, k, s0); s1 = fma(v2, k, s1); s2 = fma(v3, k, s2); s3 = fma(v4, k, s3);
      k = v128.load(w + 2 * wStep);
      s0 = fma(v2, k, s0); s1 = fma(v3, k, s1); s2 = fma(v4, k, s2); s3 = fma(v128.load(x4 + pixel), k, s3);
    }
    if (middle) {
      const line = at + row, x2 = line + two, x4 = x2 + two;
      const v1 = v128.load(line + pixel), v2 = v128.load(x2), v3 = v128.load(x2 + pixel), v4 = v128.load(x4);
      let k = v128.load(w1);
      s0 = fma(v128.load(line), k, s0); s1 = fma(v1, k, s1); s2 = fma(v2, k, s2); s3 = fma(v3, k, s3);
      k = v128.load(w1 + wStep);
      s0 = fma(v1, k, s0); s1 = fma(v2, k, s1); s2 = fma(v3, k, s2); s3 = fma(v4, k, s3);
      k = v128.load(w1 + 2 * wStep);
      s0 = fma(v2, k, s0); s1 = fma(v3, k, s1); s2 = fma(v4, k, s2); s3 = fma(v128.load(x4 + pixel), k, s3);
    }
    if (bottom) {
      const line = at + 2 * row, x2 = line + two, x4 = x2 + two;
      const v1 = v128.load(line + pixel), v2 = v128.load(x2), v3 = v128.load(x2 + pixel), v4 = v128.load(x4);
      let k = v128.load(w2);
      s0 = fma(v128.load(line), k, s0); s1 = fma(v1, k, s1); s2 = fma(v2, k, s2); s3 = fma(v3, k, s3);
      k = v128.load(w2 + wStep);
      s0 = fma(v1, k, s0); s1 = fma(v2, k, s1); s2 = fma(v3, k, s2); s3 = fma(v4, k, s3);
      k = v128.load(w2 + 2 * wStep);
      s0 = fma(v2, k, s0); s1 = fma(v3, k, s1); s2 = fma(v4, k, s2); s3 = fma(v128.load(x4 + pixel), k, s3);
    }
    if (plain) {
      v128.store(out, s0); v128.store(out + step, s1); v128.store(out + 2 * step, s2); v128.store(out + 3 * step, s3);
    } else {
      finish(r, s0, b, out, channel, accumulate);
      finish(r, s1, b, out + step, channel, accumulate);
      finish(r, s2, b, out + 2 * step, channel, accumulate);
      finish(r, s3, b, out + 3 * step, channel, accumulate);
    }
  }
}

/** One window that lies inside the image from left to right. */
function windowSum(r: Row3x3, at: usize, w: usize, wStep: i32): v128 {
  const pixel = r.channels << 2, row = r.wi * pixel;
  let sum = zero();
  let line = at + r.y0 * row;
  for (let iy = r.y0; iy < r.y0 + 3; iy++, line += row, w += 3 * wStep) {
    if (!inside(iy, r.hi)) continue;
    sum = fma(v128.load(line), v128.load(w), sum);
    sum = fma(v128.load(line + pixel), v128.load(w + wStep), sum);
    sum = fma(v128.load(line + 2 * pixel), v128.load(w + 2 * wStep), sum);
  }
  return sum;
}

/** One window at the image's left or right border. */
function edgeSum(r: Row3x3, at: usize, x0: i32, w: usize, wStep: i32): v128 {
  const pixel = r.channels << 2, row = r.wi * pixel;
  let sum = zero();
  for (let ky = 0; ky < 3; ky++, w += 3 * wStep) {
    if (!inside(r.y0 + ky, r.hi)) continue;
    const line = at + (r.y0 + ky) * row;
    for (let kx = 0; kx < 3; kx++) {
      if (inside(x0 + kx, r.wi)) sum = fma(v128.load(line + kx * pixel), v128.load(w + kx * wStep), sum);
    }
  }
  return sum;
}

/** dw[ky, kx, c] += Σ over ox of x · dy, for the channels `first` to `last`. Each block's sum joins what dw holds. */
export function weightRow(r: Row3x3, x: usize, dy: usize, dw: usize, first: i32, last: i32): void {
  const width = blockWidth(r.channels);
  for (let ox = 0; ox < r.wo; ox += width) {
    const end = min(r.wo, ox + width);
    for (let c = first; c < last; c += 4) {
      const at = <usize>c << 2;
      weightTile_2x9(r, x + at, dy + at, dw + at, ox, end, last - c);
    }
  }
}

function weightTile_2x9(r: Row3x3, x: usize, dy: usize, dw: usize, from: i32, to: i32, lanes: i32): void {
  let s00 = zero(), s01 = zero(), s02 = zero(), s10 = zero(), s11 = zero(), s12 = zero(), s20 = zero(), s21 = zero(), s22 = zero();
  const pixel = r.channels << 2, row = r.wi * pixel;
  const top = inside(r.y0, r.hi), middle = inside(r.y0 + 1, r.hi), bottom = inside(r.y0 + 2, r.hi);
  const step = r.strideW * pixel, third = 2 * pixel;
  for (let ox = from; ox < to;) {
    const x0 = ox * r.strideW - r.padLeft;
    let at = x + r.y0 * row + x0 * pixel;
    const d = v128.load(dy + ox * pixel);
    if (x0 < 0 || x0 + 2 >= r.wi) {
      edgeWeights(r, at, x0, d, dw, lanes, top, middle, bottom);
      ox++;
      continue;
    }
    // Two pixels where both windows are inside: each sum takes two products a turn.
    const two = ox + 1 < to && x0 + r.strideW + 2 < r.wi;
    const e = two ? v128.load(dy + ox * pixel + pixel) : zero();
    const more = two ? step : 0;
    if (top) {
      const near = at + more;
      s00 = fma(v128.load(near), e, fma(v128.load(at), d, s00));
      s01 = fma(v128.load(near + pixel), e, fma(v128.load(at + pixel), d, s01));
      s02 = fma(v128.load(near + third), e, fma(v128.load(at + third), d, s02));
    }
    at += row;
    if (middle) {
      const near = at + more;
      s10 = fma(v128.load(near), e, fma(v128.load(at), d, s10));
      s11 = fma(v128.load(near + pixel), e, fma(v128.load(at + pixel), d, s11));
      s12 = fma(v128.load(near + third), e, fma(v128.load(at + third), d, s12));
    }
    at += row;
    if (bottom) {
      const near = at + more;
      s20 = fma(v128.load(near), e, fma(v128.load(at), d, s20));
      s21 = fma(v128.load(near + pixel), e, fma(v128.load(at + pixel), d, s21));
      s22 = fma(v128.load(near + third), e, fma(v128.load(at + third), d, s22));
    }
    ox += two ? 2 : 1;
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
