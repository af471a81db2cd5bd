import { FormatError } from '../../core/errors.js';
import type { Pixels } from '../../pixels/pixels.js';
import { decodePng } from '../../pixels/png.js';
import { toRaster, type Raster } from '../../pixels/raster.js';
import { hex } from '../files.js';
import { decodeJpeg } from './jpeg.js';

/** Decodes a PNG or JPEG image, JPEG by EXIF the right way up. Throws FormatError naming `file`, offset and what was expected. */
export async function decodeFile(bytes: Uint8Array, file: string): Promise<Pixels> {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) {
    const { width, height, data, orientation } = await decodeJpeg(bytes, file);
    return { ...upright({ width, height, data: withoutAlpha(data, width * height) }, orientation), channels: 3, max: 255 };
  }
  if (bytes[0] !== 0x89 || bytes[1] !== 0x50) throw new FormatError(`${file}: offset 0: starts with ${hex(bytes.subarray(0, 8))}, expected a PNG or JPEG image`);
  return decodePng(bytes, file);
}

/** The same, in colours of 8 bits. */
export async function decodeImage(bytes: Uint8Array, file: string): Promise<Raster> {
  return toRaster(await decodeFile(bytes, file));
}

function withoutAlpha(data: ArrayLike<number>, pixels: number): Uint8Array {
  const colours = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) colours[3 * i + c] = data[4 * i + c]!;
  return colours;
}

/** Turned and mirrored as EXIF's orientation asks; from 5 on rows and columns change places. */
function upright(raster: Raster, orientation: number): Raster {
  if (orientation === 1) return raster;
  const { width, height, data } = raster;
  const swapped = orientation > 4;
  const [w, h] = swapped ? [height, width] : [width, height];
  const [flipX, flipY] = FLIPS[orientation]!;
  const out = new Uint8Array(data.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [u, v] = [flipX ? w - 1 - x : x, flipY ? h - 1 - y : y];
      const from = swapped ? u * width + v : v * width + u;
      for (let c = 0; c < 3; c++) out[3 * (y * w + x) + c] = data[3 * from + c]!;
    }
  }
  return { width: w, height: h, data: out };
}

/** Whether columns and rows of the upright picture run backwards, by orientation 1 to 8. */
const FLIPS: readonly (readonly [boolean, boolean])[] = [[false, false], [false, false], [true, false], [true, true], [false, true], [false, false], [true, false], [true, true], [false, true]];
