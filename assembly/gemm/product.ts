import { ROW_ENTRY, TILE_ROWS, PANEL } from "../abi";
import { Epilogue, statisticsRow } from "./epilogue";
import { tile_1x32, tile_4x8 } from "./tile";

/**
 * One product over rows of A that lie anywhere and panels of B, the shape that every dense kernel takes:
 *
 *   C[row, column] (+)= Σ over taps t and terms s < run of
 *     A[a(row) + aBase + taps[t] + s·aStep] · B[b + panel·panelBytes + t·(run·bStep + bGap) + s·bStep][column mod 8]
 *
 *   forward           row = output pixel   taps = kernel rows or positions   B = weights
 *   backward, input   row = input pixel    taps = the turned kernel          B = turned weights
 *   backward, weight  row = kernel term    taps = image rows                 B = dy, in place
 *
 * Terms are added up in blocks of about `termBlock` that depend on the product's shape alone; each block starts from
 * zero and is then added to C. So an output's order of addition is the same for any number of rows, panels or workers.
 */
@unmanaged export class Product {
  rows: usize;        // row table: pairs of addresses, A's row and C's
  rowCount: i32;
  taps: usize;        // tap table: byte offsets from A's row
  tapCount: i32;
  run: i32;
  aBase: usize; aStep: i32;
  b: usize; bStep: i32; bGap: i32; panelBytes: i32;
  columns: i32;
  cBase: usize; cPanelBytes: i32;
  bias: usize;        // added once, at the end, to the columns from C's address on; 0: none
  termBlock: i32;     // terms that are added up before they join the total, about
  accumulate: i32;    // C's first block is added to what C holds
  epilogue: usize;    // what else happens at the end; 0: nothing
  addend: i32;        // bytes from C to what the epilogue adds
  statisticsRow: i32; // bytes between the rows of the epilogue's statistics
  spill: usize;       // 128 bytes where a partial tile is laid down
  piece: usize;       // a tap table of one, for runs cut in pieces
}

// What a tile does on the way out.
export const TILE_ADD = 1;
export const TILE_BIAS = 2;
export const TILE_CLAMP = 4;
export const TILE_NORM = 8;
export const TILE_ADDEND = 16;
/** What takes a pass of its own over the tile. */
export const TILE_RICH = TILE_NORM | TILE_ADDEND;

/** Columns of a tile of one row. */
const WIDE: i32 = 4 * PANEL;
/** Terms of a panel that stay in the first cache. */
const NEAR_TERMS: i32 = 512;

/** All taps and terms of the product's rows. Where the rows are few, or a whole panel stays near, panels are outermost: B streams from its first byte to
 *  its last, three times as fast as block by block. The order of an output's terms is the same either way. */
export function multiply(p: Product): void {
  const byBlock = p.rowCount > TILE_ROWS && p.run * p.tapCount > NEAR_TERMS;
  const wide = byBlock ? p.columns : p.rowCount > 1 ? PANEL : WIDE, b = p.b, c = p.cBase, columns = p.columns;
  for (let left = columns; left > 0; left -= wide) {
    p.columns = min(left, wide);
    multiplyBlocks(p);
    p.b += wide / PANEL * p.panelBytes;
    p.cBase += wide / PANEL * p.cPanelBytes;
  }
  p.b = b;
  p.cBase = c;
  p.columns = columns;
}

function multiplyBlocks(p: Product): void {
  const lastFlags = (p.bias ? TILE_BIAS : 0) | epilogueFlags(p);
  if (p.run > p.termBlock) multiplyLongRuns(p, lastFlags);
  else multiplyShortRuns(p, lastFlags);
}

function epilogueFlags(p: Product): i32 {
  const e = changetype<Epilogue>(p.epilogue);
  if (p.epilogue == 0) return 0;
  return (e.clamp ? TILE_CLAMP : 0) | (e.statistics ? TILE_NORM : 0) | (e.addend ? TILE_ADDEND : 0);
}

/** What the record `e` says happens on the way out to y with `channels` columns. */
export function setEpilogue(p: Product, e: usize, y: usize, channels: i32): void {
  p.epilogue = e;
  p.addend = <i32>(changetype<Epilogue>(e).addend - y);
  p.statisticsRow = statisticsRow(channels);
}

/** Blocks of whole taps. */
function multiplyShortRuns(p: Product, lastFlags: i32): void {
  const perBlock = p.termBlock / p.run;
  const tapBytes = p.run * p.bStep + p.bGap;
  let first = p.accumulate ? TILE_ADD : 0;
  for (let tap = 0; tap < p.tapCount; tap += perBlock) {
    const end = min(p.tapCount, tap + perBlock);
    const flags = first | (end == p.tapCount ? lastFlags : 0);
    multiplyBlock(p, p.taps + (<usize>tap << 2), p.taps + (<usize>end << 2), p.run, p.b + tap * tapBytes, flags);
    first = TILE_ADD;
  }
}

/** Blocks of a part of one tap. */
function multiplyLongRuns(p: Product, lastFlags: i32): void {
  const tapBytes = p.run * p.bStep + p.bGap;
  let first = p.accumulate ? TILE_ADD : 0;
  for (let tap = 0; tap < p.tapCount; tap++) {
    const offset = load<i32>(p.taps + (<usize>tap << 2));
    for (let term = 0; term < p.run; term += p.termBlock) {
      const terms = min(p.termBlock, p.run - term);
      const last = tap + 1 == p.tapCount && term + terms == p.run;
      store<i32>(p.piece, offset + term * p.aStep);
      multiplyBlock(p, p.piece, p.piece + 4, terms, p.b + tap * tapBytes + term * p.bStep, first | (last ? lastFlags : 0));
      first = TILE_ADD;
    }
  }
}

/** One block of terms for every tile of C: a panel of B stays in L1 while the rows of A pass. A single row takes four panels at a
 *  time, so that no row is computed in vain, unless one panel is all; each output's order of addition is the tile's. */
function multiplyBlock(p: Product, taps: usize, tapsEnd: usize, run: i32, b: usize, flags: i32): void {
  const rowsEnd = p.rows + p.rowCount * ROW_ENTRY;
  let column = p.cBase;
  let left = p.columns;
  if (p.rowCount == 1 && p.bStep == PANEL << 2) {
    for (; left > PANEL; left -= WIDE) {
      tile_1x32(p, taps, tapsEnd, run, b, column, flags, left);
      b += 4 * p.panelBytes;
      column += 4 * p.cPanelBytes;
    }
  }
  for (; left > 0; left -= PANEL) {
    for (let rows = p.rows, count = p.rowCount; rows < rowsEnd; rows += TILE_ROWS * ROW_ENTRY, count -= TILE_ROWS) {
      tile_4x8(p, rows, taps, tapsEnd, run, b, column, flags, min(count, TILE_ROWS), min(left, PANEL));
    }
    b += p.panelBytes;
    column += p.cPanelBytes;
  }
}

/** Repeats the last row up to a whole tile, so that a tile always has four rows to read; the repeats are not stored. */
export function fillRowTable(p: Product): void {
  const last = load<u64>(p.rows + (p.rowCount - 1) * ROW_ENTRY);
  for (let row = p.rowCount; row & (TILE_ROWS - 1); row++) store<u64>(p.rows + row * ROW_ENTRY, last);
}
