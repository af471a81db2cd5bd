import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY, TERM_BLOCK } from "../abi";
import { fma, laneMask, storeLanes, sumLanesOf4, zero } from "../simd";
import { share } from "../slice";
import { GemmStep } from "../steps";
import { Product, fillRowTable, multiply } from "./product";

/** A worker's product record, laid at the start of its scratch; the row table and what else the kernel keeps follow. */
// @ts-ignore: decorator
@inline
export function productAt(scratch: usize): Product {
  const p = changetype<Product>(scratch);
  p.spill = scratch + 128;
  p.piece = scratch + 96;
  p.rows = scratch + PRODUCT_BYTES;
  p.taps = scratch + 100;
  p.aBase = 0;
  p.cBase = 0;
  p.bGap = 0;
  p.bias = 0;
  p.termBlock = TERM_BLOCK;
  p.epilogue = 0;
  p.cPanelBytes = PANEL << 2;
  return p;
}

/** A plain product: one run per row, rows at equal distances. */
// @ts-ignore: decorator
@inline
export function setPlain(p: Product, run: i32, aStep: i32, bStep: i32): void {
  store<i32>(p.taps, 0);
  p.tapCount = 1;
  p.run = run;
  p.aStep = aStep;
  p.bStep = bStep;
}

/** Rows `first` to `last` of a plain product, in blocks of ROW_BLOCK. */
export function multiplyRows(p: Product, a: usize, aRowBytes: i32, c: usize, cRowBytes: i32, first: i32, last: i32): void {
  for (let row = first; row < last; row += ROW_BLOCK) {
    p.rowCount = min(ROW_BLOCK, last - row);
    let entry = p.rows;
    let aRow = a + <usize>row * aRowBytes;
    let cRow = c + <usize>row * cRowBytes;
    for (let i = p.rowCount; i > 0; i--) {
      store<u32>(entry, <u32>aRow);
      store<u32>(entry, <u32>cRow, 4);
      entry += ROW_ENTRY;
      aRow += aRowBytes;
      cRow += cRowBytes;
    }
    fillRowTable(p);
    multiply(p);
  }
}

/** c (+)= a · b for each matrix of the batch. Split over rows of the whole batch. A single column b is not in panels but as it lies where a's rows are whole. */
export function gemm(s: GemmStep, worker: i32, workers: i32): void {
  if (s.n == 1 && s.aTerm == 1) return rowsByVector(s, worker, workers);
  const p = productAt(s.scratch + worker * s.scratchBytes);
  const panels = (s.n + PANEL - 1) / PANEL;
  setPlain(p, s.k, s.aTerm << 2, PANEL << 2);
  p.panelBytes = s.k * PANEL << 2;
  p.columns = s.n;
  p.accumulate = s.accumulate;
  const last = share(s.batch * s.m, worker + 1, workers);
  for (let row = share(s.batch * s.m, worker, workers); row < last;) {
    const matrix = row / s.m;
    const end = min(last, (matrix + 1) * s.m);
    p.b = s.b + (<usize>matrix * s.bBatch << 2);
    multiplyRows(p, s.a + (<usize>matrix * s.aBatch << 2), s.aRow << 2, s.c + (<usize>matrix * s.m * s.n << 2), s.n << 2, row - matrix * s.m, end - matrix * s.m);
    row = end;
  }
}

/** b is one column, as it lies: dot products along the rows of a, which is read once. */
function rowsByVector(s: GemmStep, worker: i32, workers: i32): void {
  const last = share(s.batch * s.m, worker + 1, workers);
  for (let row = share(s.batch * s.m, worker, workers); row < last;) {
    const matrix = row / s.m, rows = min(4, min(last, (matrix + 1) * s.m) - row);
    dot_4(s, s.a + (<usize>(matrix * s.aBatch + (row - matrix * s.m) * s.aRow) << 2), s.b + (<usize>matrix * s.bBatch << 2), s.c + (<usize>row << 2), rows);
    row += rows;
  }
}

/** Up to four numbers of c. Lane i adds the terms ≡ i mod 4 in order, then lanes are added pairwise. */
function dot_4(s: GemmStep, a: usize, b: usize, c: usize, rows: i32): void {
  const step: usize = s.aRow << 2, a1 = rows > 1 ? step : 0, a2 = rows > 2 ? a1 + step : a1, a3 = rows > 3 ? a2 + step : a2;
  let c0 = zero(), c1 = zero(), c2 = zero(), c3 = zero();
  for (let left = s.k; left > 0; left -= 4, a += 16, b += 16) {
    const mask = laneMask(left), x = v128.and(v128.load(b), mask);
    c0 = fma(v128.and(v128.load(a), mask), x, c0);
    c1 = fma(v128.and(v128.load(a + a1), mask), x, c1);
    c2 = fma(v128.and(v128.load(a + a2), mask), x, c2);
    c3 = fma(v128.and(v128.load(a + a3), mask), x, c3);
  }
  const sum = sumLanesOf4(c0, c1, c2, c3);
  storeLanes(c, s.accumulate ? f32x4.add(v128.load(c), sum) : sum, rows);
}
