import { storeLanes, zero } from "../simd";
import { share } from "../slice";
import { AvgPool2dBackwardStep, AvgPool2dForwardStep, MaxPool2dBackwardStep, MaxPool2dForwardStep, Pool2dGeometry } from "../steps";

// Channels lie on the vector side. Forward runs over windows, backward over input pixels: each gathers from the windows
// that hold it, so that every gradient has one writer.

/** First k >= 0 with start + k·dilation >= 0. */
// @ts-ignore: decorator
@inline
function firstInside(start: i32, dilation: i32): i32 {
  return start >= 0 ? 0 : (-start + dilation - 1) / dilation;
}

/** One past the last k < kernel with start + k·dilation < size. */
// @ts-ignore: decorator
@inline
function lastInside(start: i32, dilation: i32, size: i32, kernel: i32): i32 {
  return start >= size ? 0 : min(kernel, (size - start + dilation - 1) / dilation);
}

/** y = maximum of each window, argmax = its place h·wi + w; the first wins ties, NaN wins over all. Split over output rows. */
export function maxPool2dForward(s: MaxPool2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.ho, worker + 1, workers);
  for (let row = share(live * s.ho, worker, workers); row < last; row++) {
    const image = row / s.ho;
    for (let ox = 0; ox < s.wo; ox++) maxWindow(s, image, row - image * s.ho, ox);
  }
}

function maxWindow(s: MaxPool2dForwardStep, image: i32, oy: i32, ox: i32): void {
  const y0 = oy * s.strideH - s.padTop, x0 = ox * s.strideW - s.padLeft;
  const ky0 = firstInside(y0, s.dilationH), ky1 = lastInside(y0, s.dilationH, s.hi, s.kh);
  const kx0 = firstInside(x0, s.dilationW), kx1 = lastInside(x0, s.dilationW, s.wi, s.kw);
  const from = s.x + (<usize>image * s.hi * s.wi * s.c << 2);
  const to = <usize>((image * s.ho + oy) * s.wo + ox) * s.c << 2;
  const start = (y0 + ky0 * s.dilationH) * s.wi + x0 + kx0 * s.dilationW;
  for (let c = 0; c < s.c; c += 4) {
    let best = f32x4.splat(-Infinity), place = i32x4.splat(start);
    for (let ky = ky0; ky < ky1; ky++) {
      let at = (y0 + ky * s.dilationH) * s.wi + x0 + kx0 * s.dilationW;
      for (let kx = kx0; kx < kx1; kx++, at += s.dilationW) {
        const value = v128.load(from + ((<usize>at * s.c + c) << 2));
        const wins = v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
        best = v128.bitselect(value, best, wins);
        place = v128.bitselect(i32x4.splat(at), place, wins);
      }
    }
    storeLanes(s.y + to + (c << 2), best, s.c - c);
    storeLanes(s.argmax + to + (c << 2), place, s.c - c);
  }
}

/** dx (+)= Σ of dy over the windows whose argmax is this pixel. Split over input rows. */
export function maxPool2dBackward(s: MaxPool2dBackwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.hi, worker + 1, workers);
  const reachX = (s.kw - 1) * s.dilationW, reachY = (s.kh - 1) * s.dilationH;
  for (let row = share(live * s.hi, worker, workers); row < last; row++) {
    const image = row / s.hi, iy = row - image * s.hi;
    const oy0 = max(0, (iy + s.padTop - reachY + s.strideH - 1) / s.strideH), oy1 = min(s.ho, (iy + s.padTop) / s.strideH + 1);
    const windows = <usize>image * s.ho * s.wo * s.c << 2;
    let ox0 = 0, ox1 = 0;
    for (let ix = 0; ix < s.wi; ix++) {
      while (ox0 * s.strideW + reachX < ix + s.padLeft) ox0++;
      while (ox1 < s.wo && ox1 * s.strideW <= ix + s.padLeft) ox1++;
      maxPixel(s, windows, s.dx + (<usize>(row * s.wi + ix) * s.c << 2), iy * s.wi + ix, oy0, oy1, ox0, ox1);
    }
  }
}

function maxPixel(s: MaxPool2dBackwardStep, windows: usize, dx: usize, place: i32, oy0: i32, oy1: i32, ox0: i32, ox1: i32): void {
  const here = i32x4.splat(place);
  for (let c = 0; c < s.c; c += 4) {
    let sum = zero();
    for (let oy = oy0; oy < oy1; oy++) {
      let at = windows + ((<usize>(oy * s.wo + ox0) * s.c + c) << 2);
      for (let ox = ox0; ox < ox1; ox++, at += s.c << 2) {
        sum = f32x4.add(sum, v128.and(v128.load(s.dy + at), i32x4.eq(v128.load(s.argmax + at), here)));
      }
    }
    const to = dx + (c << 2);
    storeLanes(to, s.accumulate ? f32x4.add(v128.load(to), sum) : sum, s.c - c);
  }
}

