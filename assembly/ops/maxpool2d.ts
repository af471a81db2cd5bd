import { storeLanes, zero } from "../simd";
import { share } from "../slice";
import { MaxPool2dBackwardStep, MaxPool2dForwardStep } from "../steps";
import { mostRow_2x2, mostWindow } from "./maxpool2dvalues";
import { firstWindow, lastWindow, windowEnd, windowStart } from "./windows";

// Channels lie on the vector side.

/** y = maximum of each window, argmax = its place h·wi + w; the first wins ties, NaN wins over all. Without argmax the same y
 *  at less expense. Split over output rows. */
export function maxPool2dForward(s: MaxPool2dForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.ho, worker + 1, workers);
  const small = s.kh == 2 && s.kw == 2 && (s.dilationH | s.dilationW) == 1 && !s.adaptive && !(s.padTop | s.padLeft)
    && (s.ho - 1) * s.strideH + 2 <= s.hi && (s.wo - 1) * s.strideW + 2 <= s.wi;
  for (let row = share(live * s.ho, worker, workers); row < last; row++) {
    const image = row / s.ho, oy = row - image * s.ho;
    const x = s.x + (<usize>image * s.hi * s.wi * s.c << 2), at = <usize>(row * s.wo) * s.yRow << 2;
    if (!small) maxRow(s, x, at, oy);
    else if (s.argmax) maxRow_2x2(s, x, at, oy * s.strideH * s.wi);
    else mostRow_2x2(s, x, at, oy * s.strideH * s.wi);
  }
}

/** One row of outputs. `at`: its bytes into y's columns, and into argmax, which only a y of its own has. */
function maxRow(s: MaxPool2dForwardStep, x: usize, at: usize, oy: i32): void {
  const top = windowStart(oy, s.hi, s.ho, s.strideH, s.padTop, s.dilationH, s.adaptive);
  const bottom = windowEnd(oy, s.hi, s.ho, s.kh, s.strideH, s.padTop, s.dilationH, s.adaptive);
  const y = s.y + (s.yFrom << 2);
  for (let ox = 0; ox < s.wo; ox++, at += s.yRow << 2) {
    const left = windowStart(ox, s.wi, s.wo, s.strideW, s.padLeft, s.dilationW, s.adaptive);
    const right = windowEnd(ox, s.wi, s.wo, s.kw, s.strideW, s.padLeft, s.dilationW, s.adaptive);
    if (s.argmax) maxWindow(s, x, y + at, s.argmax + at, top, bottom, left, right);
    else mostWindow(s, x, y + at, top, bottom, left, right);
  }
}

/** One row of outputs whose windows are 2x2 and inside the image. `at`: the row's bytes into y; `place`: the first window's. */
function maxRow_2x2(s: MaxPool2dForwardStep, x: usize, at: usize, place: i32): void {
  const pixel = s.c << 2, row = s.wi * pixel, step = s.strideW * pixel;
  let y = s.y + at, argmax = s.argmax + at;
  x += <usize>place * pixel;
  for (let end = y + s.wo * pixel; y < end; y += pixel, argmax += pixel, x += step, place += s.strideW) {
    const p0 = i32x4.splat(place), p1 = i32x4.splat(place + 1), p2 = i32x4.splat(place + s.wi), p3 = i32x4.splat(place + s.wi + 1);
    for (let c = 0; c < pixel; c += 16) {
      const from = x + c, below = from + row;
      let best = v128.load(from), spot = p0;
      let value = v128.load(from + pixel), won = wins(value, best);
      best = v128.bitselect(value, best, won);
      spot = v128.bitselect(p1, spot, won);
      value = v128.load(below);
      won = wins(value, best);
      best = v128.bitselect(value, best, won);
      spot = v128.bitselect(p2, spot, won);
      value = v128.load(below + pixel);
      won = wins(value, best);
      best = v128.bitselect(value, best, won);
      spot = v128.bitselect(p3, spot, won);
      storeLanes(y + c, best, (pixel - c) >> 2);
      storeLanes(argmax + c, spot, (pixel - c) >> 2);
    }
  }
}

function maxWindow(s: MaxPool2dForwardStep, x: usize, y: usize, argmax: usize, top: i32, bottom: i32, left: i32, right: i32): void {
  const pixel = s.c << 2, blocks = pixel & ~63;
  const first = top * s.wi + left, row = s.dilationH * s.wi, stop = (bottom - top) * s.wi;
  let c = 0;
  for (; c < blocks; c += 64) maxBlock(x + c, y + c, argmax + c, pixel, first, row, stop, right - left, s.dilationW);
  for (; c < pixel; c += 16) maxVector(x + c, y + c, argmax + c, pixel, first, row, stop, right - left, s.dilationW, (pixel - c) >> 2);
}

/** Lanes where `value` takes the place of `best`. */
// @ts-ignore: decorator
@inline
function wins(value: v128, best: v128): v128 {
  return v128.or(f32x4.gt(value, best), f32x4.ne(value, value));
}

