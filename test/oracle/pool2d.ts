import { product, Sums, type Exact, type Numbers } from './array.js';

export interface PoolOptions {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly ceilMode: boolean;
}

export interface AvgPoolOptions extends Omit<PoolOptions, 'dilation'> {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;
}

/** Windows along one dimension: floor or ceil of (n + 2p - d(k-1) - 1)/s, plus 1; with ceil a last window that starts at n + p or later is dropped. */
function windows(size: number, kernel: number, stride: number, padding: number, dilation: number, ceilMode: boolean): number {
  const steps = (size + 2 * padding - dilation * (kernel - 1) - 1) / stride;
  if (!ceilMode) return Math.floor(steps) + 1;
  const count = Math.ceil(steps) + 1;
  return (count - 1) * stride >= size + padding ? count - 1 : count;
}

export function poolOutputShape(x: readonly number[], o: PoolOptions): number[] {
  const [ho, wo] = ([0, 1] as const).map((d) => windows(x.at(d - 2)!, o.kernel[d], o.stride[d], o.padding[d], o.dilation[d], o.ceilMode));
  return [...x.slice(0, -2), ho!, wo!];
}

/** Positions inside the map that window `at` covers along dimension `d`. */
function positions(at: number, size: number, o: PoolOptions, d: 0 | 1): number[] {
  return Array.from({ length: o.kernel[d] }, (_, tap) => at * o.stride[d] - o.padding[d] + tap * o.dilation[d]).filter((i) => i >= 0 && i < size);
}

/** Calls `window(y, plane, indices)` per output: its flat index, its plane, and the flat indices h*w + w inside the plane that it covers. */
function everyWindow(x: readonly number[], o: PoolOptions, window: (y: number, plane: number, indices: number[], row: number, column: number) => void): void {
  const [hi, wi] = x.slice(-2) as [number, number];
  const [ho, wo] = poolOutputShape(x, o).slice(-2) as [number, number];
  for (let plane = 0; plane < product(x.slice(0, -2)); plane++)
    for (let cell = 0; cell < ho * wo; cell++) {
      const [row, column] = [Math.floor(cell / wo), cell % wo];
      const columns = positions(column, wi, o, 1);
      const indices = positions(row, hi, o, 0).flatMap((r) => columns.map((c) => r * wi + c));
      window(plane * ho * wo + cell, plane, indices, row, column);
    }
}

/**
 * The largest of each window and its index in the plane; the first wins among equals, and a NaN wins over all before it.
 * A dilated window may lie in the padding alone: then -inf, and -1 for its index.
 */
export function maxPool2dForward(x: Numbers, o: PoolOptions): { output: Exact; indices: Int32Array } {
  const output = new Sums(poolOutputShape(x.shape, o));
  const indices = new Int32Array(output.data.length);
  const plane = product(x.shape.slice(-2));
  everyWindow(x.shape, o, (y, p, covered) => {
    let best = covered[0] ?? -1;
    for (const i of covered) {
      const value = x.data[p * plane + i]!;
      if (value > x.data[p * plane + best]! || Number.isNaN(value)) best = i;
    }
    indices[y] = best;
    output.add(y, best < 0 ? -Infinity : x.data[p * plane + best]!);
  });
  return { output, indices };
}

export function maxPool2dBackward(x: Numbers, dy: Numbers, o: PoolOptions): Exact {
  const dx = new Sums(x.shape);
  const { indices } = maxPool2dForward(x, o);
  const [plane, outPlane] = [product(x.shape.slice(-2)), product(dy.shape.slice(-2))];
  indices.forEach((index, y) => dx.add(Math.floor(y / outPlane) * plane + index, dy.data[y]!));
  return dx;
}

/** What a window divides by: the override, or its part inside the image, or (countIncludePad) inside the padded image. */
function divisor(x: readonly number[], o: AvgPoolOptions, row: number, column: number, covered: number): number {
  if (o.divisorOverride !== null) return o.divisorOverride;
  if (!o.countIncludePad) return covered;
  const [height, width] = ([0, 1] as const).map((d) => {
    const start = [row, column][d]! * o.stride[d] - o.padding[d];
    return Math.min(start + o.kernel[d], x.at(d - 2)! + o.padding[d]) - start;
  });
  return height! * width!;
}

export function avgPool2dForward(x: Numbers, o: AvgPoolOptions): Exact {
  const y = new Sums(poolOutputShape(x.shape, { ...o, dilation: [1, 1] }));
  const plane = product(x.shape.slice(-2));
  everyWindow(x.shape, { ...o, dilation: [1, 1] }, (yi, p, covered, row, column) => {
    const share = 1 / divisor(x.shape, o, row, column, covered.length);
    for (const i of covered) y.add(yi, x.data[p * plane + i]! * share);
  });
  return y;
}

export function avgPool2dBackward(x: Pick<Numbers, 'shape'>, dy: Numbers, o: AvgPoolOptions): Exact {
  const dx = new Sums(x.shape);
  const plane = product(x.shape.slice(-2));
  everyWindow(x.shape, { ...o, dilation: [1, 1] }, (yi, p, covered, row, column) => {
    const share = 1 / divisor(x.shape, o, row, column, covered.length);
    for (const i of covered) dx.add(p * plane + i, dy.data[yi]! * share);
  });
  return dx;
}

/** y[plane, indices[plane, i]] = x[plane, i], else 0: planes of x put back into planes of `size`; of equal places the last one wins. */
export function maxUnpoolForward(x: Numbers, indices: ArrayLike<number>, size: readonly number[]): Exact {
  const pixels = product(x.shape.slice(-size.length));
  const y = new Sums([...x.shape.slice(0, -size.length), ...size]);
  const winner = new Map<number, number>();
  for (let i = 0; i < x.data.length; i++) winner.set(Math.floor(i / pixels) * product(size) + indices[i]!, i);
  for (const [place, i] of winner) y.add(place, x.data[i]!);
  return y;
}

/** dx[plane, i] = dy[plane, indices[plane, i]]. */
export function maxUnpoolBackward(x: Numbers, indices: ArrayLike<number>, dy: Numbers, size: readonly number[]): Exact {
  const pixels = product(x.shape.slice(-size.length));
  const dx = new Sums(x.shape);
  for (let i = 0; i < x.data.length; i++) dx.add(i, dy.data[Math.floor(i / pixels) * product(size) + indices[i]!]!);
  return dx;
}
