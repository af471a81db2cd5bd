import { PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY } from "../abi";
import { WinogradGeometry } from "../steps";
import { INPUT, LINE, LINE_BYTES, LINES_BYTES, Lines, setLines, transformLine, transformPass } from "./winogradlines";

// A worker's scratch: product | row table | Tiles | Lines | zeros | lines between two passes | planes.
// Planes: the (m + 2)² products of a tile are far apart, so that each is a matrix of its own, [tile][channel].

/** Matrices of one operand: plane i at base + i·planeBytes, its rows `rowBytes` apart. */
@unmanaged export class Planes {
  base: usize; planeBytes: i32; rowBytes: i32;
}

/** What the tiles of one step share. */
@unmanaged export class Tiles {
  across: i32; perImage: i32; total: i32;   // tiles of a row, of an image, of all images
  first: i32; count: i32;                   // the tiles being computed
  points: i32;                              // m + 2
  free: usize;                              // the first unused byte of the scratch
}

const TILES_BYTES: usize = 64;
const PLANES_BYTES: usize = 16;

// @ts-ignore: decorator
@inline
export function tilesAt(scratch: usize): Tiles {
  return changetype<Tiles>(scratch + PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY);
}

// @ts-ignore: decorator
@inline
export function linesAt(t: Tiles): Lines {
  return changetype<Lines>(changetype<usize>(t) + TILES_BYTES + 4 * PLANES_BYTES);
}

/** The i-th of four records of planes. */
// @ts-ignore: decorator
@inline
export function planesAt(t: Tiles, i: i32): Planes {
  return changetype<Planes>(changetype<usize>(t) + TILES_BYTES + i * PLANES_BYTES);
}

/** Fills in what all of a step's tiles share. */
export function setTiles(s: WinogradGeometry, t: Tiles, live: i32): void {
  const lines = linesAt(t), points = s.m + 2;
  const zeros = changetype<usize>(lines) + LINES_BYTES;
  setLines(lines, s.m, zeros, zeros + LINE_BYTES);
  t.points = points;
  t.free = (zeros + LINE_BYTES + points * points * LINE_BYTES + 63) & ~63;
  t.across = (s.wo + s.m - 1) / s.m;
  t.perImage = t.across * ((s.ho + s.m - 1) / s.m);
  t.total = t.perImage * live;
}

/** Bytes rounded up to an odd number of cache lines: neighbours at this distance do not meet in the same set of the cache. */
// @ts-ignore: decorator
@inline
export function oddLines(bytes: i32): i32 {
  return ((bytes + 63) >> 6 | 1) << 6;
}

/** Planes of `rows` rows of `columns` numbers, from the free scratch. */
export function takePlanes(t: Tiles, p: Planes, rows: i32, columns: i32): void {
  p.base = t.free;
  p.rowBytes = oddLines(columns << 2);
  p.planeBytes = oddLines(rows * p.rowBytes);
  t.free += t.points * t.points * p.planeBytes;
}

/** Planes of the tiles being computed from channels `from` to `to` of `images` [n, h, w, c]. INPUT: patches of m + 2 pixels that begin `top` and `left` before
 *  the tile, V = Bᵀ·x·B. RESIDUAL: the tile's own m pixels, A·dy·Aᵀ. What lies outside the image counts as zero. */
export function transformTiles(
  s: WinogradGeometry, t: Tiles, kind: i32, images: usize, h: i32, w: i32, c: i32, from: i32, to: i32, top: i32, left: i32, planes: Planes,
): void {
  let row = planes.base;
  for (let tile = t.first, end = t.first + t.count; tile < end; tile++, row += planes.rowBytes) {
    const image = tile / t.perImage, place = tile - image * t.perImage, ty = place / t.across;
    const y = ty * s.m - top, x = (place - ty * t.across) * s.m - left;
    const origin = images + (<usize>(image * h) * w * c << 2);
    transformPatch(t, kind, s.m, origin, y, x, h, w, c, from, to, row, planes.planeBytes);
  }
}

function transformPatch(
  t: Tiles, kind: i32, m: i32, image: usize, y: i32, x: i32, h: i32, w: i32, c: i32, from: i32, to: i32, row: usize, planeBytes: i32,
): void {
  const l = linesAt(t), points = t.points, size = kind == INPUT ? points : m;
  const perRow = size * LINE_BYTES;
  for (let channel = from; channel < to; channel += LINE, row += LINE_BYTES) {
    l.bytes = (min(LINE, to - channel) + 3) >> 2 << 4;
    l.step = perRow;
    for (let column = 0; column < size; column++) {
      pointPixels(l, image + (channel << 2), y, x + column, h, w, c, size);
      l.to = l.temp + column * LINE_BYTES;
      transformLine(l, kind);
    }
    transformPass(l, kind, points, l.temp, perRow, LINE_BYTES, row, points * planeBytes, planeBytes);
  }
}

/** The lines of one column of pixels, zeros outside the image. */
function pointPixels(l: Lines, image: usize, y: i32, x: i32, h: i32, w: i32, c: i32, size: i32): void {
  const inside = <u32>x < <u32>w, step = w * c << 2;
  let at = changetype<usize>(l), pixel = image + ((y * w + x) * c << 2);
  for (let row = y; row < y + size; row++, at += 4, pixel += step) store<usize>(at, inside && <u32>row < <u32>h ? pixel : l.zeros);
}