/** What a window's sum is divided by (ATen's rule): `divisor`, or its elements in the padded image, or in the image. */
// @ts-ignore: decorator
@inline
function divisorOf(s: Pool2dGeometry, y0: i32, x0: i32, padBottom: i32, padRight: i32, includePad: i32, divisor: i32): f32 {
  if (divisor) return <f32>divisor;
  if (includePad) return <f32>((min(y0 + s.kh, s.hi + padBottom) - y0) * (min(x0 + s.kw, s.wi + padRight) - x0));
  return <f32>((min(y0 + s.kh, s.hi) - max(y0, 0)) * (min(x0 + s.kw, s.wi) - max(x0, 0)));
}

/** y = Σ of each window / divisor. Split over output rows. */
export function avgPool2dForward(s: AvgPool2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.ho, worker + 1, workers);
  for (let row = share(live * s.ho, worker, workers); row < last; row++) {
    const image = row / s.ho;
    const y0 = (row - image * s.ho) * s.strideH - s.padTop;
    const x = s.x + (<usize>image * s.hi * s.wi * s.c << 2);
    for (let ox = 0; ox < s.wo; ox++) {
      const x0 = ox * s.strideW - s.padLeft;
      const divisor = divisorOf(s, y0, x0, s.padBottom, s.padRight, s.countIncludePad, s.divisor);
      avgWindow(s, x, s.y + (<usize>(row * s.wo + ox) * s.c << 2), y0, x0, divisor);
    }
  }
}

function avgWindow(s: AvgPool2dForwardStep, x: usize, y: usize, y0: i32, x0: i32, divisor: f32): void {
  const top = max(y0, 0), bottom = min(y0 + s.kh, s.hi), left = max(x0, 0), right = min(x0 + s.kw, s.wi);
  const by = f32x4.splat(divisor);
  for (let c = 0; c < s.c; c += 4) {
    let sum = zero();
    for (let iy = top; iy < bottom; iy++) {
      let at = x + ((<usize>(iy * s.wi + left) * s.c + c) << 2);
      for (let ix = left; ix < right; ix++, at += s.c << 2) sum = f32x4.add(sum, v128.load(at));
    }
    storeLanes(y + (c << 2), f32x4.div(sum, by), s.c - c);
  }
}

/** dx (+)= Σ of dy / divisor over the windows that hold the pixel. Split over input rows. */
export function avgPool2dBackward(s: AvgPool2dBackwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.hi, worker + 1, workers);
  for (let row = share(live * s.hi, worker, workers); row < last; row++) {
    const image = row / s.hi, iy = row - image * s.hi;
    const oy0 = max(0, (iy + s.padTop - s.kh + s.strideH) / s.strideH), oy1 = min(s.ho, (iy + s.padTop) / s.strideH + 1);
    const windows = s.dy + (<usize>image * s.ho * s.wo * s.c << 2);
    let ox0 = 0, ox1 = 0;
    for (let ix = 0; ix < s.wi; ix++) {
      while (ox0 * s.strideW + s.kw <= ix + s.padLeft) ox0++;
      while (ox1 < s.wo && ox1 * s.strideW <= ix + s.padLeft) ox1++;
      avgPixel(s, windows, s.dx + (<usize>(row * s.wi + ix) * s.c << 2), oy0, oy1, ox0, ox1);
    }
  }
}

function avgPixel(s: AvgPool2dBackwardStep, windows: usize, dx: usize, oy0: i32, oy1: i32, ox0: i32, ox1: i32): void {
  for (let c = 0; c < s.c; c += 4) {
    let sum = zero();
    for (let oy = oy0; oy < oy1; oy++) {
      const y0 = oy * s.strideH - s.padTop;
      let at = windows + ((<usize>(oy * s.wo + ox0) * s.c + c) << 2);
      for (let ox = ox0; ox < ox1; ox++, at += s.c << 2) {
        const divisor = divisorOf(s, y0, ox * s.strideW - s.padLeft, s.padBottom, s.padRight, s.countIncludePad, s.divisor);
        sum = f32x4.add(sum, f32x4.div(v128.load(at), f32x4.splat(divisor)));
      }
    }
    const to = dx + (c << 2);
    storeLanes(to, s.accumulate ? f32x4.add(v128.load(to), sum) : sum, s.c - c);
  }
}
