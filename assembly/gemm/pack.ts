import { PANEL } from "../abi";
import { PackPanelsStep } from "../steps";
import { share } from "../slice";

/** panels[⌈n/8⌉][k][8] from b[k, n] with any strides. Split over panels. */
export function packPanels(s: PackPanelsStep, worker: i32, workers: i32): void {
  const perMatrix = (s.n + PANEL - 1) / PANEL;
  const panelBytes = s.k * PANEL << 2;
  const last = share(s.batch * perMatrix, worker + 1, workers);
  for (let i = share(s.batch * perMatrix, worker, workers); i < last; i++) {
    const column = (i % perMatrix) * PANEL;
    const from = s.b + (((i / perMatrix) * s.bBatch + column * s.bColumn) << 2);
    const columns = min(PANEL, s.n - column);
    const to = s.panels + <usize>i * panelBytes;
    if (columns == PANEL && s.bColumn == 1) packRows(from, to, s.k, s.bTerm << 2);
    else packColumns(from, to, s.k, columns, s.bTerm << 2, s.bColumn << 2);
  }
}

function packRows(from: usize, to: usize, k: i32, termBytes: i32): void {
  for (const end = to + (<usize>k << 5); to < end; to += 32, from += termBytes) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  }
}

function packColumns(from: usize, to: usize, k: i32, columns: i32, termBytes: i32, columnBytes: i32): void {
  for (const end = to + (<usize>k << 5); to < end; to += 32, from += termBytes) {
    let column = 0;
    for (let x = from; column < columns; column++, x += columnBytes) store<f32>(to + (column << 2), load<f32>(x));
    for (; column < PANEL; column++) store<f32>(to + (column << 2), 0);
  }
}
