import { Epilogue, finished, statisticsRow } from "../gemm/epilogue";
import { fma, storeLanes, zero } from "../simd";

// The 3x3 depthwise kernel without dilation, four pixels at a time: they share columns, so that six loads of x and three of w serve twelve
// products. Channels go innermost, because a pixel's lie side by side: memory is read along itself. With pixels innermost lines lie a power of
// two apart and evict one another. Branches between kernel rows keep V8 11.3 from hoisting all loads at once.

/** One output row over one input image: its windows start at row y0 and columns ox·strideW − padLeft, maybe outside. */
@unmanaged export class Row3x3 {
  hi: i32; wi: i32; wo: i32; channels: i32;
  y0: i32; strideW: i32; padLeft: i32;
  w: usize; tap: i32;           // weights, bytes between a channel's (negative: the turned kernel)
  b: usize; accumulate: i32;
  y: usize; yRow: i32;          // where all of y begins, bytes between its pixels
  epilogue: usize;              // 0: none
  sums: usize;                  // a tile on its way out
  lastX: usize; lastDy: usize;  // how far the weight gradient reads ahead
  seen: v128;                   // what it read
}

// @ts-ignore: decorator
@inline
function inside(at: i32, size: i32): bool {
  return <u32>at < <u32>size;
}

/** Whether the four windows from output column ox on share columns and lie inside the image from left to right. */
// @ts-ignore: decorator
@inline
function fourInside(r: Row3x3, ox: i32, x0: i32): bool {
  return r.strideW == 1 && x0 >= 0 && ox + 4 <= r.wo && x0 + 6 <= r.wi;
}

/** Bytes of a pixel that leave as whole vectors, as they are. */
// @ts-ignore: decorator
@inline
function plainBytes(r: Row3x3): i32 {
  return r.b || r.accumulate || r.epilogue ? 0 : (r.channels & ~3) << 2;
}

/** y[ox, c] = b[c] + Σ x · w for the row's pixels. */
export function forwardRow(r: Row3x3, x: usize, y: usize): void {
  const pixel = r.channels << 2;
  x += r.y0 * r.wi * pixel;
  for (let ox = 0; ox < r.wo;) {
    const x0 = ox * r.strideW - r.padLeft, at = x + x0 * pixel, out = y + ox * r.yRow;
    if (fourInside(r, ox, x0)) {
      forwardTile_4x1(r, at, out);
      ox += 4;
    } else {
      forwardPixel(r, at, x0, out);
      ox++;
    }
  }
}