/** Four channels of a window: rows `row` places apart until `stop`, columns `step` apart until `width`, from place `first`. */
function maxVector(x: usize, y: usize, argmax: usize, pixel: i32, first: i32, row: i32, stop: i32, width: i32, step: i32, lanes: i32): void {
  let best = f32x4.splat(-Infinity), place = i32x4.splat(first);
  for (let down = 0; down < stop; down += row) {
    for (let at = first + down, end = at + width; at < end; at += step) {
      const value = v128.load(x + <usize>at * pixel), won = wins(value, best);
      best = v128.bitselect(value, best, won);
      place = v128.bitselect(i32x4.splat(at), place, won);
    }
  }
  storeLanes(y, best, lanes);
  storeLanes(argmax, place, lanes);
}

/** Sixteen channels, as maxVector, which takes over where their sum is NaN: then a number may be. Places rise, so the larger is the later. */
function maxBlock(x: usize, y: usize, argmax: usize, pixel: i32, first: i32, row: i32, stop: i32, width: i32, step: i32): void {
  let b0 = f32x4.splat(-Infinity), b1 = b0, b2 = b0, b3 = b0, sum = zero();
  let p0 = i32x4.splat(first), p1 = p0, p2 = p0, p3 = p0;
  const stepBytes = step * pixel;
  for (let down = 0; down < stop; down += row) {
    let from = x + <usize>(first + down) * pixel;
    for (let at = first + down, end = at + width; at < end; at += step, from += stepBytes) {
      const here = i32x4.splat(at);
      let value = v128.load(from);
      sum = f32x4.add(sum, value);
      p0 = i32x4.max_s(p0, v128.and(here, f32x4.gt(value, b0)));
      b0 = f32x4.pmax(b0, value);
      value = v128.load(from, 16);
      sum = f32x4.add(sum, value);
      p1 = i32x4.max_s(p1, v128.and(here, f32x4.gt(value, b1)));
      b1 = f32x4.pmax(b1, value);
      value = v128.load(from, 32);
      sum = f32x4.add(sum, value);
      p2 = i32x4.max_s(p2, v128.and(here, f32x4.gt(value, b2)));
      b2 = f32x4.pmax(b2, value);
      value = v128.load(from, 48);
      sum = f32x4.add(sum, value);
      p3 = i32x4.max_s(p3, v128.and(here, f32x4.gt(value, b3)));
      b3 = f32x4.pmax(b3, value);
    }
  }
  if (v128.any_true(f32x4.ne(sum, sum))) {
    for (let c: usize = 0; c < 64; c += 16) maxVector(x + c, y + c, argmax + c, pixel, first, row, stop, width, step, 4);
    return;
  }
  v128.store(y, b0); v128.store(y, b1, 16); v128.store(y, b2, 32); v128.store(y, b3, 48);
  v128.store(argmax, p0); v128.store(argmax, p1, 16); v128.store(argmax, p2, 32); v128.store(argmax, p3, 48);
}

/** dx (+)= Σ of dy over the windows whose argmax is this pixel. Windows that do not meet are split over their rows, each handing
 *  out its residual; others over input rows, each pixel gathering from its windows. */
export function maxPool2dBackward(s: MaxPool2dBackwardStep, live: i32, worker: i32, workers: i32): void {
  if (!s.adaptive && !s.accumulate && s.strideH == s.kh && s.strideW == s.kw && (s.dilationH | s.dilationW) == 1 && (s.padTop | s.padLeft) == 0) {
    const last = share(live * s.ho, worker + 1, workers);
    for (let row = share(live * s.ho, worker, workers); row < last; row++) handOutRow(s, row);
  } else {
    const last = share(live * s.hi, worker + 1, workers);
    for (let row = share(live * s.hi, worker, workers); row < last; row++) gatherRow(s, row);
  }
}

/** One row of windows that tile the image, and for the last one the image rows below it. */
function handOutRow(s: MaxPool2dBackwardStep, row: i32): void {
  const image = row / s.ho, oy = row - image * s.ho, pixel = s.c << 2;
  const top = oy * s.kh, bottom = min(s.hi, top + s.kh);
  const dx = s.dx + <usize>(image * s.hi * s.wi) * pixel;
  const windows = <usize>(row * s.wo) * pixel;
  for (let iy = top; iy < bottom; iy++) {
    handOut(s, s.dy + windows, s.argmax + windows, dx + <usize>(iy * s.wi) * pixel, iy * s.wi);
  }
  if (oy == s.ho - 1 && bottom < s.hi) memory.fill(dx + <usize>(bottom * s.wi) * pixel, 0, <usize>((s.hi - bottom) * s.wi) * pixel);
}

