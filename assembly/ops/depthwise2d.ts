import { ADD_IF_ACCUMULATING } from "../abi";
import { fma, storeLanes, zero } from "../simd";
import { share } from "../slice";
import { Conv2dGeometry, Depthwise2dBackwardInputStep, Depthwise2dBackwardWeightStep, Depthwise2dForwardStep } from "../steps";

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

/** y[oy, ox, c] (+)= b[c] + Σ x[oy·stride + ky·dilation − pad, …, c] · w[ky, kx, c]. Split over output rows. */
export function depthwise2dForward(s: Depthwise2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.ho, worker + 1, workers);
  for (let row = share(live * s.ho, worker, workers); row < last; row++) {
    const image = row / s.ho;
    const y0 = (row - image * s.ho) * s.strideH - s.padTop;
    const ky0 = firstTap(y0, s.dilationH), ky1 = lastTap(y0, s.dilationH, s.hi, s.kh);
    for (let ox = 0; ox < s.wo; ox++) {
      const x0 = ox * s.strideW - s.padLeft;
      const kx0 = firstTap(x0, s.dilationW), kx1 = lastTap(x0, s.dilationW, s.wi, s.kw);
      const x = s.x + (((image * s.hi + y0) * s.wi + x0) * s.ci << 2);
      forwardPixel(s, x, s.y + (<usize>(row * s.wo + ox) * s.ci << 2), ky0, ky1, kx0, kx1);
    }
  }
}

function forwardPixel(s: Depthwise2dForwardStep, x: usize, y: usize, ky0: i32, ky1: i32, kx0: i32, kx1: i32): void {
  const pixel = s.dilationW * s.ci << 2, row = s.dilationH * s.wi * s.ci << 2, tap = s.ci << 2;
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
    if (s.relu) sum = f32x4.pmax(sum, zero());
    storeLanes(y + at, sum, s.ci - c);
  }
}

/** dx[iy, ix, c] (+)= b[c] + Σ dy[oy, ox, c] · w[ky, kx, c] over oy·stride + ky·dilation − pad = iy. Split over input rows. */
export function depthwise2dBackwardInput(s: Depthwise2dBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.hi, worker + 1, workers);
  for (let row = share(live * s.hi, worker, workers); row < last; row++) {
    const image = row / s.hi;
    for (let ix = 0; ix < s.wi; ix++) inputPixel(s, image, row - image * s.hi, ix);
  }
}

function inputPixel(s: Depthwise2dBackwardInputStep, image: i32, iy: i32, ix: i32): void {
  const dx = s.dx + (<usize>((image * s.hi + iy) * s.wi + ix) * s.ci << 2);
  for (let c = 0; c < s.ci; c += 4) {
    const at = c << 2;
    let sum = zero();
    for (let ky = 0; ky < s.kh; ky++) {
      const y = iy + s.padTop - ky * s.dilationH, oy = y / s.strideH;
      if (y < 0 || oy >= s.ho || oy * s.strideH != y) continue;
      for (let kx = 0; kx < s.kw; kx++) {
        const x = ix + s.padLeft - kx * s.dilationW, ox = x / s.strideW;
        if (x < 0 || ox >= s.wo || ox * s.strideW != x) continue;
        const dy = s.dy + (<usize>((image * s.ho + oy) * s.wo + ox) * s.ci << 2);
        sum = fma(v128.load(dy + at), v128.load(s.w + at + ((ky * s.kw + kx) * s.ci << 2)), sum);
      }
    }
    const to = dx + at;
    if (s.b) sum = f32x4.add(sum, v128.load(s.b + at));
    storeLanes(to, s.accumulate ? f32x4.add(v128.load(to), sum) : sum, s.ci - c);
  }
}

/** dw[ky, kx, c] (+)= Σ over n, oy, ox of x · dy; a row's sum is added up before it joins the total. Split over channels. */
export function depthwise2dBackwardWeight(s: Depthwise2dBackwardWeightStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  const vectors = (s.ci + 3) >> 2;
  const last = share(vectors, worker + 1, workers);
  for (let v = share(vectors, worker, workers); v < last; v++) {
    for (let ky = 0; ky < s.kh; ky++) {
      for (let kx = 0; kx < s.kw; kx++) {
        const to = s.dw + (((ky * s.kw + kx) * s.ci + (v << 2)) << 2);
        const sum = weightSum(s, live, ky, kx, v << 4);
        storeLanes(to, accumulate ? f32x4.add(v128.load(to), sum) : sum, s.ci - (v << 2));
      }
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
