import { storeLanes, zero } from "../simd";
import { share } from "../slice";
import { AvgPool2dBackwardStep, AvgPool2dForwardStep, AvgPool2dGeometry } from "../steps";
import { columnSum } from "./bias";
import { firstWindow, lastWindow, windowEnd, windowStart } from "./windows";

// Channels lie on the vector side. `divisor` is what every window's sum is divided by; 0 where windows differ.

/** Pixels whose sum is taken before it joins the total, where a window's pixels lie side by side. */
const BLOCK: i32 = 64;

/** What window (oy, ox) is divided by (ATen's rule): `divisor`, or its elements in the padded image, or in the image. */
function divisorOf(s: AvgPool2dGeometry, oy: i32, ox: i32): f32 {
  if (s.divisor) return <f32>s.divisor;
  if (s.countIncludePad && !s.adaptive) {
    const y0 = oy * s.strideH - s.padTop, x0 = ox * s.strideW - s.padLeft;
    return <f32>((min(y0 + s.kh, s.hi + s.padBottom) - y0) * (min(x0 + s.kw, s.wi + s.padRight) - x0));
  }
  const rows = windowEnd(oy, s.hi, s.ho, s.kh, s.strideH, s.padTop, 1, s.adaptive) - windowStart(oy, s.hi, s.ho, s.strideH, s.padTop, 1, s.adaptive);
  const columns = windowEnd(ox, s.wi, s.wo, s.kw, s.strideW, s.padLeft, 1, s.adaptive) - windowStart(ox, s.wi, s.wo, s.strideW, s.padLeft, 1, s.adaptive);
  return <f32>rows * <f32>columns;
}

/** y = Σ of each window / divisor. Split over output rows. */
export function avgPool2dForward(s: AvgPool2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.ho, worker + 1, workers);
  const small = s.divisor && s.kh == 2 && s.kw == 2 && !s.adaptive && !(s.padTop | s.padLeft)
    && (s.ho - 1) * s.strideH + 2 <= s.hi && (s.wo - 1) * s.strideW + 2 <= s.wi;
  for (let row = share(live * s.ho, worker, workers); row < last; row++) {
    const image = row / s.ho, oy = row - image * s.ho;
    const x = s.x + (<usize>image * s.hi * s.wi * s.c << 2), y = s.y + ((<usize>row * s.wo * s.yRow + s.yFrom) << 2);
    if (small) avgRow_2x2(x + (<usize>(oy * s.strideH * s.wi) * s.c << 2), y, s.yRow << 2, s.c << 2, s.wi * s.c << 2, s.strideW * s.c << 2, s.wo, <f32>s.divisor);
    else avgRow(s, x, y, oy);
  }
}

/** One row of outputs whose windows are 2x2 and inside the image. x: the first window; sizes in bytes. */
function avgRow_2x2(x: usize, y: usize, yRow: i32, pixel: i32, row: i32, step: i32, count: i32, divisor: f32): void {
  const by = f32x4.splat(divisor), whole = pixel & ~15;
  for (const end = y + count * yRow; y < end; y += yRow, x += step) {
    let c = 0;
    for (; c < whole; c += 16) v128.store(y + c, avgOf4(x + c, pixel, row, by));
    if (c < pixel) storeLanes(y + c, avgOf4(x + c, pixel, row, by), (pixel - c) >> 2);
  }
}

// @ts-ignore: decorator
@inline
function avgOf4(x: usize, pixel: i32, row: i32, by: v128): v128 {
  const below = x + row;
  const sum = f32x4.add(f32x4.add(f32x4.add(zero(), v128.load(x)), v128.load(x + pixel)), v128.load(below));
  return f32x4.div(f32x4.add(sum, v128.load(below + pixel)), by);
}

function avgRow(s: AvgPool2dForwardStep, x: usize, y: usize, oy: i32): void {
  const top = windowStart(oy, s.hi, s.ho, s.strideH, s.padTop, 1, s.adaptive);
  const bottom = windowEnd(oy, s.hi, s.ho, s.kh, s.strideH, s.padTop, 1, s.adaptive);
  const pixel = s.c << 2, row = s.wi * pixel;
  for (let ox = 0; ox < s.wo; ox++, y += s.yRow << 2) {
    const left = windowStart(ox, s.wi, s.wo, s.strideW, s.padLeft, 1, s.adaptive);
    const right = windowEnd(ox, s.wi, s.wo, s.kw, s.strideW, s.padLeft, 1, s.adaptive);
    const divisor = divisorOf(s, oy, ox);
    const from = x + top * row + left * pixel;
    if (right - left == s.wi && bottom - top > 1) avgOfRun(from, y, pixel, (bottom - top) * s.wi, s.c, divisor);
    else meanOf(from, y, pixel, row, bottom - top, right - left, divisor, 0);
  }
}

