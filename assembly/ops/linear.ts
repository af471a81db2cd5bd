import { ADD_IF_ACCUMULATING, PANEL, ROW_BLOCK, TILE_ROWS } from "../abi";
import { multiplyRows, productAt, setPlain } from "../gemm/gemm";
import { setEpilogue } from "../gemm/product";
import { fma, laneMask, storeLanes, sumLanesOf4, zero } from "../simd";
import { share } from "../slice";
import { LinearBackwardInputStep, LinearBackwardWeightStep, LinearForwardStep } from "../steps";

// Dense layers, and 1x1 convolutions, whose pixels are rows. Weights lie in panels [⌈co/8⌉][ci][8].

/** y[r, co] = b[co] + Σ x[r, ci] · w[ci, co]. Split over rows, or over panels when rows are few. */
export function linearForward(s: LinearForwardStep, live: i32, worker: i32, workers: i32): void {
  const p = productAt(s.scratch + worker * s.scratchBytes);
  const rows = live * s.rows, panels = (s.co + PANEL - 1) / PANEL;
  setPlain(p, s.ci, 4, PANEL << 2);
  p.panelBytes = s.ci * PANEL << 2;
  p.accumulate = 0;
  const y = s.y + (s.yFrom << 2);
  setEpilogue(p, changetype<usize>(s) + offsetof<LinearForwardStep>("statistics"), y, s.co);
  const byRow = rows >= workers * TILE_ROWS;
  const firstPanel = byRow ? 0 : share(panels, worker, workers);
  const lastPanel = byRow ? panels : share(panels, worker + 1, workers);
  const firstRow = byRow ? share(rows, worker, workers) : 0;
  const lastRow = byRow ? share(rows, worker + 1, workers) : rows;
  p.b = s.w + firstPanel * p.panelBytes;
  p.bias = s.b;
  p.cBase = firstPanel * PANEL << 2;
  p.columns = min(s.co, lastPanel * PANEL) - firstPanel * PANEL;
  multiplyRows(p, s.x, s.ci << 2, y, s.yRow << 2, firstRow, lastRow);
}

/** dw[ci, co] (+)= Σ x[r, ci] · dy[r, co]. Split over ci. */
export function linearBackwardWeight(s: LinearBackwardWeightStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  const first = share(s.ci, worker, workers), last = share(s.ci, worker + 1, workers);
  if (live * s.rows == 1) {
    for (let column = 0; column < s.co; column += PANEL) outerPanel(s, column, first, last, accumulate);
    return;
  }
  const p = productAt(s.scratch + worker * s.scratchBytes);
  setPlain(p, live * s.rows, s.ci << 2, s.co << 2);
  p.b = s.dy;
  p.panelBytes = PANEL << 2;
  p.cPanelBytes = s.ci * PANEL << 2;
  p.columns = s.co;
  p.accumulate = accumulate;
  multiplyRows(p, s.x, 4, s.dw, PANEL << 2, first, last);
}

/** One row: dw[ci, 8] (+)= x[ci] · dy[8], with the tile's addition to zero. Unused columns get zero. */
function outerPanel(s: LinearBackwardWeightStep, column: i32, first: i32, last: i32, accumulate: i32): void {
  const dy = s.dy + (column << 2), left = s.co - column;
  const d0 = v128.and(v128.load(dy), laneMask(left)), d1 = v128.and(v128.load(dy, 16), laneMask(left - 4));
  let to = s.dw + (<usize>(column * s.ci + first * PANEL) << 2), x = s.x + (<usize>first << 2);
  for (const end = s.x + (<usize>last << 2); x < end; x += 4, to += PANEL << 2) {
    const a = v128.load32_splat(x);
    let near = fma(a, d0, zero()), far = fma(a, d1, zero());
    if (accumulate) {
      near = f32x4.add(v128.load(to), near);
      far = f32x4.add(v128.load(to, 16), far);
    }
    v128.store(to, near);
    v128.store(to, far, 16);
  }
}

/** dx[r, ci] (+)= Σ dy[r, co] · w[ci, co]: dot products along the panels, so that the weights are read as they lie.
 *  Split over rows, or over ci when rows are few. */
export function linearBackwardInput(s: LinearBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows;
  const byRow = rows >= workers * 2;
  const firstRow = byRow ? share(rows, worker, workers) : 0;
  const lastRow = byRow ? share(rows, worker + 1, workers) : rows;
  const firstTerm = byRow ? 0 : share(s.ci, worker, workers);
  const lastTerm = byRow ? s.ci : share(s.ci, worker + 1, workers);
  let first = firstTerm;
  if (lastRow - firstRow == 1) for (; first + 8 <= lastTerm; first += 8) dot_1x8(s, firstRow, first);
  for (let row = firstRow; row < lastRow; row += ROW_BLOCK) {
    for (let term = first; term < lastTerm; term += 4) dotRows(s, row, min(row + ROW_BLOCK, lastRow), term, min(4, lastTerm - term));
  }
}

/** A block of rows, which stay in cache while the terms pass. */
function dotRows(s: LinearBackwardInputStep, row: i32, end: i32, term: i32, terms: i32): void {
  for (; row < end; row += 2) dot_2x4(s, row, min(row + 1, end - 1), term, terms);
}

