import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY } from "../abi";
import { productAt } from "../gemm/gemm";
import { VIEW_BYTES, View, multiplyGroups, padImage } from "../gemm/patches";
import { Product, fillRowTable } from "../gemm/product";
import { storeTransposed4 } from "../simd";
import { share } from "../slice";
import { exactInput, isExact } from "./conv2dexactinput";
import { isScattered, panelsOfTerms, scatteredInput } from "./conv2dscatterinput";
import { Conv2dBackwardInputStep, Conv2dGeometry, Conv2dRotateWeightStep } from "../steps";

// The input gradient is a wide correlation of dy with the turned kernel. With a stride, input pixels fall into
// strideH · strideW phases: iy + padTop = strideH · q + ry. A phase meets only the kernel rows with
// ky · dilationH = strideH · jy + ry, at oy = q − jy. So the zeros between residuals are never multiplied.

/** Where the phase being computed keeps what its rows share. */
@unmanaged class Phase {
  ry: i32; rx: i32;
  kernelRows: i32;      // kernel rows of this phase
  tapsPerRow: i32;
  b: usize;             // its part of the turned weights
  top: i32; left: i32;  // zeros around dy in the view
}

const PHASE_BYTES: usize = 64;

/** Rows of zeros that dy needs: before (`start` true) or after it, along an axis. */
function border(kernel: i32, dilation: i32, stride: i32, pad: i32, input: i32, output: i32, start: bool): i32 {
  if (start) return max(0, (kernel - 1) * dilation / stride - pad / stride);
  return max(0, (pad + input - 1) / stride - (output - 1));
}

/** rotated[group][⌈ci/8⌉][phase, ky and kx descending, co][8] from panels [group][⌈co/8⌉][ky, kx, ci][8]. Split over panels of ci. */
export function conv2dRotateWeight(s: Conv2dRotateWeightStep, worker: i32, workers: i32): void {
  if (isScattered(s)) return panelsOfTerms(s, worker, workers);
  const ci = s.ci / s.groups, co = s.co / s.groups;
  const panels = (ci + PANEL - 1) / PANEL, rotatedPanelBytes = s.kh * s.kw * co * PANEL << 2;
  const groupBytes = (co + PANEL - 1) / PANEL * (s.kh * s.kw * ci * PANEL << 2);
  const last = share(s.groups * panels, worker + 1, workers);
  for (let i = share(s.groups * panels, worker, workers); i < last; i++) {
    const channel = (i % panels) * PANEL;
    const from = s.w + <usize>(i / panels) * groupBytes + (<usize>channel << 5);
    let to = s.rotated + <usize>i * rotatedPanelBytes;
    for (let ry = 0; ry < s.strideH; ry++) {
      for (let rx = 0; rx < s.strideW; rx++) to = turnPhase(s, from, to, ci, co, min(PANEL, ci - channel), ry, rx);
    }
  }
}

function turnPhase(s: Conv2dRotateWeightStep, from: usize, to: usize, ci: i32, co: i32, channels: i32, ry: i32, rx: i32): usize {
  for (let ky = s.kh - 1; ky >= 0; ky--) {
    if (ky * s.dilationH % s.strideH != ry) continue;
    for (let kx = s.kw - 1; kx >= 0; kx--) {
      if (kx * s.dilationW % s.strideW != rx) continue;
      to = turnTap(from + (<usize>((ky * s.kw + kx) * ci) << 5), to, s.kh * s.kw * ci << 5, co, channels);
    }
  }
  return to;
}

/** One kernel position: [ci][8 of co] blocks become [co][8 of ci] rows. */
export function turnTap(from: usize, to: usize, panelBytes: i32, co: i32, channels: i32): usize {
  let c = 0;
  for (; channels == PANEL && c + 4 <= co; c += 4, to += PANEL << 4) {
    const x = from + (c >> 3) * panelBytes + ((c & 7) << 2);
    storeTransposed4(to, PANEL << 2, v128.load(x), v128.load(x, 32), v128.load(x, 64), v128.load(x, 96));
    storeTransposed4(to + 16, PANEL << 2, v128.load(x, 128), v128.load(x, 160), v128.load(x, 192), v128.load(x, 224));
  }
  for (; c < co; c++) {
    const x = from + (c >> 3) * panelBytes + ((c & 7) << 2);
    let lane = 0;
    for (; lane < channels; lane++) store<f32>(to + (lane << 2), load<f32>(x + (lane << 5)));
    for (; lane < PANEL; lane++) store<f32>(to + (lane << 2), 0);
    to += PANEL << 2;
  }
  return to;
}

