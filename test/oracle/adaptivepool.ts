import { product, Sums, type Exact, type Numbers } from './array.js';

/** Positions of window `at` of `out` over `size`: from floor(at*size/out) to ceil((at+1)*size/out) - 1. */
function positions(at: number, size: number, out: number): number[] {
  const start = Math.floor((at * size) / out);
  const end = Math.ceil(((at + 1) * size) / out);
  return Array.from({ length: end - start }, (_, i) => start + i);
}

/** The flat indices h*w + w that each output of a plane covers. */
function windowsOf([hi, wi]: readonly [number, number], [ho, wo]: readonly [number, number]): number[][] {
  return Array.from({ length: ho * wo }, (_, cell) => {
    const columns = positions(cell % wo, wi, wo);
    return positions(Math.floor(cell / wo), hi, ho).flatMap((r) => columns.map((c) => r * wi + c));
  });
}

const sizesOf = (shape: readonly number[]): [number, number] => [shape.at(-2)!, shape.at(-1)!];

export function adaptiveAvgForward(x: Numbers, size: readonly [number, number]): Exact {
  const y = new Sums([...x.shape.slice(0, -2), ...size]);
  const windows = windowsOf(sizesOf(x.shape), size);
  const plane = product(sizesOf(x.shape));
  y.data.forEach((_, i) => {
    const covered = windows[i % windows.length]!;
    for (const at of covered) y.add(i, x.data[Math.floor(i / windows.length) * plane + at]! / covered.length);
  });
  return y;
}

export function adaptiveAvgBackward(x: Pick<Numbers, 'shape'>, dy: Numbers): Exact {
  const dx = new Sums(x.shape);
  const windows = windowsOf(sizesOf(x.shape), sizesOf(dy.shape));
  const plane = product(sizesOf(x.shape));
  for (let i = 0; i < dy.data.length; i++) {
    const covered = windows[i % windows.length]!;
    for (const at of covered) dx.add(Math.floor(i / windows.length) * plane + at, dy.data[i]! / covered.length);
  }
  return dx;
}

/** The largest of each window and where it is; the first wins among equals, and a NaN wins over all before it. */
export function adaptiveMaxForward(x: Numbers, size: readonly [number, number]): { output: Exact; indices: Int32Array } {
  const output = new Sums([...x.shape.slice(0, -2), ...size]);
  const indices = new Int32Array(output.data.length);
  const windows = windowsOf(sizesOf(x.shape), size);
  const plane = product(sizesOf(x.shape));
  indices.forEach((_, i) => {
    const from = Math.floor(i / windows.length) * plane;
    const covered = windows[i % windows.length]!;
    const best = covered.reduce((a, at) => (x.data[from + at]! > x.data[from + a]! || Number.isNaN(x.data[from + at]!) ? at : a));
    indices[i] = best;
    output.add(i, x.data[from + best]!);
  });
  return { output, indices };
}

export function adaptiveMaxBackward(x: Numbers, dy: Numbers): Exact {
  const dx = new Sums(x.shape);
  const { indices } = adaptiveMaxForward(x, sizesOf(dy.shape));
  const [plane, outPlane] = [product(sizesOf(x.shape)), product(sizesOf(dy.shape))];
  indices.forEach((at, i) => dx.add(Math.floor(i / outPlane) * plane + at, dy.data[i]!));
  return dx;
}
