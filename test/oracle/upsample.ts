import { Sums, type Exact, type Numbers } from './array.js';

export interface UpsampleOracleOptions {
  readonly size?: readonly [number, number];
  readonly scaleFactor?: readonly [number, number];
  readonly mode?: 'nearest' | 'bilinear';
  readonly alignCorners?: boolean;
}

/** What an output reads along an axis: positions and their weights. */
type Reading = [position: number, weight: number][];

/** Nearest: floor(o*scale), in float32. Bilinear: o*(in-1)/(out-1) with corners aligned, else (o + 1/2)*scale - 1/2 from 0 on. */
function readings(input: number, output: number, factor: number | undefined, o: UpsampleOracleOptions): Reading[] {
  const scale = factor === undefined ? input / output : 1 / factor;
  return Array.from({ length: output }, (_, i): Reading => {
    if (input === output) return [[i, 1]];
    if (o.mode !== 'bilinear') {
      const at = output === 2 * input ? Math.floor(i / 2) : Math.floor(Math.fround(i * Math.fround(scale)));
      return [[Math.min(at, input - 1), 1]];
    }
    const corners = output > 1 ? (i * (input - 1)) / (output - 1) : 0;
    const point = o.alignCorners ? corners : Math.max(0, (i + 0.5) * scale - 0.5);
    const low = Math.min(Math.floor(point), input - 1);
    return [[low, 1 - (point - low)], [Math.min(low + 1, input - 1), point - low]];
  });
}

function everyTerm(x: readonly number[], o: UpsampleOracleOptions, term: (y: number, x: number, weight: number) => void): number[] {
  const [n, c, hi, wi] = x as [number, number, number, number];
  const [ho, wo] = o.size ?? [Math.floor(hi * o.scaleFactor![0]), Math.floor(wi * o.scaleFactor![1])];
  const rows = readings(hi, ho, o.scaleFactor?.[0], o);
  const columns = readings(wi, wo, o.scaleFactor?.[1], o);
  for (let plane = 0; plane < n * c; plane++)
    for (let cell = 0; cell < ho * wo; cell++)
      for (const [r, wr] of rows[Math.floor(cell / wo)]!)
        for (const [k, wk] of columns[cell % wo]!) term(plane * ho * wo + cell, (plane * hi + r) * wi + k, wr * wk);
  return [n, c, ho, wo];
}

export function upsampleForward(x: Numbers, o: UpsampleOracleOptions): Exact {
  const y = new Sums(everyTerm(x.shape, o, () => {}));
  everyTerm(x.shape, o, (yi, xi, weight) => y.add(yi, weight * x.data[xi]!));
  return y;
}

export function upsampleBackward(x: Pick<Numbers, 'shape'>, dy: Numbers, o: UpsampleOracleOptions): Exact {
  const dx = new Sums(x.shape);
  everyTerm(x.shape, o, (yi, xi, weight) => dx.add(xi, weight * dy.data[yi]!));
  return dx;
}
