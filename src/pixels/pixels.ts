/** A picture's pixels as they came, row-major. An ImageData is one, with `channels` 4 and `max` 255. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
  readonly channels: number;
  /** What white is. */
  readonly max: number;
  /** Colour that counts as transparent. */
  readonly key?: readonly number[] | null;
}

/** Pixels that are decoded unless less is asked for. */
export const MOST_PIXELS = 1 << 25;

/** A picture in grey: 0 black to 1 white, row-major. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Opacity of pixel `i`, 0 to 1. */
export function alphaOf({ data, channels, max, key }: Pixels, i: number, colours: number): number {
  const at = i * channels;
  if (channels > colours) return data[at + colours]! / max;
  return key?.every((value, c) => value === data[at + c]) ? 0 : 1;
}

/**
 * Grey = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). See-through pixels lie on white where what is drawn is dark,
 * on black where it is light, so that strokes on nothing stay visible.
 */
export function toGrey(pixels: Pixels): Grey {
  const { width, height, data, channels, max } = pixels;
  const colours = channels < 3 ? 1 : 3;
  const values = new Float32Array(width * height);
  const alphas = new Float32Array(values.length);
  let drawn = 0;
  let covered = 0;
  for (let i = 0; i < values.length; i++) {
    const at = i * channels;
    const grey = colours === 1 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    values[i] = grey / max;
    alphas[i] = alphaOf(pixels, i, colours);
    drawn += values[i]! * alphas[i]!;
    covered += alphas[i]!;
  }
  const backdrop = drawn < 0.5 * covered ? 1 : 0;
  return { width, height, values: values.map((value, i) => value * alphas[i]! + backdrop * (1 - alphas[i]!)) };
}
