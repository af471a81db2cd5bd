import { Sums, type Exact, type Numbers } from './array.js';

export interface ConvOptions {
  readonly stride: readonly [number, number];
  /** [height, width], or [top, bottom, left, right]. */
  readonly padding: readonly [number, number] | readonly [number, number, number, number] | 'same' | 'valid';
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** Zeros before and after one dimension: 'same' adds dilation*(kernel-1) in total, the smaller half before. */
export function padsOf(padding: ConvOptions['padding'], dim: 0 | 1, kernel: number, dilation: number): [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return padding.length === 2 ? [padding[dim], padding[dim]] : [padding[2 * dim]!, padding[2 * dim + 1]!];
  const total = dilation * (kernel - 1);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

function outputSize(size: number, kernel: number, stride: number, dilation: number, [before, after]: [number, number]): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

export function convOutputShape(x: readonly number[], w: readonly number[], o: ConvOptions): number[] {
  const [ho, wo] = ([0, 1] as const).map((d) => outputSize(x[2 + d]!, w[2 + d]!, o.stride[d], o.dilation[d], padsOf(o.padding, d, w[2 + d]!, o.dilation[d])));
  return [x[0]!, w[0]!, ho!, wo!];
}

/** The pairs (output position, input position) that kernel tap `tap` joins along one dimension. */
function pairs(size: number, out: number, tap: number, stride: number, dilation: number, before: number): [number, number][] {
  return Array.from({ length: out }, (_, o): [number, number] => [o, o * stride - before + tap * dilation]).filter(([, i]) => i >= 0 && i < size);
}

/**
 * Calls `term(y, x, w)` with flat indices for every product in
 *   y[n, co, ho, wo] = Σ over ci of the group, kh, kw of x[n, ci, ho*stride - pad + kh*dilation, ...] * w[co, ci, kh, kw]
 */
function everyTerm(x: readonly number[], w: readonly number[], o: ConvOptions, term: (y: number, x: number, w: number) => void): void {
  const [n, ci, hi, wi] = x as [number, number, number, number];
  const [co, perGroup, kh, kw] = w as [number, number, number, number];
  const [, , ho, wo] = convOutputShape(x, w, o) as [number, number, number, number];
  const top = padsOf(o.padding, 0, kh, o.dilation[0])[0];
  const left = padsOf(o.padding, 1, kw, o.dilation[1])[0];
  const joinPlanes = (yPlane: number, xPlane: number, wPlane: number): void => {
    for (let tap = 0; tap < kh * kw; tap++) {
      const rows = pairs(hi, ho, Math.floor(tap / kw), o.stride[0], o.dilation[0], top);
      const columns = pairs(wi, wo, tap % kw, o.stride[1], o.dilation[1], left);
      for (const [yr, xr] of rows)
        for (const [yc, xc] of columns) term((yPlane * ho + yr) * wo + yc, (xPlane * hi + xr) * wi + xc, wPlane * kh * kw + tap);
    }
  };
  for (let image = 0; image < n; image++)
    for (let out = 0; out < co; out++) {
      const group = Math.floor(out / (co / o.groups));
      for (let k = 0; k < perGroup; k++) joinPlanes(image * co + out, image * ci + group * perGroup + k, out * perGroup + k);
    }
}

export function conv2dForward(x: Numbers, w: Numbers, b: Numbers | null, o: ConvOptions): Exact {
  const shape = convOutputShape(x.shape, w.shape, o);
  const y = new Sums(shape);
  everyTerm(x.shape, w.shape, o, (yi, xi, wi) => y.add(yi, x.data[xi]! * w.data[wi]!));
  const plane = shape[2]! * shape[3]!;
  if (b !== null) y.data.forEach((_, i) => y.add(i, b.data[Math.floor(i / plane) % shape[1]!]!));
  return y;
}

/** dx sums dy*w, dw sums dy*x over the same products; db sums dy over images and pixels. */
export function conv2dBackward(x: Numbers, w: Numbers, dy: Numbers, o: ConvOptions): { input: Exact; weight: Exact; bias: Exact } {
  const [input, weight, bias] = [new Sums(x.shape), new Sums(w.shape), new Sums([w.shape[0]!])];
  everyTerm(x.shape, w.shape, o, (yi, xi, wi) => {
    input.add(xi, dy.data[yi]! * w.data[wi]!);
    weight.add(wi, dy.data[yi]! * x.data[xi]!);
  });
  const plane = dy.shape[2]! * dy.shape[3]!;
  for (let i = 0; i < dy.data.length; i++) bias.add(Math.floor(i / plane) % w.shape[0]!, dy.data[i]!);
  return { input, weight, bias };
}
