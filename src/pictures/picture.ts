/** Pixels as canvases take them: rows of red, green, blue, alpha, 0 to 255 (`new ImageData(data, width)`). */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** Colour of a value between −1 and 1, or 0 and 1: red, green, blue. */
export type Palette = (value: number) => readonly [number, number, number];

const stops = (colours: string): (readonly [number, number, number])[] =>
  colours.split(' ').map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as [number, number, number]);

/** Negative blue, zero nearly white, positive brown: even steps in OKLab, told apart with any kind of colour vision. */
const SIGNED = stops('316aaf 5986bf 80a2cd a6bedc cedaea f7f7f7 e5d5cb d4b4a0 c19476 ae744c 9a541b');
/** From nearly white to violet. */
const MAGNITUDE = stops('f7f7f7 d3cae1 af9fca 8c75b3 6d5494 503975');

function between(colours: readonly (readonly [number, number, number])[], at: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, at)) * (colours.length - 1);
  const low = Math.min(colours.length - 2, Math.floor(place));
  const [a, b, part] = [colours[low]!, colours[low + 1]!, place - low];
  return [0, 1, 2].map((c) => a[c]! + (b[c]! - a[c]!) * part) as [number, number, number];
}

/** For values from −1 to 1; zero has one colour everywhere. */
export const signed: Palette = (value) => between(SIGNED, (value + 1) / 2);
/** For values from 0 to 1. */
export const magnitude: Palette = (value) => between(MAGNITUDE, value);

/** Largest absolute value, at least the smallest normal number: what a range is divided by. */
export function largest(values: Float32Array): number {
  return values.reduce((most, value) => (Math.abs(value) > most ? Math.abs(value) : most), 1.2e-38);
}

/** A grid of tiles of one size with a line of `gap` pixels between them. */
export class Grid {
  readonly picture: Picture;
  readonly #columns: number;
  readonly #step: readonly [number, number];
  readonly #scale: number;

  /** @param tiles how many  @param size [height, width] of one  @param scale pixels per value */
  constructor(tiles: number, columns: number, [height, width]: readonly [number, number], scale: number, gap: number) {
    this.#columns = columns;
    this.#step = [height * scale + gap, width * scale + gap];
    this.#scale = scale;
    const rows = Math.ceil(tiles / columns);
    const across = Math.min(columns, tiles) * this.#step[1] - gap;
    const down = rows * this.#step[0] - gap;
    this.picture = { width: across, height: down, data: new Uint8ClampedArray(across * down * 4) };
  }

  /** Paints `value` (row, column) of tile `index`. */
  set(index: number, row: number, column: number, [red, green, blue]: readonly [number, number, number]): void {
    const { width, data } = this.picture;
    const top = Math.floor(index / this.#columns) * this.#step[0] + row * this.#scale;
    const left = (index % this.#columns) * this.#step[1] + column * this.#scale;
    for (let y = top; y < top + this.#scale; y++) {
      for (let x = left; x < left + this.#scale; x++) data.set([red, green, blue, 255], (y * width + x) * 4);
    }
  }
}
