import { PANEL, ROW_BLOCK, ROW_ENTRY, TERM_BLOCK } from "../abi";
import { View } from "../gemm/patches";
import { Product, fillRowTable, multiply } from "../gemm/product";
import { Conv2dBackwardWeightStep, Conv2dGeometry } from "../steps";

// The weight gradient where channels are many: pixels of x and dy lie so far apart that reading them in place misses the cache.
// A chunk of image rows of dy is copied into panels [⌈co/8⌉][pixel][8], and of x, for every block of the kernel's terms, into
// [terms/4][pixel][4]; the product then reads both one after another.

/** The shapes that gain: many channels on both sides. */
// @ts-ignore: decorator
@inline
export function isPacked(s: Conv2dGeometry): bool {
  return s.groups == 1 && s.ci >= 32 && s.co >= 64 && s.wo <= TERM_BLOCK;
}

/** dw += over the images in the tap table (tapCount rows of wo pixels), for the terms `first` to `last`. `dy` is the first image's, `packed` free
 *  for ROW_BLOCK + ⌈co/8⌉·8 rows of TERM_BLOCK numbers. */
export function packedWeight(s: Conv2dBackwardWeightStep, p: Product, view: View, dy: usize, packed: usize, first: i32, last: i32): void {
  const rows = p.tapCount, taps = p.taps, chunks = (rows * s.wo + TERM_BLOCK - 1) / TERM_BLOCK;
  const perChunk = min(TERM_BLOCK / s.wo, (rows + chunks - 1) / chunks);
  const panels = packed + (ROW_BLOCK * TERM_BLOCK << 2);
  for (let row = 0; row < rows; row += perChunk) {
    const pixels = min(perChunk, rows - row) * s.wo;
    packResidual(dy + <usize>(row * s.wo) * s.co * 4, panels, s.co, pixels);
    for (let term = first; term < last; term += ROW_BLOCK) {
      packTerms(s, p, view, taps + (row << 2), packed, term, min(last, term + ROW_BLOCK), pixels);
      multiplyPacked(p, panels, pixels);
    }
    p.accumulate = 1;
  }
  p.taps = taps;
  p.tapCount = rows;
}

/** One block of terms against all panels. */
function multiplyPacked(p: Product, panels: usize, pixels: i32): void {
  p.taps = p.piece;
  store<i32>(p.piece, 0);
  p.tapCount = 1;
  p.run = pixels;
  p.aStep = 16;
  p.b = panels;
  p.bStep = PANEL << 2;
  p.panelBytes = pixels * PANEL << 2;
  multiply(p);
}

/** panels[⌈co/8⌉][pixel][8] from dy [pixel, co]; what the last panel reads beyond co is not stored by the product. */
function packResidual(dy: usize, panels: usize, co: i32, pixels: i32): void {
  for (let column = 0; column < co; column += PANEL) {
    let from = dy + (column << 2);
    for (const end = panels + (pixels << 5); panels < end; panels += 32, from += co << 2) {
      v128.store(panels, v128.load(from));
      v128.store(panels, v128.load(from, 16), 16);
    }
  }
}

/** packed[terms/4][pixel][4] from the patches of the image rows at `taps`, and the row table for it. */
function packTerms(s: Conv2dBackwardWeightStep, p: Product, view: View, taps: usize, packed: usize, from: i32, to: i32, pixels: i32): void {
  const step = s.strideW * view.pixelBytes, end = taps + (pixels / s.wo << 2);
  for (let term = from; term < to; term += 4) {
    const count = min(4, to - term), group = packed + ((term - from) * pixels << 2);
    const a0 = termAddress(s, view, term), a3 = termAddress(s, view, term + count - 1);
    if (count == 4 && a3 == a0 + 12) packFour(a0, group, taps, end, step, s.wo);
    else for (let i = 0; i < count; i++) packOne(termAddress(s, view, term + i), group + (i << 2), taps, end, step, s.wo);
    for (let i = 0; i < count; i++) {
      const entry = p.rows + (term - from + i) * ROW_ENTRY;
      store<usize>(entry, group + (i << 2));
      store<usize>(entry, s.dw + (<usize>(term + i) << 5), 4);
    }
  }
  p.rowCount = to - from;
  fillRowTable(p);
}

/** Where a term lies in the first patch. */
function termAddress(s: Conv2dGeometry, view: View, term: i32): usize {
  const tap = term / s.ci, ky = tap / s.kw, kx = tap - ky * s.kw;
  return view.base + ky * s.dilationH * view.rowBytes + kx * s.dilationW * view.pixelBytes + ((term - tap * s.ci) << 2);
}

function packFour(from: usize, to: usize, taps: usize, end: usize, step: i32, wo: i32): void {
  for (; taps < end; taps += 4) {
    let at = from + load<i32>(taps);
    for (let i = wo; i > 0; i--, at += step, to += 16) v128.store(to, v128.load(at));
  }
}

function packOne(from: usize, to: usize, taps: usize, end: usize, step: i32, wo: i32): void {
  for (; taps < end; taps += 4) {
    let at = from + load<i32>(taps);
    for (let i = wo; i > 0; i--, at += step, to += 16) store<f32>(to, load<f32>(at));
  }
}
