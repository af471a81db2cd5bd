import { PANEL, STATISTIC_MEAN, STATISTIC_OFFSET, STATISTIC_SCALE } from "../abi";
import { fma, storeLanes, zero } from "../simd";
import { Epilogue, clamped } from "./epilogue";
import { Product, TILE_ADD, TILE_ADDEND, TILE_BIAS, TILE_CLAMP, TILE_NORM, TILE_RICH } from "./product";

/**
 * Four rows of A times one panel of B: eight accumulators stay in registers.
 * V8 11.3 and 12.4 hoist every load of a basic block above its arithmetic; the exit between the two unrolled terms
 * keeps eight accumulators and one term's loads within fifteen registers.
 *
 *   rows   four entries of the row table        taps..tapsEnd, run, b   the block of terms
 *   column added to C's row addresses           mr, nr                  rows and columns that exist
 */
export function tile_4x8(
  p: Product, rows: usize, taps: usize, tapsEnd: usize, run: i32, b: usize, column: usize, flags: i32, mr: i32, nr: i32,
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
  if (mr == 4 && nr == 8 && !(flags & TILE_RICH)) {
    storeRow(p, load<usize>(rows, 4), column, c00, c01, flags);
    storeRow(p, load<usize>(rows, 12), column, c10, c11, flags);
    storeRow(p, load<usize>(rows, 20), column, c20, c21, flags);
    storeRow(p, load<usize>(rows, 28), column, c30, c31, flags);
  } else {
    const spill = p.spill;
    v128.store(spill, c00); v128.store(spill, c01, 16);
    v128.store(spill, c10, 32); v128.store(spill, c11, 48);
    v128.store(spill, c20, 64); v128.store(spill, c21, 80);
    v128.store(spill, c30, 96); v128.store(spill, c31, 112);
    finishTile(p, rows, column, flags, mr, nr);
  }
}

/** One vector on its way to c. */
// @ts-ignore: decorator
@inline
function finish(p: Product, sum: v128, c: usize, column: usize, flags: i32): v128 {
  if (flags & TILE_ADD) sum = f32x4.add(v128.load(c), sum);
  if (flags & TILE_BIAS) sum = f32x4.add(sum, v128.load(p.bias + column));
  if (flags & TILE_CLAMP) sum = clamped(sum, changetype<Epilogue>(p.epilogue));
  return sum;
}

function storeRow(p: Product, row: usize, column: usize, left: v128, right: v128, flags: i32): void {
  const c = row + column;
  v128.store(c, finish(p, left, c, column, flags));
  v128.store(c + 16, finish(p, right, c + 16, column + 16, flags));
}

/** The tile that was laid down at p.spill: a part at the edge of C, or one with more to do than a sum and its bias. What is read beyond
 *  the last column is not stored. */
function finishTile(p: Product, rows: usize, column: usize, flags: i32, mr: i32, nr: i32): void {
  for (let half: usize = 0; nr > 0; half += 16, nr -= 4) finishHalf(p, p.spill + half, rows, column + half, flags, mr, nr);
}

/** Four columns of the tile: their numbers are loaded once for all rows. */
function finishHalf(p: Product, spill: usize, rows: usize, column: usize, flags: i32, mr: i32, nr: i32): void {
  const e = changetype<Epilogue>(p.epilogue), row = flags & TILE_NORM ? p.statisticsRow : 0, statistics = flags & TILE_NORM ? e.statistics + column : spill;
  const bias = v128.load(flags & TILE_BIAS ? p.bias + column : spill);
  const mean = v128.load(statistics + STATISTIC_MEAN * row), scale = v128.load(statistics + STATISTIC_SCALE * row);
  const offset = v128.load(statistics + STATISTIC_OFFSET * row);
  for (const end = rows + (<usize>mr << 3); rows < end; rows += 8, spill += 32) {
    const c: usize = load<usize>(rows, 4) + column;
    let v = v128.load(spill);
    if (flags & TILE_ADD) v = f32x4.add(v128.load(c), v);
    if (flags & TILE_BIAS) v = f32x4.add(v, bias);
    if (flags & TILE_NORM) v = f32x4.add(f32x4.mul(f32x4.sub(v, mean), scale), offset);
    if (flags & TILE_ADDEND) v = f32x4.add(v, v128.load(c + p.addend));
    if (flags & TILE_CLAMP) v = clamped(v, e);
    storeLanes(c, v, nr);
  }
}

/** One row of A times four panels of B, whose terms lie side by side: eight accumulators, B read once. Of the `left` columns that are left all that
 *  the tile holds are computed; a panel beyond them is the last one again. The exit between the halves of a term is never taken: it keeps their loads apart. */
export function tile_1x32(p: Product, taps: usize, tapsEnd: usize, run: i32, b: usize, column: usize, flags: i32, left: i32): void {
  const aStep = p.aStep, bGap = p.bGap, panel = p.panelBytes, bRun = run << 5;
  const b1 = left > PANEL ? panel : 0, b2 = left > 2 * PANEL ? b1 + panel : b1, b3 = left > 3 * PANEL ? b2 + panel : b2;
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero(), c30 = zero(), c31 = zero();
  for (; taps < tapsEnd; taps += 4, b += bGap) {
    let a: usize = load<usize>(p.rows) + p.aBase + load<i32>(taps);
    const end = b + bRun;
    while (true) {
      let x = v128.load32_splat(a);
      c00 = fma(x, v128.load(b), c00); c01 = fma(x, v128.load(b, 16), c01);
      c10 = fma(x, v128.load(b + b1), c10); c11 = fma(x, v128.load(b + b1, 16), c11);
      if (b > end) break;
      x = v128.load32_splat(a);
      c20 = fma(x, v128.load(b + b2), c20); c21 = fma(x, v128.load(b + b2, 16), c21);
      c30 = fma(x, v128.load(b + b3), c30); c31 = fma(x, v128.load(b + b3, 16), c31);
      a += aStep; b += PANEL << 2;
      if (b >= end) break;
    }
  }
  const c = load<usize>(p.rows, 4), next = p.cPanelBytes;
  finishPanel(p, c, column, c00, c01, flags, left);
  finishPanel(p, c, column + next, c10, c11, flags, left - PANEL);
  finishPanel(p, c, column + 2 * next, c20, c21, flags, left - 2 * PANEL);
  finishPanel(p, c, column + 3 * next, c30, c31, flags, left - 3 * PANEL);
}

/** Columns of one panel, of which `nr` exist. */
function finishPanel(p: Product, row: usize, column: usize, left: v128, right: v128, flags: i32, nr: i32): void {
  if (nr >= PANEL && !(flags & TILE_RICH)) {
    storeRow(p, row, column, left, right, flags);
    return;
  }
  v128.store(p.spill, left); v128.store(p.spill, right, 16);
  finishTile(p, p.rows, column, flags, 1, min(nr, PANEL));
}
