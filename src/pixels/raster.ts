import { alphaOf, type Pixels } from './pixels.js';

/** Rows of red, green, blue, 0 to 255. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Colours of 8 bits, as Pillow's `convert('RGB')` makes them: of 16 bits the upper eight, grey repeated. What is see-through lies on white, as in
 * `white.paste(image, mask=alpha)`: (alpha · colour + (255 − alpha) · 255) / 255, rounded; torchvision leaves alpha out, and shows what nobody drew.
 */
export function toRaster(pixels: Pixels): Raster {
  const { width, height, data, channels, max, key } = pixels;
  if (channels === 3 && max === 255 && !key && data instanceof Uint8Array) return { width, height, data };
  const toByte = max === 65535 ? (value: number) => value >> 8 : (value: number) => Math.round((value * 255) / max);
  const colours = channels < 3 ? 1 : 3;
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const alpha = channels > colours ? toByte(data[i * channels + colours]!) : 255 * alphaOf(pixels, i, colours);
    for (let c = 0; c < 3; c++) {
      const value = toByte(data[i * channels + (colours === 1 ? 0 : c)]!);
      out[3 * i + c] = alpha === 255 ? value : Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return { width, height, data: out };
}
