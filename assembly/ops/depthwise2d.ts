import { ADD_IF_ACCUMULATING } from "../abi";
import { Epilogue, finished, statisticsRow } from "../gemm/epilogue";
import { fma, storeLanes, zero } from "../simd";
import { share } from "../slice";
import { Row3x3, forwardRow, weightRow } from "./depthwise3x3";
import { Conv2dGeometry, Depthwise2dBackwardInputStep, Depthwise2dBackwardWeightStep, Depthwise2dForwardStep } from "../steps";

/** Bytes kept for a Row3x3. */
const ROW_BYTES: i32 = 128;

/** Output pixels whose products with x are added up in one go. */
const BLOCK_PIXELS: i32 = 256;

// One filter per channel: channels lie on the vector side. Layouts: x [n, hi, wi, c], w [kh, kw, c], y [n, ho, wo, c].

/** First k >= 0 with k·dilation + start >= 0. */
// @ts-ignore: decorator
@inline
function firstTap(start: i32, dilation: i32): i32 {
  return start >= 0 ? 0 : (-start + dilation - 1) / dilation;
}

/** One past the last k < kernel with k·dilation + start < size. */
// @ts-ignore: decorator
@inline
function lastTap(start: i32, dilation: i32, size: i32, kernel: i32): i32 {
  return start >= size ? 0 : min(kernel, (size - start + dilation - 1) / dilation);
}

/** The shape that assembly/ops/depthwise3x3.ts takes. */
// @ts-ignore: decorator
@inline
function is3x3(s: Conv2dGeometry): bool {
  return s.kh == 3 && s.kw == 3 && s.dilationH == 1 && s.dilationW == 1;
}

/** The record at the start of a worker's scratch; after it room for a tile. */
function rowRecord(scratch: usize, hi: i32, wi: i32, wo: i32, channels: i32, strideW: i32, padLeft: i32): Row3x3 {
  const r = changetype<Row3x3>(scratch);
  r.hi = hi;
  r.wi = wi;
  r.wo = wo;
  r.channels = channels;
  r.strideW = strideW;
  r.padLeft = padLeft;
  r.yRow = channels << 2;
  r.epilogue = 0;
  r.sums = scratch + ROW_BYTES;
  return r;
}

// @ts-ignore: decorator
@inline
function setWeights(r: Row3x3, w: usize, tap: i32, b: usize, accumulate: i32): void {
  r.w = w;
  r.tap = tap;
  r.b = b;
  r.accumulate = accumulate;
}

/** y[oy, ox, c] (+)= b[c] + Σ x[oy·stride + ky·dilation − pad, …, c] · w[ky, kx, c]. Split over output rows. */
export function depthwise2dForward(s: Depthwise2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const r = rowRecord(s.scratch + worker * s.scratchBytes, s.hi, s.wi, s.wo, s.ci, s.strideW, s.padLeft);
  setWeights(r, s.w, s.ci << 2, s.b, s.accumulate);
  if (s.statistics || s.addend || s.clamp) r.epilogue = changetype<usize>(s) + offsetof<Depthwise2dForwardStep>("statistics");
  r.y = s.y + (s.yFrom << 2);
  r.yRow = s.yRow << 2;
  const last = share(live * s.ho, worker + 1, workers);
  for (let row = share(live * s.ho, worker, workers); row < last; row++) {
    const image = row / s.ho;
    const y0 = (row - image * s.ho) * s.strideH - s.padTop;
    if (is3x3(s)) {
      r.y0 = y0;
      forwardRow(r, s.x + (<usize>(image * s.hi * s.wi) * s.ci << 2), r.y + <usize>(row * s.wo) * r.yRow);
      continue;
    }
    const ky0 = firstTap(y0, s.dilationH), ky1 = lastTap(y0, s.dilationH, s.hi, s.kh);
    for (let ox = 0; ox < s.wo; ox++) {
      const x0 = ox * s.strideW - s.padLeft;
      const kx0 = firstTap(x0, s.dilationW), kx1 = lastTap(x0, s.dilationW, s.wi, s.kw);
      const x = s.x + (((image * s.hi + y0) * s.wi + x0) * s.ci << 2);
      forwardPixel(s, x, r.y + <usize>(row * s.wo + ox) * r.yRow, ky0, ky1, kx0, kx1);
    }
  }
}

