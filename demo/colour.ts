// Colours of numbers: negative to positive through a fixed zero, and strength of one hue. Eleven stops even in OKLab.

export type Theme = 'light' | 'dark';
export type Rgb = readonly [number, number, number];

const hex = (text: string): Rgb[] => text.split(' ').map((one) => [0, 2, 4].map((at) => parseInt(one.slice(at, at + 2), 16)) as unknown as Rgb);

/** Most negative first, zero in the middle. */
export const DIVERGING: Readonly<Record<Theme, readonly Rgb[]>> = {
  light: hex('316aaf 5986bf 80a2cd a6bedc cedaea f7f7f7 e5d5cb d4b4a0 c19476 ae744c 9a541b'),
  dark: hex('80c7f8 6ca2c8 587e99 455c6e 323d45 1f1f1f 45382b 6e5336 9a6f40 c88d48 f8ab4f'),
};

/** Nothing first. */
export const MAGNITUDE: Readonly<Record<Theme, readonly Rgb[]>> = { light: hex('f7f7f7 503975'), dark: hex('1f1f1f dac4ff') };

/** Paper first; ink is grey. */
export const INK: Readonly<Record<Theme, readonly Rgb[]>> = { light: hex('f7f7f7 1c1b1a'), dark: hex('1f1f1f f2efea') };

export const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;

/** The colour at `part` of the way along `stops`, 0 to 1; straight lines between neighbours. */
export function along(stops: readonly Rgb[], part: number): Rgb {
  const at = Math.min(1, Math.max(0, Number.isFinite(part) ? part : 0)) * (stops.length - 1);
  const left = Math.min(stops.length - 2, Math.floor(at));
  const between = at - left;
  return stops[left]!.map((value, i) => Math.round(value + (stops[left + 1]![i]! - value) * between)) as unknown as Rgb;
}

/** The colour of a signed value whose range is ±`range`. */
export const diverging = (theme: Theme, value: number, range: number): Rgb => along(DIVERGING[theme], 0.5 + value / (2 * range));

/** Relative luminance of sRGB (WCAG 2.2). */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => (value <= 10.31475 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** 1 to 21 (WCAG 2.2). */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((p, q) => p - q) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is read better on `ground`. */
export function textOn(ground: Rgb): Rgb {
  const [black, white]: [Rgb, Rgb] = [[0, 0, 0], [255, 255, 255]];
  return contrast(black, ground) >= contrast(white, ground) ? black : white;
}

/** The next of 1, 2 and 5 times a power of ten that is at least `value`; 1 for nothing. */
export function roundUp(value: number): number {
  if (!(value > 0 && Number.isFinite(value))) return 1;
  for (let unit = 1e-6; unit < 1e12; unit *= 10) for (const step of [1, 2, 5]) if (step * unit >= value * (1 - 1e-9)) return Number((step * unit).toPrecision(1));
  return value;
}

/** 256 colours of `stops` as canvas pixels, little-endian ABGR. */
export function palette(stops: readonly Rgb[]): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const [r, g, b] = along(stops, i / 255);
    return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
  });
}