/** One image row; `place` is its first pixel's. */
function handOut(s: MaxPool2dBackwardStep, dy: usize, argmax: usize, dx: usize, place: i32): void {
  const pixel = s.c << 2, whole = pixel & ~15, end = dx + s.wi * pixel, run = s.kw * pixel;
  for (let ox = 0; ox < s.wo; ox++, dx += run, place += s.kw, dy += pixel, argmax += pixel) {
    const stop = min(end, dx + run);
    let c = 0;
    for (; c < whole; c += 16) {
      const residual = f32x4.add(zero(), v128.load(dy + c)), won = v128.load(argmax + c);
      for (let to = dx, at = place; to < stop; to += pixel, at++) v128.store(to + c, v128.and(residual, i32x4.eq(won, i32x4.splat(at))));
    }
    if (c < pixel) {
      const residual = f32x4.add(zero(), v128.load(dy + c)), won = v128.load(argmax + c), lanes = (pixel - c) >> 2;
      for (let to = dx, at = place; to < stop; to += pixel, at++) storeLanes(to + c, v128.and(residual, i32x4.eq(won, i32x4.splat(at))), lanes);
    }
  }
  if (dx < end) memory.fill(dx, 0, end - dx);
}

function gatherRow(s: MaxPool2dBackwardStep, row: i32): void {
  const image = row / s.hi, iy = row - image * s.hi, pixel = s.c << 2;
  const oy0 = firstWindow(iy, s.hi, s.ho, s.kh, s.strideH, s.padTop, s.dilationH, s.adaptive);
  const oy1 = lastWindow(iy, s.hi, s.ho, s.strideH, s.padTop, s.adaptive);
  const windows = <usize>(image * s.ho * s.wo) * pixel;
  let dx = s.dx + <usize>(row * s.wi) * pixel;
  for (let ix = 0; ix < s.wi; ix++, dx += pixel) {
    const ox0 = firstWindow(ix, s.wi, s.wo, s.kw, s.strideW, s.padLeft, s.dilationW, s.adaptive);
    const ox1 = lastWindow(ix, s.wi, s.wo, s.strideW, s.padLeft, s.adaptive);
    gatherPixel(s, windows, dx, iy * s.wi + ix, oy0, oy1, ox0, ox1);
  }
}

function gatherPixel(s: MaxPool2dBackwardStep, windows: usize, dx: usize, place: i32, oy0: i32, oy1: i32, ox0: i32, ox1: i32): void {
  const pixel = s.c << 2, blocks = pixel & ~63, row = s.wo * pixel;
  const rows = oy1 - oy0, columns = ox1 - ox0, first = windows + <usize>(oy0 * s.wo + ox0) * pixel;
  let c = 0;
  for (; c < blocks; c += 64) gatherBlock(s.dy + first + c, s.argmax + first + c, dx + c, pixel, row, rows, columns, place, s.accumulate);
  for (; c < pixel; c += 16) gatherVector(s.dy + first + c, s.argmax + first + c, dx + c, pixel, row, rows, columns, place, s.accumulate, (pixel - c) >> 2);
}

// @ts-ignore: decorator
@inline
function wonAt(dy: usize, argmax: usize, here: v128, offset: usize): v128 {
  return v128.and(v128.load(dy + offset), i32x4.eq(v128.load(argmax + offset), here));
}

/** Four channels of a pixel, from `rows` by `columns` windows. */
function gatherVector(dy: usize, argmax: usize, dx: usize, pixel: i32, row: i32, rows: i32, columns: i32, place: i32, accumulate: i32, lanes: i32): void {
  const here = i32x4.splat(place);
  let sum = zero();
  for (; rows > 0; rows--, dy += row, argmax += row) {
    for (let i = 0, at: usize = 0; i < columns; i++, at += pixel) sum = f32x4.add(sum, wonAt(dy, argmax, here, at));
  }
  storeLanes(dx, accumulate ? f32x4.add(v128.load(dx), sum) : sum, lanes);
}

/** Sixteen channels, as gatherVector. */
function gatherBlock(dy: usize, argmax: usize, dx: usize, pixel: i32, row: i32, rows: i32, columns: i32, place: i32, accumulate: i32): void {
  const here = i32x4.splat(place);
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
  for (; rows > 0; rows--, dy += row, argmax += row) {
    for (let i = 0, at: usize = 0; i < columns; i++, at += pixel) {
      s0 = f32x4.add(s0, wonAt(dy, argmax, here, at));
      s1 = f32x4.add(s1, wonAt(dy, argmax, here, at + 16));
      s2 = f32x4.add(s2, wonAt(dy, argmax, here, at + 32));
      s3 = f32x4.add(s3, wonAt(dy, argmax, here, at + 48));
    }
  }
  if (accumulate) {
    s0 = f32x4.add(v128.load(dx), s0);
    s1 = f32x4.add(v128.load(dx, 16), s1);
    s2 = f32x4.add(v128.load(dx, 32), s2);
    s3 = f32x4.add(v128.load(dx, 48), s3);
  }
  v128.store(dx, s0); v128.store(dx, s1, 16); v128.store(dx, s2, 32); v128.store(dx, s3, 48);
}