function forwardPixel(s: Depthwise2dForwardStep, x: usize, y: usize, ky0: i32, ky1: i32, kx0: i32, kx1: i32): void {
  const pixel = s.dilationW * s.ci << 2, row = s.dilationH * s.wi * s.ci << 2, tap = s.ci << 2;
  const epilogue = changetype<Epilogue>(changetype<usize>(s) + offsetof<Depthwise2dForwardStep>("statistics"));
  for (let c = 0; c < s.ci; c += 4) {
    const at = c << 2;
    let sum = zero();
    for (let ky = ky0; ky < ky1; ky++) {
      let from = x + at + ky * row + kx0 * pixel;
      let w = s.w + at + (ky * s.kw + kx0) * tap;
      for (let kx = kx0; kx < kx1; kx++, from += pixel, w += tap) sum = fma(v128.load(from), v128.load(w), sum);
    }
    if (s.b) sum = f32x4.add(sum, v128.load(s.b + at));
    if (s.accumulate) sum = f32x4.add(v128.load(y + at), sum);
    sum = finished(sum, epilogue, s.y + (s.yFrom << 2), y + at, at, statisticsRow(s.ci));
    storeLanes(y + at, sum, s.ci - c);
  }
}

/** dx[iy, ix, c] (+)= b[c] + Σ dy[oy, ox, c] · w[ky, kx, c] over oy·stride + ky·dilation − pad = iy. Split over input rows.
 *  At stride 1 a 3x3 kernel's input gradient is its forward over dy with the kernel turned. */
export function depthwise2dBackwardInput(s: Depthwise2dBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const r = rowRecord(s.scratch + worker * s.scratchBytes, s.ho, s.wo, s.wi, s.ci, 1, 2 - s.padLeft);
  setWeights(r, s.w + (8 * s.ci << 2), -(s.ci << 2), s.b, s.accumulate);
  const turned = is3x3(s) && s.strideH == 1 && s.strideW == 1;
  const last = share(live * s.hi, worker + 1, workers);
  for (let row = share(live * s.hi, worker, workers); row < last; row++) {
    const image = row / s.hi, iy = row - image * s.hi;
    const dy = s.dy + (<usize>(image * s.ho * s.wo) * s.ci << 2), dx = s.dx + (<usize>(row * s.wi) * s.ci << 2);
    r.y0 = iy + s.padTop - 2;
    if (turned) forwardRow(r, dy, dx);
    else inputRow(s, dy, dx, iy);
  }
}

function inputRow(s: Depthwise2dBackwardInputStep, dy: usize, dx: usize, iy: i32): void {
  if (s.b) for (let ix = 0; ix < s.wi; ix++) memory.copy(dx + (ix * s.ci << 2), s.b, s.ci << 2);
  else if (!s.accumulate) memory.fill(dx, 0, s.wi * s.ci << 2);
  for (let ky = 0; ky < s.kh; ky++) {
    const y = iy + s.padTop - ky * s.dilationH, oy = y / s.strideH;
    if (y < 0 || oy >= s.ho || oy * s.strideH != y) continue;
    for (let kx = 0; kx < s.kw; kx++) {
      inputTap(s, dy + (<usize>(oy * s.wo) * s.ci << 2), s.w + ((ky * s.kw + kx) * s.ci << 2), dx, kx * s.dilationW - s.padLeft);
    }
  }
}

/** One kernel position: dx[ox·stride + offset] += dy[ox] · w, for the output pixels that it read. */
function inputTap(s: Depthwise2dBackwardInputStep, dy: usize, w: usize, dx: usize, offset: i32): void {
  const pixel = s.ci << 2;
  const from = offset >= 0 ? 0 : (-offset + s.strideW - 1) / s.strideW;
  for (let ox = from; ox < s.wo && ox * s.strideW + offset < s.wi; ox++) {
    const to = dx + (ox * s.strideW + offset) * pixel, at = dy + ox * pixel;
    for (let c = 0; c < s.ci; c += 4) {
      const k = <usize>c << 2;
      storeLanes(to + k, fma(v128.load(at + k), v128.load(w + k), v128.load(to + k)), s.ci - c);
    }
  }
}

