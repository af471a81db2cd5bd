import { PANEL } from "../abi";
import { Epilogue, finished, statisticsRow } from "../gemm/epilogue";
import { multiplyRows, productAt, setPlain } from "../gemm/gemm";
import { Product } from "../gemm/product";
import { storeLanes } from "../simd";
import { share } from "../slice";
import { WinogradForwardStep } from "../steps";
import { INPUT, LINE, LINE_BYTES, OUTPUT, transformPass } from "./winogradlines";
import { Planes, Tiles, linesAt, planesAt, setTiles, takePlanes, tilesAt, transformTiles } from "./winogradtiles";
import { transformBlock, weightBlockBytes, weightPlanes } from "./winogradweights";

/** Input channels whose products are added up before they join the total: an outputs' errors grow with the transforms back, so sums are kept short. */
const SUM_BLOCK: i32 = 128;

/** y (+)= b + Aᵀ·((Bᵀ·x·B) ⊙ (G·w·Gᵀ))·A: products over input channels, one for each of (m + 2)² points, of [tile][ci] with [ci][co].
 *  Split over blocks of tiles times blocks of output channels. A worker transforms a block's tiles when it first meets them, and the weights of a block
 *  of channels unless they were transformed beforehand. */
export function winogradForward(s: WinogradForwardStep, live: i32, worker: i32, workers: i32): void {
  const scratch = s.scratch + worker * s.scratchBytes, p = productAt(scratch), t = tilesAt(scratch);
  const v = planesAt(t, 0), m = planesAt(t, 1), u = planesAt(t, 2);
  setTiles(s, t, live);
  const columnBlocks = (s.co + s.blockColumns - 1) / s.blockColumns;
  let tileBlocks = (t.total + s.blockTiles - 1) / s.blockTiles;
  if (columnBlocks == 1) tileBlocks = (tileBlocks + workers - 1) / workers * workers;
  t.count = min(s.blockTiles, t.total);
  takePlanes(t, v, t.count, s.ci);
  takePlanes(t, m, t.count, s.blockColumns);
  weightPlanes(s, u, t.free);
  if (!s.u) t.free += weightBlockBytes(s, u);
  const last = share(tileBlocks * columnBlocks, worker + 1, workers);
  let tiles = -1, columns = -1;
  for (let item = share(tileBlocks * columnBlocks, worker, workers); item < last; item++) {
    const tileBlock = item / columnBlocks, block = item - tileBlock * columnBlocks;
    if (tileBlock != tiles) {
      tiles = tileBlock;
      t.first = share(t.total, tileBlock, tileBlocks);
      t.count = share(t.total, tileBlock + 1, tileBlocks) - t.first;
      transformTiles(s, t, INPUT, s.x, s.hi, s.wi, s.ci, 0, s.ci, s.padTop, s.padLeft, v);
    }
    if (block != columns) {
      columns = block;
      if (s.u) u.base = s.u + block * weightBlockBytes(s, u);
      else transformBlock(s, t, s.w, s.turned, block, u);
    }
    multiplyPlanes(s, p, t, v, u, m, block);
    gatherTiles(s, t, m, block);
  }
}

/** m[point] = v[point] · u[point]; all columns of the last panel, so that no tile is an edge. Input channels are added up in blocks of up to SUM_BLOCK. */
function multiplyPlanes(s: WinogradForwardStep, p: Product, t: Tiles, v: Planes, u: Planes, m: Planes, block: i32): void {
  const pieces = (s.ci + SUM_BLOCK - 1) / SUM_BLOCK;
  p.panelBytes = u.rowBytes;
  p.columns = (min(s.blockColumns, s.co - block * s.blockColumns) + PANEL - 1) / PANEL * PANEL;
  p.accumulate = 0;
  p.termBlock = (s.ci + pieces - 1) / pieces;
  setPlain(p, s.ci, 4, PANEL << 2);
  for (let i = 0; i < t.points * t.points; i++) {
    p.b = u.base + i * u.planeBytes;
    multiplyRows(p, v.base + i * v.planeBytes, v.rowBytes, m.base + i * m.planeBytes, m.rowBytes, 0, t.count);
  }
}

/** The outputs of the tiles of m, for the channels of a block. */
function gatherTiles(s: WinogradForwardStep, t: Tiles, m: Planes, block: i32): void {
  const channel = block * s.blockColumns, columns = min(s.blockColumns, s.co - channel);
  let row = m.base;
  for (let tile = t.first, end = t.first + t.count; tile < end; tile++, row += m.rowBytes) {
    const image = tile / t.perImage, place = tile - image * t.perImage, ty = place / t.across;
    const y = ty * s.m, x = (place - ty * t.across) * s.m;
    const to = s.y + (<usize>(((image * s.ho + y) * s.wo + x) * s.yRow + s.yFrom + channel) << 2);
    gatherTile(s, t, row, m.planeBytes, to, channel, columns, min(s.m, s.ho - y), min(s.m, s.wo - x));
  }
}

function gatherTile(s: WinogradForwardStep, t: Tiles, row: usize, planeBytes: i32, y: usize, channel: i32, columns: i32, high: i32, wide: i32): void {
  const l = linesAt(t), points = t.points, perRow = points * LINE_BYTES;
  const outputs = l.temp + (points - 1) * perRow;
  for (let from = 0; from < columns; from += LINE, row += LINE_BYTES, y += LINE_BYTES) {
    const count = min(LINE, columns - from), bias = s.b ? s.b + (channel + from << 2) : l.zeros;
    l.bytes = (count + 3) >> 2 << 4;
    transformPass(l, OUTPUT, points, row, planeBytes, points * planeBytes, l.temp, LINE_BYTES, perRow);
    for (let i = 0; i < high; i++) {
      transformPass(l, OUTPUT, 1, l.temp + i * perRow, 0, LINE_BYTES, outputs, 0, LINE_BYTES);
      for (let j = 0; j < wide; j++) {
        finishLine(s, outputs + j * LINE_BYTES, y + ((i * s.wo + j) * s.yRow << 2), bias, channel + from << 2, count);
      }
    }
  }
}

/** y (+)= one line of outputs and the bias, and what else the step does on the way out; `at` bytes from the first channel. */
function finishLine(s: WinogradForwardStep, from: usize, to: usize, bias: usize, at: i32, count: i32): void {
  const e = changetype<Epilogue>(changetype<usize>(s) + offsetof<WinogradForwardStep>("statistics"));
  const accumulate = s.accumulate, y = s.y + (s.yFrom << 2), row = statisticsRow(s.co);
  for (; count > 0; count -= 4, from += 16, to += 16, bias += 16, at += 16) {
    let sum = f32x4.add(v128.load(from), v128.load(bias));
    if (accumulate) sum = f32x4.add(v128.load(to), sum);
    storeLanes(to, finished(sum, e, y, to, at, row), count);
  }
}
