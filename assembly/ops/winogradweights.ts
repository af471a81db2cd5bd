import { PANEL } from "../abi";
import { share } from "../slice";
import { WinogradGeometry, WinogradWeightsStep } from "../steps";
import { turnTap } from "./conv2dbackwardinput";
import { LINE, LINE_BYTES, Lines, WEIGHT, transformPass } from "./winogradlines";
import { Planes, Tiles, linesAt, oddLines, planesAt, setTiles, tilesAt } from "./winogradtiles";

/** Bytes of one panel's matrix of weights at one point, [ci][8]. */
// @ts-ignore: decorator
@inline
export function weightPanelBytes(s: WinogradGeometry): i32 {
  return s.ci * PANEL << 2;
}

/** Planes of a block of transformed weights at `base`; row = panel. */
export function weightPlanes(s: WinogradGeometry, u: Planes, base: usize): void {
  u.base = base;
  u.rowBytes = weightPanelBytes(s);
  u.planeBytes = oddLines(s.blockColumns / PANEL * u.rowBytes);
}

/** Bytes of a block of transformed weights. */
// @ts-ignore: decorator
@inline
export function weightBlockBytes(s: WinogradGeometry, u: Planes): usize {
  return <usize>((s.m + 2) * (s.m + 2)) * u.planeBytes;
}

/** u = G·w·Gᵀ, all of it. Split over panels of output channels. */
export function winogradWeights(s: WinogradWeightsStep, worker: i32, workers: i32): void {
  const t = tilesAt(s.scratch + worker * s.scratchBytes), u = planesAt(t, 0), perBlock = s.blockColumns / PANEL;
  setTiles(s, t, 0);
  weightPlanes(s, u, s.u);
  const panels = (s.co + PANEL - 1) / PANEL, last = share(panels, worker + 1, workers);
  for (let panel = share(panels, worker, workers); panel < last; panel++) {
    const block = panel / perBlock;
    transformPanel(s, t, s.w, s.turned, panel, s.u + block * weightBlockBytes(s, u) + (panel - block * perBlock) * u.rowBytes, u.planeBytes);
  }
}

/** The panels of one block, to its planes. */
export function transformBlock(s: WinogradGeometry, t: Tiles, w: usize, turned: i32, block: i32, u: Planes): void {
  const perBlock = s.blockColumns / PANEL, first = block * perBlock, last = min(first + perBlock, (s.co + PANEL - 1) / PANEL);
  let to = u.base;
  for (let panel = first; panel < last; panel++, to += u.rowBytes) transformPanel(s, t, w, turned, panel, to, u.planeBytes);
}

/** One panel [3, 3, ci][8]; turned ones are put together at the free scratch first. */
function transformPanel(s: WinogradGeometry, t: Tiles, w: usize, turned: i32, panel: i32, to: usize, planeBytes: i32): void {
  const l = linesAt(t), tapBytes = weightPanelBytes(s), points = t.points;
  let from = w + <usize>panel * 9 * tapBytes;
  if (turned) {
    turnPanel(s, w, panel, t.free);
    from = t.free;
  }
  for (let term = 0; term < tapBytes; term += LINE_BYTES) {
    l.bytes = min(LINE_BYTES, tapBytes - term);
    transformPass(l, WEIGHT, 3, from + term, tapBytes, 3 * tapBytes, l.temp, LINE_BYTES, 3 * LINE_BYTES);
    transformPass(l, WEIGHT, points, l.temp, 3 * LINE_BYTES, LINE_BYTES, to + term, points * planeBytes, planeBytes);
  }
}

/** Panel `panel` of the turned kernel, [3, 3 descending, ci][8], from panels [⌈ci/8⌉][3, 3, co][8]. */
function turnPanel(s: WinogradGeometry, w: usize, panel: i32, to: usize): void {
  const column = panel * PANEL;
  for (let tap = 8; tap >= 0; tap--) {
    to = turnTap(w + (<usize>(tap * s.co + column) << 5), to, 9 * s.co << 5, s.ci, min(PANEL, s.co - column));
  }
}