/** dx[n, iy, ix, ci] (+)= b[ci] + Σ dy[n, oy, ox, co] · w[co, ky, kx, ci] over the positions that read it. Split over rows of all images. */
export function conv2dBackwardInput(s: Conv2dBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  if (isScattered(s)) return scatteredInput(s, live, worker, workers);
  if (isExact(s)) return exactInput(s, live, worker, workers);
  const scratch = s.scratch + worker * s.scratchBytes;
  const p = productAt(scratch);
  const view = changetype<View>(scratch + PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY);
  const phase = changetype<Phase>(changetype<usize>(view) + VIEW_BYTES);
  p.taps = changetype<usize>(phase) + PHASE_BYTES;
  const top = border(s.kh, s.dilationH, s.strideH, s.padTop, s.hi, s.ho, true);
  const left = border(s.kw, s.dilationW, s.strideW, s.padLeft, s.wi, s.wo, true);
  const bottom = border(s.kh, s.dilationH, s.strideH, s.padTop, s.hi, s.ho, false);
  const right = border(s.kw, s.dilationW, s.strideW, s.padLeft, s.wi, s.wo, false);
  const padded = (top | left | bottom | right) != 0;
  view.pixelBytes = s.co << 2;
  view.rowBytes = (s.wo + left + right) * view.pixelBytes;
  view.imageBytes = s.ho * s.wo * s.co << 2;
  phase.top = top;
  phase.left = left;
  p.aStep = 4;
  p.bStep = PANEL << 2;
  p.panelBytes = s.kh * s.kw * (s.co / s.groups) * PANEL << 2;
  p.columns = s.ci / s.groups;
  p.accumulate = s.accumulate;
  const copy = (p.taps + (<usize>(s.kh * s.kw) << 2) + 63) & ~63;
  const last = share(live * s.hi, worker + 1, workers);
  for (let row = share(live * s.hi, worker, workers); row < last;) {
    const image = row / s.hi;
    const end = min(last, (image + 1) * s.hi), dy = s.dy + <usize>image * view.imageBytes;
    view.base = padded ? copy : dy;
    if (padded) padImage(dy, copy, s.ho, s.wo, view.pixelBytes, top, left, right, 0, s.ho + top + bottom);
    inputRows(s, p, view, phase, image, row - image * s.hi, end - image * s.hi);
    row = end;
  }
}

/** All phases of the rows `first` to `last` of one image's gradient. */
function inputRows(s: Conv2dBackwardInputStep, p: Product, view: View, phase: Phase, image: i32, first: i32, last: i32): void {
  let b = s.rotated;
  for (let ry = 0; ry < s.strideH; ry++) {
    for (let rx = 0; rx < s.strideW; rx++) {
      phase.ry = ry;
      phase.rx = rx;
      phase.b = b;
      setTurnedTaps(s, p, view, phase);
      phaseRows(s, p, view, phase, image, first, last);
      b += <usize>(phase.kernelRows * phase.tapsPerRow * p.run) << 5;
    }
  }
}

/** Tap table of a phase, kernel rows and columns descending so that offsets ascend. */
function setTurnedTaps(s: Conv2dGeometry, p: Product, view: View, phase: Phase): void {
  let tap = p.taps;
  phase.kernelRows = 0;
  phase.tapsPerRow = 0;
  for (let ky = s.kh - 1; ky >= 0; ky--) {
    if (ky * s.dilationH % s.strideH != phase.ry) continue;
    const row = -(ky * s.dilationH - phase.ry) / s.strideH * view.rowBytes;
    let taps = 0;
    for (let kx = s.kw - 1; kx >= 0; kx--) {
      if (kx * s.dilationW % s.strideW != phase.rx) continue;
      store<i32>(tap, row - (kx * s.dilationW - phase.rx) / s.strideW * view.pixelBytes);
      tap += 4;
      taps++;
    }
    phase.kernelRows++;
    phase.tapsPerRow = taps;
  }
  p.run = s.co / s.groups;
}