function forwardTile_4x1(r: Row3x3, at: usize, out: usize): void {
  const pixel = r.channels << 2, two = 2 * pixel, row = r.wi * pixel, tap = r.tap, step = r.yRow;
  const top = inside(r.y0, r.hi), middle = inside(r.y0 + 1, r.hi), bottom = inside(r.y0 + 2, r.hi);
  const plain = plainBytes(r);
  let w = r.w;
  for (let c = 0; c < pixel; c += 16, at += 16, w += 16, out += 16) {
    let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
    if (top) {
      const x2 = at + two, x4 = x2 + two;
      const v1 = v128.load(at + pixel), v2 = v128.load(x2), v3 = v128.load(x2 + pixel), v4 = v128.load(x4);
      let k = v128.load(w);
      s0 = fma(v128.load(at), k, s0); s1 = fma(v1, k, s1); s2 = fma(v2, k, s2); s3 = fma(v3, k, s3);
      k = v128.load(w + tap);
      s0 = fma(v1, k, s0); s1 = fma(v2, k, s1); s2 = fma(v3, k, s2); s3 = fma(v4, k, s3);
      k = v128.load(w + 2 * tap);
      s0 = fma(v2, k, s0); s1 = fma(v3, k, s1); s2 = fma(v4, k, s2); s3 = fma(v128.load(x4 + pixel), k, s3);
    }
    if (middle) {
      const x0 = at + row, x2 = x0 + two, x4 = x2 + two, w1 = w + 3 * tap;
      const v1 = v128.load(x0 + pixel), v2 = v128.load(x2), v3 = v128.load(x2 + pixel), v4 = v128.load(x4);
      let k = v128.load(w1);
      s0 = fma(v128.load(x0), k, s0); s1 = fma(v1, k, s1); s2 = fma(v2, k, s2); s3 = fma(v3, k, s3);
      k = v128.load(w1 + tap);
      s0 = fma(v1, k, s0); s1 = fma(v2, k, s1); s2 = fma(v3, k, s2); s3 = fma(v4, k, s3);
      k = v128.load(w1 + 2 * tap);
      s0 = fma(v2, k, s0); s1 = fma(v3, k, s1); s2 = fma(v4, k, s2); s3 = fma(v128.load(x4 + pixel), k, s3);
    }
    if (bottom) {
      const x0 = at + 2 * row, x2 = x0 + two, x4 = x2 + two, w2 = w + 6 * tap;
      const v1 = v128.load(x0 + pixel), v2 = v128.load(x2), v3 = v128.load(x2 + pixel), v4 = v128.load(x4);
      let k = v128.load(w2);
      s0 = fma(v128.load(x0), k, s0); s1 = fma(v1, k, s1); s2 = fma(v2, k, s2); s3 = fma(v3, k, s3);
      k = v128.load(w2 + tap);
      s0 = fma(v1, k, s0); s1 = fma(v2, k, s1); s2 = fma(v3, k, s2); s3 = fma(v4, k, s3);
      k = v128.load(w2 + 2 * tap);
      s0 = fma(v2, k, s0); s1 = fma(v3, k, s1); s2 = fma(v4, k, s2); s3 = fma(v128.load(x4 + pixel), k, s3);
    }
    if (c < plain) {
      v128.store(out, s0); v128.store(out + step, s1); v128.store(out + 2 * step, s2); v128.store(out + 3 * step, s3);
    } else {
      const sums = r.sums;
      v128.store(sums, s0); v128.store(sums, s1, 16); v128.store(sums, s2, 32); v128.store(sums, s3, 48);
      finish(r, out, c, 4);
    }
  }
}

/** One window; outside the image nothing is added. */
function forwardPixel(r: Row3x3, at: usize, x0: i32, out: usize): void {
  const pixel = r.channels << 2, row = r.wi * pixel;
  const left = inside(x0, r.wi), centre = inside(x0 + 1, r.wi), right = inside(x0 + 2, r.wi), plain = plainBytes(r);
  for (let c = 0; c < pixel; c += 16, at += 16, out += 16) {
    let sum = zero(), from = at, w = r.w + c;
    for (let iy = r.y0; iy < r.y0 + 3; iy++, from += row, w += 3 * r.tap) {
      if (!inside(iy, r.hi)) continue;
      if (left) sum = fma(v128.load(from), v128.load(w), sum);
      if (centre) sum = fma(v128.load(from + pixel), v128.load(w + r.tap), sum);
      if (right) sum = fma(v128.load(from + 2 * pixel), v128.load(w + 2 * r.tap), sum);
    }
    if (c < plain) {
      v128.store(out, sum);
    } else {
      v128.store(r.sums, sum);
      finish(r, out, c, 1);
    }
  }
}

/** Four channels of `count` neighbours, from r.sums to y. */
function finish(r: Row3x3, out: usize, c: i32, count: i32): void {
  for (let from = r.sums, end = from + (count << 4); from < end; from += 16, out += r.yRow) {
    let sum = v128.load(from);
    if (r.b) sum = f32x4.add(sum, v128.load(r.b + c));
    if (r.accumulate) sum = f32x4.add(v128.load(out), sum);
    if (r.epilogue) sum = finished(sum, changetype<Epilogue>(r.epilogue), r.y, out, c, statisticsRow(r.channels));
    storeLanes(out, sum, r.channels - (c >> 2));
  }
}

