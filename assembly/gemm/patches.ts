import { ROW_BLOCK, ROW_ENTRY } from "../abi";
import { Conv2dGeometry } from "../steps";
import { Product, fillRowTable, multiply } from "./product";

// Image patches read in place: what turns a convolution into a product. A padded image is copied once into the worker's
// scratch with its border of zeros; an image without padding is read where it lies.

/** A batch of images as the kernels read it: element (image, y, x, channel) of the padded image at
 *  base + image·imageBytes + y·rowBytes + x·pixelBytes + channel·4. */
@unmanaged export class View {
  base: usize;
  imageBytes: i32; rowBytes: i32; pixelBytes: i32;
}

export const VIEW_BYTES: usize = 32;

// @ts-ignore: decorator
@inline
export function isPadded(s: Conv2dGeometry): bool {
  return (s.padTop | s.padLeft | s.padBottom | s.padRight) != 0;
}

/** A view of x; a padded one gets its images later, from padImage. */
export function viewOf(s: Conv2dGeometry, view: View, x: usize, copies: usize): void {
  const wide = s.wi + s.padLeft + s.padRight, high = s.hi + s.padTop + s.padBottom;
  view.pixelBytes = s.ci << 2;
  view.rowBytes = wide * view.pixelBytes;
  view.imageBytes = high * view.rowBytes;
  view.base = isPadded(s) ? copies : x;
}

/** Copies rows `first` to `last` (of the padded image) of one image [h, w, pixelBytes], zeros around it, to `to` (its padded row 0). */
export function padImage(
  from: usize, to: usize, h: i32, w: i32, pixelBytes: i32, top: i32, left: i32, right: i32, first: i32, last: i32,
): void {
  const inner = w * pixelBytes, before = left * pixelBytes, after = right * pixelBytes;
  const rowBytes = before + inner + after;
  for (let row = first; row < last; row++) {
    const at = to + <usize>row * rowBytes;
    const y = row - top;
    if (y < 0 || y >= h) {
      memory.fill(at, 0, rowBytes);
    } else {
      if (before) memory.fill(at, 0, before);
      memory.copy(at + before, from + <usize>y * inner, inner);
      if (after) memory.fill(at + before + inner, 0, after);
    }
  }
}

/** Tap table of a kernel over `view`, runs merged where the terms of neighbouring taps lie side by side; sets tapCount and run. */
export function setKernelTaps(s: Conv2dGeometry, p: Product, view: View): void {
  const channels = s.ci / s.groups;
  const rowStep = s.dilationH * view.rowBytes, columnStep = s.dilationW * view.pixelBytes;
  const rowsTouch = s.groups == 1 && s.dilationW == 1;
  const allTouch = rowsTouch && s.kw * view.pixelBytes == rowStep;
  p.aStep = 4;
  if (allTouch) {
    store<i32>(p.taps, 0);
    p.tapCount = 1;
    p.run = s.kh * s.kw * channels;
    return;
  }
  let tap = p.taps;
  for (let ky = 0; ky < s.kh; ky++) {
    for (let kx = 0, perRow = rowsTouch ? 1 : s.kw; kx < perRow; kx++) {
      store<i32>(tap, ky * rowStep + kx * columnStep);
      tap += 4;
    }
  }
  p.tapCount = rowsTouch ? s.kh : s.kh * s.kw;
  p.run = rowsTouch ? s.kw * channels : channels;
}

/** Row table for output pixels `from` to `to` (counted over all images): patch start in the view, pixel in C. Images are counted from
 *  `image0` in the view; a pixel of C takes cBytes. */
export function setPixelRows(s: Conv2dGeometry, p: Product, view: View, image0: i32, from: i32, to: i32, c: usize, cBytes: i32): void {
  const pixels = s.ho * s.wo;
  const stepX = s.strideW * view.pixelBytes;
  let image = from / pixels;
  let rest = from - image * pixels;
  let oy = rest / s.wo, ox = rest - oy * s.wo;
  let start = view.base + (image - image0) * view.imageBytes + oy * s.strideH * view.rowBytes;
  let cRow = c + <usize>from * cBytes;
  let entry = p.rows;
  for (let i = from; i < to; i++) {
    store<usize>(entry, start + ox * stepX);
    store<usize>(entry, cRow, 4);
    entry += ROW_ENTRY;
    cRow += cBytes;
    if (++ox == s.wo) {
      ox = 0;
      if (++oy == s.ho) {
        oy = 0;
        image++;
      }
      start = view.base + (image - image0) * view.imageBytes + oy * s.strideH * view.rowBytes;
    }
  }
  p.rowCount = to - from;
  fillRowTable(p);
}

/** The product for every group of channels, over the rows in the table. groupBytes: a group's part of B; cGroupBytes: of C. */
export function multiplyGroups(s: Conv2dGeometry, p: Product, b: usize, groupBytes: i32, aGroupBytes: i32, cGroupBytes: i32, bias: usize): void {
  p.bias = bias;
  for (let g = 0; g < s.groups; g++) {
    p.b = b + <usize>g * groupBytes;
    p.aBase = g * aGroupBytes;
    p.cBase = <usize>g * cGroupBytes;
    multiply(p);
  }
}