/** Kernel rows of the phase, counted from the largest ky, with jy > limit. */
export function kernelRowsBeyond(s: Conv2dGeometry, ry: i32, limit: i32): i32 {
  let count = 0;
  for (let ky = s.kh - 1; ky >= 0; ky--) {
    if (ky * s.dilationH % s.strideH != ry) continue;
    if ((ky * s.dilationH - ry) / s.strideH <= limit) break;
    count++;
  }
  return count;
}

/** Rows of one phase. Neighbouring rows that meet the same kernel rows share a block of the row table; kernel rows that
 *  would meet only the border are left out. */
function phaseRows(s: Conv2dBackwardInputStep, p: Product, view: View, phase: Phase, image: i32, first: i32, last: i32): void {
  const shift = (phase.ry - s.padTop) % s.strideH;
  const firstX = ((phase.rx - s.padLeft) % s.strideW + s.strideW) % s.strideW;
  let from = -1, to = -1;
  p.rowCount = 0;
  for (let iy = first + (((shift - first) % s.strideH) + s.strideH) % s.strideH; iy < last; iy += s.strideH) {
    const q = (iy + s.padTop - phase.ry) / s.strideH;
    const rowFrom = kernelRowsBeyond(s, phase.ry, q), rowTo = kernelRowsBeyond(s, phase.ry, q - s.ho);
    if (rowFrom != from || rowTo != to) {
      flushRows(s, p, phase, from, to);
      from = rowFrom;
      to = rowTo;
    }
    const start = view.base + (q + phase.top) * view.rowBytes + phase.left * view.pixelBytes;
    const dxRow = s.dx + (<usize>((image * s.hi + iy) * s.wi) * s.ci << 2);
    for (let ix = firstX; ix < s.wi; ix += s.strideW) {
      if (p.rowCount == ROW_BLOCK) flushRows(s, p, phase, from, to);
      const entry = p.rows + p.rowCount * ROW_ENTRY;
      store<usize>(entry, start + (ix + s.padLeft - phase.rx) / s.strideW * view.pixelBytes);
      store<usize>(entry, dxRow + (ix * s.ci << 2), 4);
      p.rowCount++;
    }
  }
  flushRows(s, p, phase, from, to);
}

/** Multiplies the rows in the table with the kernel rows `from` to `to` of the phase, and empties the table. */
function flushRows(s: Conv2dBackwardInputStep, p: Product, phase: Phase, from: i32, to: i32): void {
  if (p.rowCount == 0) return;
  const co = s.co / s.groups, ci = s.ci / s.groups;
  if (from >= to || phase.tapsPerRow == 0) {
    if (!p.accumulate) clearRows(p, s.b, s.ci << 2);
  } else {
    const taps = p.taps, skipped = from * phase.tapsPerRow;
    p.taps = taps + (<usize>skipped << 2);
    p.tapCount = (to - from) * phase.tapsPerRow;
    fillRowTable(p);
    const groupBytes = (ci + PANEL - 1) / PANEL * p.panelBytes;
    multiplyGroups(s, p, phase.b + (<usize>(skipped * p.run) << 5), groupBytes, co << 2, ci << 2, s.b);
    p.taps = taps;
  }
  p.rowCount = 0;
}

/** No output reads these pixels: what is left is the bias, or zero. */
export function clearRows(p: Product, b: usize, bytes: i32): void {
  for (let row = 0; row < p.rowCount; row++) {
    const to = load<usize>(p.rows + row * ROW_ENTRY, 4);
    if (b) memory.copy(to, b, bytes);
    else memory.fill(to, 0, bytes);
  }
}