/** y (+)= Σ / divisor over `rows` by `columns` pixels, `row` bytes between rows: a window's mean, or a pixel's part of its windows' residuals. */
function meanOf(x: usize, y: usize, pixel: i32, row: i32, rows: i32, columns: i32, divisor: f32, accumulate: i32): void {
  const by = f32x4.splat(divisor), blocks = pixel & ~63;
  let c = 0;
  for (; c < blocks; c += 64) meanBlock(x + c, y + c, pixel, row, rows, columns, by, accumulate);
  for (; c < pixel; c += 16) {
    let sum = zero(), from = x + c;
    for (let left = rows; left > 0; left--, from += row) {
      for (let i = 0, at = from; i < columns; i++, at += pixel) sum = f32x4.add(sum, v128.load(at));
    }
    sum = f32x4.div(sum, by);
    storeLanes(y + c, accumulate ? f32x4.add(v128.load(y + c), sum) : sum, (pixel - c) >> 2);
  }
}

/** Sixteen channels. */
function meanBlock(x: usize, y: usize, pixel: i32, row: i32, rows: i32, columns: i32, by: v128, accumulate: i32): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
  for (; rows > 0; rows--, x += row) {
    for (let i = 0, at = x; i < columns; i++, at += pixel) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
    }
  }
  s0 = f32x4.div(s0, by);
  s1 = f32x4.div(s1, by);
  s2 = f32x4.div(s2, by);
  s3 = f32x4.div(s3, by);
  if (accumulate) {
    s0 = f32x4.add(v128.load(y), s0);
    s1 = f32x4.add(v128.load(y, 16), s1);
    s2 = f32x4.add(v128.load(y, 32), s2);
    s3 = f32x4.add(v128.load(y, 48), s3);
  }
  v128.store(y, s0); v128.store(y, s1, 16); v128.store(y, s2, 32); v128.store(y, s3, 48);
}

/** Mean of `pixels` neighbours: block by block for all channels, so that a block stays in cache and rounding stays small. */
function avgOfRun(x: usize, y: usize, pixel: i32, pixels: i32, channels: i32, divisor: f32): void {
  const by = f32x4.splat(divisor);
  for (let first = 0; first < pixels; first += BLOCK) {
    const rows = min(BLOCK, pixels - first), done = first + rows == pixels;
    const from = x + <usize>first * pixel;
    for (let c = 0; c < channels; c += 4) {
      const at = y + (c << 2);
      let sum = columnSum(from + (c << 2), pixel, rows);
      if (first) sum = f32x4.add(v128.load(at), sum);
      storeLanes(at, done ? f32x4.div(sum, by) : sum, channels - c);
    }
  }
}

/** dx (+)= Σ of dy / divisor over the windows that hold the pixel. Windows that do not meet are split over their rows and spread
 *  out; others over input rows, each pixel gathering from its windows. */
export function avgPool2dBackward(s: AvgPool2dBackwardStep, live: i32, worker: i32, workers: i32): void {
  if (s.divisor && !s.adaptive && s.strideH >= s.kh && s.strideW >= s.kw) {
    const last = share(live * s.ho, worker + 1, workers);
    for (let row = share(live * s.ho, worker, workers); row < last; row++) spreadWindows(s, row);
  } else {
    const last = share(live * s.hi, worker + 1, workers);
    for (let row = share(live * s.hi, worker, workers); row < last; row++) gatherRow(s, row);
  }
}

/** One row of windows, and the image rows from its own up to the next row of windows. */
function spreadWindows(s: AvgPool2dBackwardStep, row: i32): void {
  const image = row / s.ho, oy = row - image * s.ho;
  const start = oy * s.strideH - s.padTop;
  const top = max(0, start), bottom = min(s.hi, start + s.kh);
  const rowBytes = s.wi * s.c << 2;
  const dx = s.dx + <usize>(image * s.hi) * rowBytes;
  const dy = s.dy + (<usize>(row * s.wo) * s.c << 2);
  if (s.accumulate) {
    for (let iy = top; iy < bottom; iy++) addRow(s, dy, dx + <usize>iy * rowBytes);
    return;
  }
  const until = oy == s.ho - 1 ? s.hi : start + s.strideH;
  const first = dx + <usize>top * rowBytes;
  spreadRow(s, dy, first);
  for (let iy = top + 1; iy < bottom; iy++) memory.copy(dx + <usize>iy * rowBytes, first, rowBytes);
  if (until > bottom) memory.fill(dx + <usize>bottom * rowBytes, 0, <usize>(until - bottom) * rowBytes);
}

