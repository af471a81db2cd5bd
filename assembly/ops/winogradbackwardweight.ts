import { ADD_IF_ACCUMULATING, PANEL } from "../abi";
import { multiplyRows, productAt, setPlain } from "../gemm/gemm";
import { Product } from "../gemm/product";
import { share } from "../slice";
import { WinogradBackwardWeightStep } from "../steps";
import { BACK, INPUT, LINE_BYTES, RESIDUAL, transformPass } from "./winogradlines";
import { Planes, Tiles, linesAt, oddLines, planesAt, setTiles, takePlanes, tilesAt, transformTiles } from "./winogradtiles";

/** dw (+)= Gᵀ·(Σ over tiles of (Bᵀ·x·B)ᵀ ⊙ (A·dy·Aᵀ))·G: products over tiles, one for each point, of [ci][tile] with [tile][co].
 *  Tiles are added up in blocks that depend on the shape alone. Split over panels of output channels; every worker transforms x for itself. */
export function winogradBackwardWeight(s: WinogradBackwardWeightStep, live: i32, adding: i32, worker: i32, workers: i32): void {
  const panels = (s.co + PANEL - 1) / PANEL, first = share(panels, worker, workers), last = share(panels, worker + 1, workers);
  if (first == last) return;
  const scratch = s.scratch + worker * s.scratchBytes, p = productAt(scratch), t = tilesAt(scratch);
  const v = planesAt(t, 0), d = planesAt(t, 1), u = planesAt(t, 2), from = first * PANEL, to = min(s.co, last * PANEL);
  setTiles(s, t, live);
  takePlanes(t, v, min(s.blockTiles, t.total), s.ci);
  takePlanes(t, d, min(s.blockTiles, t.total), to - from);
  u.base = t.free;
  u.rowBytes = s.ci * PANEL << 2;
  u.planeBytes = oddLines(s.blockColumns / PANEL * u.rowBytes);
  let add = s.accumulate == ADD_IF_ACCUMULATING ? adding : s.accumulate;
  for (t.first = 0; t.first < t.total; t.first += s.blockTiles) {
    t.count = min(s.blockTiles, t.total - t.first);
    transformTiles(s, t, INPUT, s.x, s.hi, s.wi, s.ci, 0, s.ci, s.padTop, s.padLeft, v);
    transformTiles(s, t, RESIDUAL, s.dy, s.ho, s.wo, s.co, from, to, 0, 0, d);
    for (let column = from; column < to; column += s.blockColumns) {
      const columns = min(s.blockColumns, to - column);
      multiplyPlanes(s, p, t, v, d, u, column - from, columns);
      for (let i = 0; i < columns; i += PANEL) {
        gatherPanel(s, t, u.base + (i >> 3) * u.rowBytes, u.planeBytes, s.dw + <usize>((column + i) >> 3) * 9 * u.rowBytes, add);
      }
    }
    add = 1;
  }
}

/** u[point][panel][ci][8] = v[point]ᵀ · d[point] for the columns `from` and later of d. Columns that do not exist are zero. */
function multiplyPlanes(s: WinogradBackwardWeightStep, p: Product, t: Tiles, v: Planes, d: Planes, u: Planes, from: i32, columns: i32): void {
  setPlain(p, t.count, v.rowBytes, d.rowBytes);
  p.panelBytes = PANEL << 2;
  p.cPanelBytes = u.rowBytes;
  p.columns = columns;
  p.accumulate = 0;
  for (let i = 0; i < t.points * t.points; i++) {
    const to = u.base + i * u.planeBytes;
    if (columns & (PANEL - 1)) memory.fill(to + columns / PANEL * u.rowBytes, 0, u.rowBytes);
    p.b = d.base + i * d.planeBytes + (from << 2);
    multiplyRows(p, v.base + i * v.planeBytes, 4, to, PANEL << 2, 0, s.ci);
  }
}

/** One panel [3, 3, ci][8] of dw from its matrices at the points. */
function gatherPanel(s: WinogradBackwardWeightStep, t: Tiles, from: usize, planeBytes: i32, dw: usize, add: i32): void {
  const l = linesAt(t), points = t.points, perRow = points * LINE_BYTES, tapBytes = s.ci * PANEL << 2;
  const rows = l.temp + (points - 1) * perRow;
  for (let term = 0; term < tapBytes; term += LINE_BYTES) {
    l.bytes = min(LINE_BYTES, tapBytes - term);
    transformPass(l, BACK, points, from + term, planeBytes, points * planeBytes, l.temp, LINE_BYTES, perRow);
    for (let ky = 0; ky < 3; ky++) {
      transformPass(l, BACK, 1, l.temp + ky * perRow, 0, LINE_BYTES, rows, 0, LINE_BYTES);
      for (let kx = 0; kx < 3; kx++) storeLine(rows + kx * LINE_BYTES, dw + (ky * 3 + kx) * tapBytes + term, l.bytes, add);
    }
  }
}

/** to (+)= one line. */
function storeLine(from: usize, to: usize, bytes: i32, add: i32): void {
  for (const end = from + bytes; from < end; from += 16, to += 16) {
    const value = v128.load(from);
    v128.store(to, add ? f32x4.add(v128.load(to), value) : value);
  }
}
