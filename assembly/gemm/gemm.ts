import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY, TERM_BLOCK } from "../abi";
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

/** c (+)= a · b for each matrix of the batch. Split over rows of the whole batch. */
export function gemm(s: GemmStep, worker: i32, workers: i32): void {
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
