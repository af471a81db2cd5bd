import { fma, storeLanes, zero } from "../simd";
import { Product, TILE_ADD, TILE_BIAS, TILE_RELU } from "./product";

/**
 * Four rows of A times one panel of B: eight accumulators stay in registers.
 * V8 11.3 and 12.4 hoist every load of a basic block above its arithmetic; the exit between the two unrolled terms
 * keeps eight accumulators and one term's loads within fifteen registers.
 *
 *   rows   four entries of the row table        taps..tapsEnd, run, b   the block of terms
 *   column added to C's row addresses           mr, nr                  rows and columns that exist
 */
export function tile_4x8(
  p: Product, rows: usize, taps: usize, tapsEnd: usize, run: i32, b: usize, column: usize, bias: usize, flags: i32, mr: i32, nr: i32,
): void {
  const aStep = p.aStep, bStep = p.bStep, bGap = p.bGap, bRun = run * bStep, aBase = p.aBase;
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero(), c30 = zero(), c31 = zero();
  for (; taps < tapsEnd; taps += 4, b += bGap) {
    const offset = aBase + load<i32>(taps);
    let a0: usize = load<usize>(rows) + offset;
    let a1: usize = load<usize>(rows, 8) + offset;
    let a2: usize = load<usize>(rows, 16) + offset;
    let a3: usize = load<usize>(rows, 24) + offset;
    const end = b + bRun;
    while (true) {
      let b0 = v128.load(b), b1 = v128.load(b, 16);
      let a = v128.load32_splat(a0);
      c00 = fma(a, b0, c00); c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1);
      c10 = fma(a, b0, c10); c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2);
      c20 = fma(a, b0, c20); c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3);
      c30 = fma(a, b0, c30); c31 = fma(a, b1, c31);
      a0 += aStep; a1 += aStep; a2 += aStep; a3 += aStep; b += bStep;
      if (b >= end) break;
      b0 = v128.load(b); b1 = v128.load(b, 16);
      a = v128.load32_splat(a0);
      c00 = fma(a, b0, c00); c01 = fma(a, b1, c01);
      a = v128.load32_splat(a1);
      c10 = fma(a, b0, c10); c11 = fma(a, b1, c11);
      a = v128.load32_splat(a2);
      c20 = fma(a, b0, c20); c21 = fma(a, b1, c21);
      a = v128.load32_splat(a3);
      c30 = fma(a, b0, c30); c31 = fma(a, b1, c31);
      a0 += aStep; a1 += aStep; a2 += aStep; a3 += aStep; b += bStep;
      if (b >= end) break;
    }
  }
  if (mr == 4 && nr == 8) {
    storeRow(load<usize>(rows, 4) + column, c00, c01, bias, flags);
    storeRow(load<usize>(rows, 12) + column, c10, c11, bias, flags);
    storeRow(load<usize>(rows, 20) + column, c20, c21, bias, flags);
    storeRow(load<usize>(rows, 28) + column, c30, c31, bias, flags);
  } else {
    const spill = p.spill;
    v128.store(spill, c00); v128.store(spill, c01, 16);
    v128.store(spill, c10, 32); v128.store(spill, c11, 48);
    v128.store(spill, c20, 64); v128.store(spill, c21, 80);
    v128.store(spill, c30, 96); v128.store(spill, c31, 112);
    storeEdge(spill, rows, column, bias, flags, mr, nr);
  }
}

/** One vector on its way out. c and bias may be read beyond the last column: those lanes are not stored. */
// @ts-ignore: decorator
@inline
function finish(sum: v128, c: usize, bias: usize, flags: i32): v128 {
  if (flags & TILE_ADD) sum = f32x4.add(v128.load(c), sum);
  if (flags & TILE_BIAS) sum = f32x4.add(sum, v128.load(bias));
  if (flags & TILE_RELU) sum = f32x4.pmax(sum, zero());
  return sum;
}

function storeRow(c: usize, left: v128, right: v128, bias: usize, flags: i32): void {
  v128.store(c, finish(left, c, bias, flags));
  v128.store(c + 16, finish(right, c + 16, bias + 16, flags));
}

/** The rows and columns of a tile at the edge of C. */
function storeEdge(spill: usize, rows: usize, column: usize, bias: usize, flags: i32, mr: i32, nr: i32): void {
  for (let row = 0; row < mr; row++) {
    const c: usize = load<usize>(rows, 4) + column;
    storeLanes(c, finish(v128.load(spill), c, bias, flags), nr);
    if (nr > 4) storeLanes(c + 16, finish(v128.load(spill, 16), c + 16, bias + 16, flags), nr - 4);
    rows += 8;
    spill += 32;
  }
}

/** One row of A times three panels of B, whose terms lie side by side: six accumulators, B read once. */
export function tile_1x24(p: Product, taps: usize, tapsEnd: usize, run: i32, b: usize, column: usize, bias: usize, flags: i32): void {
  const aStep = p.aStep, bGap = p.bGap, panel = p.panelBytes, bRun = run << 5;
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero();
  for (; taps < tapsEnd; taps += 4, b += bGap) {
    let a: usize = load<usize>(p.rows) + p.aBase + load<i32>(taps);
    for (const end = b + bRun; b < end; b += 32, a += aStep) {
      const x = v128.load32_splat(a), b1 = b + panel, b2 = b1 + panel;
      c00 = fma(x, v128.load(b), c00); c01 = fma(x, v128.load(b, 16), c01);
      c10 = fma(x, v128.load(b1), c10); c11 = fma(x, v128.load(b1, 16), c11);
      c20 = fma(x, v128.load(b2), c20); c21 = fma(x, v128.load(b2, 16), c21);
    }
  }
  const c = load<usize>(p.rows, 4) + column, next = p.cPanelBytes;
  storeRow(c, c00, c01, bias, flags);
  storeRow(c + next, c10, c11, bias + 32, flags);
  storeRow(c + 2 * next, c20, c21, bias + 64, flags);
}
