import { PANEL, ROW_ENTRY } from "../abi";
import { fma, zero } from "../simd";
import { Product, TILE_RICH } from "./product";
import { finishTile, storeRow } from "./tile";

export const TALL_ROWS = 6;

/**
 * The relaxed build's tile: six rows of A times one panel of B. A product and its sum are one instruction there and need no register between them,
 * so twelve accumulators, two vectors of B and one of A fill the fifteen registers. Each output's terms come in the order of `tile_4x8`.
 */
export function tile_6x8(p: Product, rows: usize, taps: usize, tapsEnd: usize, run: i32, b: usize, column: usize, flags: i32, nr: i32): void {
  const aStep = p.aStep, bStep = p.bStep, bGap = p.bGap, bRun = run * bStep, aBase = p.aBase;
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero();
  let c30 = zero(), c31 = zero(), c40 = zero(), c41 = zero(), c50 = zero(), c51 = zero();
  for (; taps < tapsEnd; taps += 4, b += bGap) {
    const offset = aBase + load<i32>(taps);
    let a0: usize = load<usize>(rows) + offset, a1: usize = load<usize>(rows, 8) + offset, a2: usize = load<usize>(rows, 16) + offset;
    let a3: usize = load<usize>(rows, 24) + offset, a4: usize = load<usize>(rows, 32) + offset, a5: usize = load<usize>(rows, 40) + offset;
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
      a = v128.load32_splat(a4);
      c40 = fma(a, b0, c40); c41 = fma(a, b1, c41);
      a = v128.load32_splat(a5);
      c50 = fma(a, b0, c50); c51 = fma(a, b1, c51);
      a0 += aStep; a1 += aStep; a2 += aStep; a3 += aStep; a4 += aStep; a5 += aStep; b += bStep;
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
      a = v128.load32_splat(a4);
      c40 = fma(a, b0, c40); c41 = fma(a, b1, c41);
      a = v128.load32_splat(a5);
      c50 = fma(a, b0, c50); c51 = fma(a, b1, c51);
      a0 += aStep; a1 += aStep; a2 += aStep; a3 += aStep; a4 += aStep; a5 += aStep; b += bStep;
      if (b >= end) break;
    }
  }
  if (nr == PANEL && !(flags & TILE_RICH)) {
    storeRow(p, load<usize>(rows, 4), column, c00, c01, flags);
    storeRow(p, load<usize>(rows, 12), column, c10, c11, flags);
    storeRow(p, load<usize>(rows, 20), column, c20, c21, flags);
    storeRow(p, load<usize>(rows, 28), column, c30, c31, flags);
    storeRow(p, load<usize>(rows, 36), column, c40, c41, flags);
    storeRow(p, load<usize>(rows, 44), column, c50, c51, flags);
  } else {
    const spill = p.spill;
    v128.store(spill, c00); v128.store(spill, c01, 16);
    v128.store(spill, c10, 32); v128.store(spill, c11, 48);
    v128.store(spill, c20, 64); v128.store(spill, c21, 80);
    v128.store(spill, c30, 96); v128.store(spill, c31, 112);
    finishTile(p, rows, column, flags, 4, nr);
    v128.store(spill, c40); v128.store(spill, c41, 16);
    v128.store(spill, c50, 32); v128.store(spill, c51, 48);
    finishTile(p, rows + 4 * ROW_ENTRY, column, flags, 2, nr);
  }
}
