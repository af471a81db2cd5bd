import type { Shape } from '../../core/shape.js';
import { decodeImage } from './raster.js';
import { resizeAndCrop } from './resize.js';

/**
 * An image file as a network sees it but for its numbers' scale: bytes [1 or 3, height, width]. One channel is Pillow's `convert('L')`,
 * (19595 R + 38470 G + 7471 B + 2^15) / 2^16. Throws FormatError naming `file`.
 */
export async function prepareBytes(bytes: Uint8Array, file: string, [channels, height, width]: Shape, side: number): Promise<Uint8Array> {
  const { data } = resizeAndCrop(await decodeImage(bytes, file), side, [height!, width!]);
  const plane = height! * width!;
  const out = new Uint8Array(channels! * plane);
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    if (channels === 1) out[i] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
    else [out[i], out[plane + i], out[2 * plane + i]] = [r, g, b];
  }
  return out;
}