/** dw[ky, kx, c] (+)= Σ over n, oy, ox of x · dy; a row's sum is added up before it joins the total. Split over vectors of channels. */
export function depthwise2dBackwardWeight(s: Depthwise2dBackwardWeightStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  const vectors = (s.ci + 3) >> 2;
  const first = share(vectors, worker, workers) << 2, last = min(s.ci, share(vectors, worker + 1, workers) << 2);
  if (first >= last) return;
  if (is3x3(s)) weights3x3(s, live, accumulate, worker, first, last);
  else for (let c = first; c < last; c += 4) weightsOf(s, live, accumulate, c, last - c);
}

/** Rows of about BLOCK_PIXELS pixels are added up, and their sums joined. In scratch, [⌈c/4⌉][9][4], because a row of dw is shared with the
 *  workers of other channels. */
function weights3x3(s: Depthwise2dBackwardWeightStep, live: i32, accumulate: i32, worker: i32, first: i32, last: i32): void {
  const r = rowRecord(s.scratch + worker * s.scratchBytes, s.hi, s.wi, s.wo, s.ci, s.strideW, s.padLeft);
  const bytes = 36 * ((s.ci + 3) & ~3), total = r.sums, sums = total + bytes, from = 36 * first, to = min(bytes, 36 * ((last + 3) & ~3));
  memory.fill(total, 0, bytes);
  r.lastDy = s.dy + (live * s.ho * s.wo - 5) * (s.ci << 2) - 64;
  const rows = live * s.ho, block = (BLOCK_PIXELS + s.wo - 1) / s.wo;
  for (let row = 0; row < rows; row++) {
    if (row % block == 0) memory.fill(sums, 0, bytes);
    const image = row / s.ho;
    r.y0 = (row - image * s.ho) * s.strideH - s.padTop;
    weightRow(r, s.x + (<usize>(image * s.hi * s.wi) * s.ci << 2), s.dy + (<usize>(row * s.wo) * s.ci << 2), sums, first, last);
    if (row == rows - 1 || (row + 1) % block == 0) {
      for (let i = from; i < to; i += 16) v128.store(total + i, f32x4.add(v128.load(total + i), v128.load(sums + i)));
    }
  }
  for (let i = from; i < to; i += 16) {
    const tap = (i - from) / 16 % 9, c = i / 144 << 2, at = s.dw + ((tap * s.ci + c) << 2), sum = v128.load(total + i);
    storeLanes(at, accumulate ? f32x4.add(v128.load(at), sum) : sum, last - c);
  }
}

function weightsOf(s: Depthwise2dBackwardWeightStep, live: i32, accumulate: i32, c: i32, lanes: i32): void {
  for (let ky = 0; ky < s.kh; ky++) {
    for (let kx = 0; kx < s.kw; kx++) {
      const to = s.dw + (((ky * s.kw + kx) * s.ci + c) << 2);
      const sum = weightSum(s, live, ky, kx, c << 2);
      storeLanes(to, accumulate ? f32x4.add(v128.load(to), sum) : sum, lanes);
    }
  }
}

function weightSum(s: Depthwise2dBackwardWeightStep, live: i32, ky: i32, kx: i32, at: i32): v128 {
  const offsetX = kx * s.dilationW - s.padLeft;
  const ox0 = offsetX >= 0 ? 0 : (-offsetX + s.strideW - 1) / s.strideW;
  const ox1 = offsetX >= s.wi ? 0 : min(s.wo, (s.wi - 1 - offsetX) / s.strideW + 1);
  let total = zero();
  for (let image = 0; image < live; image++) {
    for (let oy = 0; oy < s.ho; oy++) {
      const iy = oy * s.strideH + ky * s.dilationH - s.padTop;
      if (iy < 0 || iy >= s.hi) continue;
      const x = s.x + (<usize>((image * s.hi + iy) * s.wi) * s.ci << 2) + (offsetX * s.ci << 2) + at;
      const dy = s.dy + (<usize>((image * s.ho + oy) * s.wo) * s.ci << 2) + at;
      total = f32x4.add(total, rowSum(x, dy, s.strideW * s.ci << 2, s.ci << 2, ox0, ox1));
    }
  }
  return total;
}

function rowSum(x: usize, dy: usize, xStep: i32, dyStep: i32, from: i32, to: i32): v128 {
  let sum = zero();
  for (let i = from; i < to; i++) sum = fma(v128.load(x + i * xStep), v128.load(dy + i * dyStep), sum);
  return sum;
}