/** dx of one row and eight terms, added as dot_2x4 adds them. */
function dot_1x8(s: LinearBackwardInputStep, row: i32, term: i32): void {
  const panelBytes = s.ci * PANEL << 2;
  let y = s.dy + (<usize>row * s.co << 2), w = s.w + (<usize>term << 5);
  let c0 = zero(), c1 = zero(), c2 = zero(), c3 = zero(), c4 = zero(), c5 = zero(), c6 = zero(), c7 = zero();
  for (let left = s.co; left > 0; left -= PANEL, y += 32, w += panelBytes) {
    let d = v128.load(y);
    if (left < 4) d = v128.and(d, laneMask(left));
    c0 = fma(d, v128.load(w), c0); c1 = fma(d, v128.load(w, 32), c1);
    c2 = fma(d, v128.load(w, 64), c2); c3 = fma(d, v128.load(w, 96), c3);
    c4 = fma(d, v128.load(w, 128), c4); c5 = fma(d, v128.load(w, 160), c5);
    c6 = fma(d, v128.load(w, 192), c6); c7 = fma(d, v128.load(w, 224), c7);
    if (left <= 4) break;
    d = v128.load(y, 16);
    if (left < 8) d = v128.and(d, laneMask(left - 4));
    c0 = fma(d, v128.load(w, 16), c0); c1 = fma(d, v128.load(w, 48), c1);
    c2 = fma(d, v128.load(w, 80), c2); c3 = fma(d, v128.load(w, 112), c3);
    c4 = fma(d, v128.load(w, 144), c4); c5 = fma(d, v128.load(w, 176), c5);
    c6 = fma(d, v128.load(w, 208), c6); c7 = fma(d, v128.load(w, 240), c7);
  }
  storeSum(s, row, term, 4, sumLanesOf4(c0, c1, c2, c3));
  storeSum(s, row, term + 4, 4, sumLanesOf4(c4, c5, c6, c7));
}

/** dx of two rows and four terms. Lane i adds the columns co ≡ i mod 4 in order, then lanes are added pairwise. */
function dot_2x4(s: LinearBackwardInputStep, row0: i32, row1: i32, term: i32, terms: i32): void {
  let y0 = s.dy + (<usize>row0 * s.co << 2), y1 = s.dy + (<usize>row1 * s.co << 2);
  const panelBytes = s.ci * PANEL << 2;
  let w0 = s.w + (<usize>term << 5);
  const w1 = terms > 1 ? 32 : 0, w2 = terms > 2 ? 64 : w1, w3 = terms > 3 ? 96 : w2;
  let c00 = zero(), c01 = zero(), c02 = zero(), c03 = zero(), c10 = zero(), c11 = zero(), c12 = zero(), c13 = zero();
  let left = s.co;
  for (; left >= PANEL; left -= PANEL) {
    let d0 = v128.load(y0), d1 = v128.load(y1);
    let w = v128.load(w0);
    c00 = fma(d0, w, c00); c10 = fma(d1, w, c10);
    w = v128.load(w0 + w1);
    c01 = fma(d0, w, c01); c11 = fma(d1, w, c11);
    w = v128.load(w0 + w2);
    c02 = fma(d0, w, c02); c12 = fma(d1, w, c12);
    w = v128.load(w0 + w3);
    c03 = fma(d0, w, c03); c13 = fma(d1, w, c13);
    d0 = v128.load(y0, 16); d1 = v128.load(y1, 16);
    w = v128.load(w0, 16);
    c00 = fma(d0, w, c00); c10 = fma(d1, w, c10);
    w = v128.load(w0 + w1, 16);
    c01 = fma(d0, w, c01); c11 = fma(d1, w, c11);
    w = v128.load(w0 + w2, 16);
    c02 = fma(d0, w, c02); c12 = fma(d1, w, c12);
    w = v128.load(w0 + w3, 16);
    c03 = fma(d0, w, c03); c13 = fma(d1, w, c13);
    y0 += 32; y1 += 32; w0 += panelBytes;
  }
  for (let half: usize = 0; left > 0; left -= 4, half += 16) {
    const mask = laneMask(left);
    const d0 = v128.and(v128.load(y0 + half), mask), d1 = v128.and(v128.load(y1 + half), mask);
    let w = v128.load(w0 + half);
    c00 = fma(d0, w, c00); c10 = fma(d1, w, c10);
    w = v128.load(w0 + w1 + half);
    c01 = fma(d0, w, c01); c11 = fma(d1, w, c11);
    w = v128.load(w0 + w2 + half);
    c02 = fma(d0, w, c02); c12 = fma(d1, w, c12);
    w = v128.load(w0 + w3 + half);
    c03 = fma(d0, w, c03); c13 = fma(d1, w, c13);
  }
  storeSum(s, row0, term, terms, sumLanesOf4(c00, c01, c02, c03));
  if (row1 != row0) storeSum(s, row1, term, terms, sumLanesOf4(c10, c11, c12, c13));
}

// @ts-ignore: decorator
@inline
function storeSum(s: LinearBackwardInputStep, row: i32, term: i32, terms: i32, sum: v128): void {
  const to = s.dx + ((<usize>row * s.ci + term) << 2);
  storeLanes(to, s.accumulate ? f32x4.add(v128.load(to), sum) : sum, terms);
}
