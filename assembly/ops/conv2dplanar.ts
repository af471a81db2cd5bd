import { PANEL } from "../abi";
import { Epilogue, clamped } from "../gemm/epilogue";
import { View, isPadded, padImage } from "../gemm/patches";
import { fma, storeLanes, storeTransposed4, zero } from "../simd";
import { share } from "../slice";
import { Conv2dForwardStep } from "../steps";

// Forward of one input channel and fewer outputs than a panel has columns (LeNet-5's C1): pixels on the vector side, eight of a row at a
// time, so that no column is computed in vain. Each output adds its terms in the tile's order.

/** Pixels of a tile. */
const WIDE: i32 = 8;

/** The shapes that this file takes. */
// @ts-ignore: decorator
@inline
export function isPlanar(s: Conv2dForwardStep): bool {
  return s.ci == 1 && s.co < PANEL && s.groups == 1 && s.strideW == 1 && s.wo >= WIDE && !s.accumulate && !s.statistics && !s.addend;
}

/** Split over rows of all images. `view` is of x, padded images in it one at a time. */
export function planarForward(s: Conv2dForwardStep, view: View, live: i32, worker: i32, workers: i32): void {
  const first = share(live * s.ho, worker, workers), last = share(live * s.ho, worker + 1, workers);
  const reach = (s.kh - 1) * s.dilationH + 1;
  for (let row = first; row < last;) {
    const image = row / s.ho, top = row - image * s.ho, bottom = min(s.ho, last - image * s.ho);
    let x = view.base;
    if (isPadded(s)) {
      const from = s.x + (<usize>(image * s.hi * s.wi) << 2);
      padImage(from, x, s.hi, s.wi, 4, s.padTop, s.padLeft, s.padRight, top * s.strideH, (bottom - 1) * s.strideH + reach);
    } else {
      x += image * view.imageBytes;
    }
    for (let oy = top; oy < bottom; oy++) planarRow(s, x + oy * s.strideH * view.rowBytes, s.y + (<usize>((image * s.ho + oy) * s.wo * s.yRow + s.yFrom) << 2), view.rowBytes);
    row = image * s.ho + bottom;
  }
}

/** One row of outputs. The last tile begins early where the row is no multiple of a tile: those pixels are computed twice, alike. */
function planarRow(s: Conv2dForwardStep, x: usize, y: usize, rowBytes: usize): void {
  for (let ox = 0; ox < s.wo; ox += WIDE) {
    const at = min(ox, s.wo - WIDE) << 2;
    let c = 0;
    for (; s.co - c > 2; c += 4) planarTile_4x8(s, x + at, s.w + (c << 2), y + at * s.yRow + (c << 2), rowBytes, c);
    if (c < s.co) planarTile_2x8(s, x + at, s.w + (c << 2), y + at * s.yRow + (c << 2), rowBytes, c);
  }
}

// @ts-ignore: decorator
@inline
function finished(sum: v128, s: Conv2dForwardStep, c: i32): v128 {
  if (s.b) sum = f32x4.add(sum, v128.load32_splat(s.b + (c << 2)));
  return s.clamp ? clamped(sum, changetype<Epilogue>(changetype<usize>(s) + offsetof<Conv2dForwardStep>("statistics"))) : sum;
}

/** Four output channels of eight pixels; w: [kh · kw][8]. Where a row of pixels ends within the four, what lies behind is not touched. */
function planarTile_4x8(s: Conv2dForwardStep, x: usize, w: usize, y: usize, rowBytes: usize, c: i32): void {
  const across: usize = s.dilationW << 2, down = s.dilationH * rowBytes, run = s.kw * across;
  let a0 = zero(), a1 = zero(), b0 = zero(), b1 = zero(), c0 = zero(), c1 = zero(), d0 = zero(), d1 = zero();
  for (let ky = s.kh; ky > 0; ky--, x += down) {
    for (let at = x, end = x + run; at < end; at += across, w += PANEL << 2) {
      const near = v128.load(at), far = v128.load(at, 16);
      let k = v128.load32_splat(w);
      a0 = fma(near, k, a0); a1 = fma(far, k, a1);
      k = v128.load32_splat(w, 4);
      b0 = fma(near, k, b0); b1 = fma(far, k, b1);
      k = v128.load32_splat(w, 8);
      c0 = fma(near, k, c0); c1 = fma(far, k, c1);
      k = v128.load32_splat(w, 12);
      d0 = fma(near, k, d0); d1 = fma(far, k, d1);
    }
  }
  const pixel = s.yRow << 2, left = s.co - c;
  storePixels(y, pixel, finished(a0, s, c), finished(b0, s, c + 1), finished(c0, s, c + 2), left > 3 ? finished(d0, s, c + 3) : d0, left);
  storePixels(y + 4 * pixel, pixel, finished(a1, s, c), finished(b1, s, c + 1), finished(c1, s, c + 2), left > 3 ? finished(d1, s, c + 3) : d1, left);
}

/** Four pixels of four channels, of which `left` exist. */
function storePixels(y: usize, pixel: i32, a: v128, b: v128, c: v128, d: v128, left: i32): void {
  if (left > 3) {
    storeTransposed4(y, pixel, a, b, c, d);
    return;
  }
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  storeLanes(y, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5), left);
  storeLanes(y + pixel, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), left);
  storeLanes(y + 2 * pixel, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), left);
  storeLanes(y + 3 * pixel, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), left);
}

/** One or two output channels of eight pixels. */
function planarTile_2x8(s: Conv2dForwardStep, x: usize, w: usize, y: usize, rowBytes: usize, c: i32): void {
  const across: usize = s.dilationW << 2, down = s.dilationH * rowBytes, run = s.kw * across;
  let a0 = zero(), a1 = zero(), b0 = zero(), b1 = zero();
  for (let ky = s.kh; ky > 0; ky--, x += down) {
    for (let at = x, end = x + run; at < end; at += across, w += PANEL << 2) {
      const near = v128.load(at), far = v128.load(at, 16);
      let k = v128.load32_splat(w);
      a0 = fma(near, k, a0); a1 = fma(far, k, a1);
      k = v128.load32_splat(w, 4);
      b0 = fma(near, k, b0); b1 = fma(far, k, b1);
    }
  }
  const pixel = s.yRow << 2, two = s.co - c > 1;
  storePairs(y, pixel, finished(a0, s, c), two ? finished(b0, s, c + 1) : b0, two);
  storePairs(y + 4 * pixel, pixel, finished(a1, s, c), two ? finished(b1, s, c + 1) : b1, two);
}

/** Four pixels of one or two channels. */
function storePairs(y: usize, pixel: i32, a: v128, b: v128, two: bool): void {
  const low = v128.shuffle<f32>(a, b, 0, 4, 1, 5), high = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  if (two) {
    v128.store64_lane(y, low, 0);
    v128.store64_lane(y + pixel, low, 1);
    v128.store64_lane(y + 2 * pixel, high, 0);
    v128.store64_lane(y + 3 * pixel, high, 1);
  } else {
    v128.store32_lane(y, a, 0);
    v128.store32_lane(y + pixel, a, 1);
    v128.store32_lane(y + 2 * pixel, a, 2);
    v128.store32_lane(y + 3 * pixel, a, 3);
  }
}
