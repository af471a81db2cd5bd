import { Sums, type Exact, type Numbers } from './array.js';

export interface ConvTransposeOptions {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly outputPadding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** (size - 1)*stride - 2*padding + dilation*(kernel - 1) + outputPadding + 1 along each axis. */
export function convTransposeShape(x: readonly number[], w: readonly number[], o: ConvTransposeOptions): number[] {
  const [ho, wo] = ([0, 1] as const).map((d) => (x[2 + d]! - 1) * o.stride[d] - 2 * o.padding[d] + o.dilation[d] * (w[2 + d]! - 1) + o.outputPadding[d] + 1);
  return [x[0]!, w[1]! * o.groups, ho!, wo!];
}

/** The places `to` that an input position and a kernel tap meet at, along one axis. */
function meetings(size: number, kernel: number, out: number, o: ConvTransposeOptions, d: 0 | 1): { from: number; tap: number; to: number }[] {
  return Array.from({ length: size * kernel }, (_, i) => {
    const [from, tap] = [Math.floor(i / kernel), i % kernel];
    return { from, tap, to: from * o.stride[d] - o.padding[d] + tap * o.dilation[d] };
  }).filter(({ to }) => to >= 0 && to < out);
}

/** Calls `term(y, x, w)` for every product in y[n, co, iy*stride - padding + ky*dilation, ...] += x[n, ci, iy, ix] * w[ci, co, ky, kx]. */
function everyTerm(x: readonly number[], w: readonly number[], o: ConvTransposeOptions, term: (y: number, x: number, w: number) => void): void {
  const [n, ci, hi, wi] = x as [number, number, number, number];
  const [, perGroup, kh, kw] = w as [number, number, number, number];
  const [, co, ho, wo] = convTransposeShape(x, w, o) as [number, number, number, number];
  const [rows, columns] = [meetings(hi, kh, ho, o, 0), meetings(wi, kw, wo, o, 1)];
  for (let plane = 0; plane < n * ci; plane++) {
    const [image, channel] = [Math.floor(plane / ci), plane % ci];
    const group = Math.floor(channel / (ci / o.groups));
    for (let k = 0; k < perGroup; k++) {
      const yPlane = image * co + group * perGroup + k;
      for (const r of rows)
        for (const c of columns) term((yPlane * ho + r.to) * wo + c.to, (plane * hi + r.from) * wi + c.from, ((channel * perGroup + k) * kh + r.tap) * kw + c.tap);
    }
  }
}

export function convTransposeForward(x: Numbers, w: Numbers, b: Numbers | null, o: ConvTransposeOptions): Exact {
  const shape = convTransposeShape(x.shape, w.shape, o);
  const y = new Sums(shape);
  everyTerm(x.shape, w.shape, o, (yi, xi, wi) => y.add(yi, x.data[xi]! * w.data[wi]!));
  const plane = shape[2]! * shape[3]!;
  if (b !== null) y.data.forEach((_, i) => y.add(i, b.data[Math.floor(i / plane) % shape[1]!]!));
  return y;
}

export function convTransposeBackward(x: Numbers, w: Numbers, dy: Numbers, o: ConvTransposeOptions): { input: Exact; weight: Exact; bias: Exact } {
  const [input, weight, bias] = [new Sums(x.shape), new Sums(w.shape), new Sums([dy.shape[1]!])];
  everyTerm(x.shape, w.shape, o, (yi, xi, wi) => {
    input.add(xi, dy.data[yi]! * w.data[wi]!);
    weight.add(wi, dy.data[yi]! * x.data[xi]!);
  });
  const plane = dy.shape[2]! * dy.shape[3]!;
  for (let i = 0; i < dy.data.length; i++) bias.add(Math.floor(i / plane) % dy.shape[1]!, dy.data[i]!);
  return { input, weight, bias };
}
