/** Where a line of `to` outputs lies on a line of `from` values that is first scaled to `scaled` values: from its value `offset` on. */
interface Line {
  readonly from: number;
  readonly scaled: number;
  readonly offset: number;
  readonly to: number;
}

/** For each output: its first value, and the weights of that and the next ones. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Linear interpolation; when shrinking, a triangle as wide as two outputs, so that every value counts (PIL's BILINEAR, torchvision's antialias). */
function tapsOf({ from, scaled, offset, to }: Line): Taps[] {
  const scale = from / scaled;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, o) => {
    const centre = (offset + o + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const last = Math.min(from, Math.floor(centre + reach + 0.5));
    const raw = Array.from({ length: last - first }, (_, i) => Math.max(0, 1 - Math.abs(first + i + 0.5 - centre) / reach));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

/** A window of a plane [height, width] scaled to [scaled height, scaled width]; the sums are of float64. */
export function resized(plane: Float32Array, rows: Line, columns: Line): Float32Array {
  const across = tapsOf(columns);
  const down = tapsOf(rows);
  const narrow = new Float32Array(rows.from * columns.to);
  for (let y = 0; y < rows.from; y++) {
    across.forEach(({ first, weights }, x) => {
      narrow[y * columns.to + x] = weights.reduce((sum, weight, i) => sum + weight * plane[y * columns.from + first + i]!, 0);
    });
  }
  const out = new Float32Array(rows.to * columns.to);
  down.forEach(({ first, weights }, y) => {
    for (let x = 0; x < columns.to; x++) out[y * columns.to + x] = weights.reduce((sum, weight, i) => sum + weight * narrow[(first + i) * columns.to + x]!, 0);
  });
  return out;
}

/** The centre [height, width] of a picture whose shorter side is scaled to `side` (torchvision's Resize and CenterCrop; halves go to the even pixel). */
export function centreOf(picture: { width: number; height: number }, side: number, height: number, width: number): { rows: Line; columns: Line } {
  const shorter = Math.min(picture.width, picture.height);
  const line = (from: number, to: number): Line => {
    const scaled = Math.max(to, Math.floor((side * from) / shorter));
    const half = (scaled - to) / 2;
    return { from, scaled, offset: Number.isInteger(half) ? half : 2 * Math.round(half / 2), to };
  };
  return { rows: line(picture.height, height), columns: line(picture.width, width) };
}