/** One image row: dy / divisor over each window's columns, zero between windows. */
function spreadRow(s: AvgPool2dBackwardStep, dy: usize, dx: usize): void {
  const by = f32x4.splat(<f32>s.divisor), pixel = s.c << 2, whole = pixel & ~15;
  if (s.strideW > s.kw || s.wo * s.strideW - s.padLeft < s.wi) memory.fill(dx, 0, s.wi * pixel);
  for (let ox = 0, x0 = -s.padLeft; ox < s.wo; ox++, x0 += s.strideW, dy += pixel) {
    const from = dx + max(0, x0) * pixel, end = dx + min(s.wi, x0 + s.kw) * pixel;
    let c = 0;
    for (; c < whole; c += 16) {
      const value = f32x4.add(zero(), f32x4.div(v128.load(dy + c), by));
      for (let to = from; to < end; to += pixel) v128.store(to + c, value);
    }
    if (c < pixel) {
      const value = f32x4.add(zero(), f32x4.div(v128.load(dy + c), by));
      for (let to = from; to < end; to += pixel) storeLanes(to + c, value, (pixel - c) >> 2);
    }
  }
}

function addRow(s: AvgPool2dBackwardStep, dy: usize, dx: usize): void {
  const by = f32x4.splat(<f32>s.divisor), pixel = s.c << 2;
  for (let ox = 0, x0 = -s.padLeft; ox < s.wo; ox++, x0 += s.strideW, dy += pixel) {
    const from = dx + max(0, x0) * pixel, end = dx + min(s.wi, x0 + s.kw) * pixel;
    for (let c = 0; c < pixel; c += 16) {
      const value = f32x4.div(v128.load(dy + c), by);
      for (let to = from + c; to < end; to += pixel) storeLanes(to, f32x4.add(v128.load(to), value), (pixel - c) >> 2);
    }
  }
}

/** One image row, each pixel gathering from its windows. */
function gatherRow(s: AvgPool2dBackwardStep, row: i32): void {
  const image = row / s.hi, iy = row - image * s.hi, pixel = s.c << 2;
  const oy0 = firstWindow(iy, s.hi, s.ho, s.kh, s.strideH, s.padTop, 1, s.adaptive);
  const oy1 = lastWindow(iy, s.hi, s.ho, s.strideH, s.padTop, s.adaptive);
  const windows = s.dy + <usize>(image * s.ho * s.wo) * pixel;
  let dx = s.dx + <usize>(row * s.wi) * pixel;
  for (let ix = 0; ix < s.wi; ix++, dx += pixel) {
    const ox0 = firstWindow(ix, s.wi, s.wo, s.kw, s.strideW, s.padLeft, 1, s.adaptive);
    const ox1 = lastWindow(ix, s.wi, s.wo, s.strideW, s.padLeft, s.adaptive);
    if (s.divisor) meanOf(windows + <usize>(oy0 * s.wo + ox0) * pixel, dx, pixel, s.wo * pixel, oy1 - oy0, ox1 - ox0, <f32>s.divisor, s.accumulate);
    else gatherShares(s, windows, dx, oy0, oy1, ox0, ox1);
  }
}

/** Windows with divisors of their own: one after another, so that each divisor is found once. */
function gatherShares(s: AvgPool2dBackwardStep, windows: usize, dx: usize, oy0: i32, oy1: i32, ox0: i32, ox1: i32): void {
  const pixel = s.c << 2;
  let add = s.accumulate;
  for (let oy = oy0; oy < oy1; oy++) {
    for (let ox = ox0; ox < ox1; ox++) {
      addShare(windows + <usize>(oy * s.wo + ox) * pixel, dx, pixel, divisorOf(s, oy, ox), add);
      add = 1;
    }
  }
  if (!add) memory.fill(dx, 0, pixel);
}

/** dx (+)= dy / divisor for one pixel's channels. */
function addShare(dy: usize, dx: usize, pixel: i32, divisor: f32, add: i32): void {
  const by = f32x4.splat(divisor);
  for (let c = 0; c < pixel; c += 16) {
    const value = f32x4.div(v128.load(dy + c), by);
    storeLanes(dx + c, f32x4.add(add ? v128.load(dx + c) : zero(), value), (pixel - c) >> 2);
  }
}
