import type { Shape } from '../../core/shape.js';
import { toPlanes } from '../../pixels/resize.js';
import { decodeImage } from './raster.js';

/** An image file as a network sees it but for its numbers' scale: bytes [1 or 3, height, width]. Throws FormatError naming `file`. */
export async function prepareBytes(bytes: Uint8Array, file: string, shape: Shape, side: number): Promise<Uint8Array> {
  return toPlanes(await decodeImage(bytes, file), shape, side);
}