/** sums[⌊c/4⌋][ky, kx][c mod 4] += Σ over ox of x · dy, for the channels `first` to `last`. */
export function weightRow(r: Row3x3, x: usize, dy: usize, sums: usize, first: i32, last: i32): void {
  const pixel = r.channels << 2;
  r.lastX = x + (r.hi * r.wi - 5) * pixel - 64;
  x += r.y0 * r.wi * pixel;
  for (let ox = 0; ox < r.wo;) {
    const x0 = ox * r.strideW - r.padLeft, at = x + x0 * pixel, from = dy + ox * pixel;
    if (fourInside(r, ox, x0)) {
      weightTile_4x9(r, at, from, sums, first << 2, last << 2);
      ox += 4;
    } else {
      weightPixel(r, at, x0, from, sums, first << 2, last << 2);
      ox++;
    }
  }
}

/** One number of each line of the next tile is read as well, in order, so that the processor reads on: beyond cache 0.7 of the time. */
function weightTile_4x9(r: Row3x3, x: usize, dy: usize, sums: usize, first: i32, last: i32): void {
  const pixel = r.channels << 2, two = 2 * pixel, row = r.wi * pixel;
  const top = inside(r.y0, r.hi), middle = inside(r.y0 + 1, r.hi), bottom = inside(r.y0 + 2, r.hi);
  let nextX = min(x + 2 * row + 3 * two, r.lastX), nextDy = min(dy + 2 * two, r.lastDy), seen = zero();
  for (let c = first; c < last; c += 16, nextX += 64, nextDy += 64) {
    seen = v128.or(seen, v128.or(v128.load(nextX), v128.load(nextDy)));
    const from = dy + c, at = x + c, to = sums + 9 * c;
    const d0 = v128.load(from), d1 = v128.load(from + pixel), d2 = v128.load(from + two), d3 = v128.load(from + two + pixel);
    if (top) addTaps(at, pixel, two, to, d0, d1, d2, d3);
    if (middle) addTaps(at + row, pixel, two, to + 48, d0, d1, d2, d3);
    if (bottom) addTaps(at + 2 * row, pixel, two, to + 96, d0, d1, d2, d3);
  }
  v128.store(changetype<usize>(r) + offsetof<Row3x3>("seen"), seen);
}

/** The three sums of a kernel row take four products each. */
// @ts-ignore: decorator
@inline
function addTaps(x: usize, pixel: i32, two: i32, to: usize, d0: v128, d1: v128, d2: v128, d3: v128): void {
  const x2 = x + two, x4 = x2 + two;
  const v1 = v128.load(x + pixel), v2 = v128.load(x2), v3 = v128.load(x2 + pixel), v4 = v128.load(x4);
  v128.store(to, fma(v3, d3, fma(v2, d2, fma(v1, d1, fma(v128.load(x), d0, v128.load(to))))));
  v128.store(to, fma(v4, d3, fma(v3, d2, fma(v2, d1, fma(v1, d0, v128.load(to, 16))))), 16);
  v128.store(to, fma(v128.load(x4 + pixel), d3, fma(v4, d2, fma(v3, d1, fma(v2, d0, v128.load(to, 32))))), 32);
}

function weightPixel(r: Row3x3, x: usize, x0: i32, dy: usize, sums: usize, first: i32, last: i32): void {
  const pixel = r.channels << 2, row = r.wi * pixel;
  const left = inside(x0, r.wi), centre = inside(x0 + 1, r.wi), right = inside(x0 + 2, r.wi);
  for (let c = first; c < last; c += 16) {
    const d = v128.load(dy + c);
    let from = x + c, to = sums + 9 * c;
    for (let iy = r.y0; iy < r.y0 + 3; iy++, from += row, to += 48) {
      if (!inside(iy, r.hi)) continue;
      if (left) v128.store(to, fma(v128.load(from), d, v128.load(to)));
      if (centre) v128.store(to, fma(v128.load(from + pixel), d, v128.load(to, 16)), 16);
      if (right) v128.store(to, fma(v128.load(from + 2 * pixel), d, v128.load(to, 32)), 32);
    }
  }
}
