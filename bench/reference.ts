// Single outputs in float64, by their definitions: what a row is checked against before it is timed.

/** An exact number and the sum of the absolute values of its terms: errors grow with the latter. */
export interface Exact {
  readonly value: number;
  readonly magnitude: number;
}

/** A result to compare: `expected(i)` is element i of `got`. */
export interface Check {
  readonly name: string;
  readonly got: ArrayLike<number>;
  readonly expected: (index: number) => Exact;
  /** Allowed error / magnitude. */
  readonly tolerance: number;
}

/** Float32 products add up with an error far below this part of their magnitude; Winograd's transforms take some of it. */
export const SUM_TOLERANCE = 1e-5;
export const POINTWISE_TOLERANCE = 2e-6;

/** Says what is wrong, or null. All of the result must be finite; the elements at `where` must agree. */
export function mismatch(check: Check, where: readonly number[]): string | null {
  for (let i = 0; i < check.got.length; i++) if (!Number.isFinite(check.got[i]!)) return `${check.name}[${i}] is ${check.got[i]}`;
  for (const i of where) {
    const { value, magnitude } = check.expected(i);
    const error = Math.abs(check.got[i]! - value);
    if (!(error <= check.tolerance * magnitude + 1e-30)) return `${check.name}[${i}] is ${check.got[i]}, expected ${value} (error ${error.toExponential(1)})`;
  }
  return null;
}

/** Adds terms up. */
class Sum implements Exact {
  value = 0;
  magnitude = 0;
  add(term: number): void {
    this.value += term;
    this.magnitude += Math.abs(term);
  }
}

/** c[i, j] = Σ a[i, t] · b[t, j]. */
export function gemmAt(a: Float32Array, b: Float32Array, k: number, n: number, index: number): Exact {
  const sum = new Sum();
  const [i, j] = [Math.floor(index / n), index % n];
  for (let t = 0; t < k; t++) sum.add(a[i * k + t]! * b[t * n + j]!);
  return sum;
}

/** Sizes of a square-strided convolution: x [n, c, h, w], w [k, c/groups, r, s], y [n, k, p, q]. */
export interface ConvSizes {
  readonly N: number;
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly K: number;
  readonly R: number;
  readonly S: number;
  readonly stride: number;
  readonly pad: number;
  readonly groups: number;
  readonly P: number;
  readonly Q: number;
}

/** Row-major coordinates of `index` in a tensor of these sizes. */
function coordinates(index: number, sizes: readonly number[]): number[] {
  const at: number[] = [];
  for (let i = sizes.length - 1; i >= 0; i--) {
    at.unshift(index % sizes[i]!);
    index = Math.floor(index / sizes[i]!);
  }
  return at;
}

/** y[n, k, p, q] = Σ over c of k's group, r, s of x[n, c, p·stride + r − pad, q·stride + s − pad] · w[k, c, r, s]. */
export function convAt(g: ConvSizes, x: Float32Array, w: Float32Array, index: number): Exact {
  const sum = new Sum();
  const [n, k, p, q] = coordinates(index, [g.N, g.K, g.P, g.Q]) as [number, number, number, number];
  const per = g.C / g.groups;
  const first = Math.floor(k / (g.K / g.groups)) * per;
  for (let c = 0; c < per; c++) {
    for (let r = 0; r < g.R; r++) {
      const row = p * g.stride + r - g.pad;
      if (row < 0 || row >= g.H) continue;
      for (let s = 0; s < g.S; s++) {
        const column = q * g.stride + s - g.pad;
        if (column >= 0 && column < g.W) sum.add(x[((n * g.C + first + c) * g.H + row) * g.W + column]! * w[((k * per + c) * g.R + r) * g.S + s]!);
      }
    }
  }
  return sum;
}

/** dx[n, c, h, w] = Σ over the k of c's group, r, s of dy at the outputs that read this pixel through tap r, s · w[k, c, r, s]. */
export function convInputAt(g: ConvSizes, dy: Float32Array, w: Float32Array, index: number): Exact {
  const sum = new Sum();
  const [n, c, h, v] = coordinates(index, [g.N, g.C, g.H, g.W]) as [number, number, number, number];
  const [per, outs] = [g.C / g.groups, g.K / g.groups];
  const group = Math.floor(c / per);
  for (let r = 0; r < g.R; r++) {
    const p = (h + g.pad - r) / g.stride;
    if (!Number.isInteger(p) || p < 0 || p >= g.P) continue;
    for (let s = 0; s < g.S; s++) {
      const q = (v + g.pad - s) / g.stride;
      if (!Number.isInteger(q) || q < 0 || q >= g.Q) continue;
      for (let k = group * outs; k < (group + 1) * outs; k++) sum.add(dy[((n * g.K + k) * g.P + p) * g.Q + q]! * w[((k * per + (c % per)) * g.R + r) * g.S + s]!);
    }
  }
  return sum;
}

/** dw[k, c, r, s] = Σ over n, p, q of dy[n, k, p, q] · x at the pixel that tap r, s reads. */
export function convWeightAt(g: ConvSizes, x: Float32Array, dy: Float32Array, index: number): Exact {
  const sum = new Sum();
  const per = g.C / g.groups;
  const [k, c, r, s] = coordinates(index, [g.K, per, g.R, g.S]) as [number, number, number, number];
  const channel = Math.floor(k / (g.K / g.groups)) * per + c;
  for (let n = 0; n < g.N; n++) {
    for (let p = 0; p < g.P; p++) {
      const row = p * g.stride + r - g.pad;
      if (row < 0 || row >= g.H) continue;
      for (let q = 0; q < g.Q; q++) {
        const column = q * g.stride + s - g.pad;
        if (column >= 0 && column < g.W) sum.add(dy[((n * g.K + k) * g.P + p) * g.Q + q]! * x[((n * g.C + channel) * g.H + row) * g.W + column]!);
      }
    }
  }
  return sum;
}

/** db[k] = Σ dy over images and pixels; `planes` = k, `size` pixels each. */
export function channelSumAt(dy: Float32Array, planes: number, size: number, k: number, factor: (index: number) => number = () => 1): Exact {
  const sum = new Sum();
  for (let start = k * size; start < dy.length; start += planes * size) for (let i = start; i < start + size; i++) sum.add(dy[i]! * factor(i));
  return sum;
}

/** Where the first maximum of the window of output `index` lies in x; padding never wins. */
export function maximumAt(g: ConvSizes, x: Float32Array, index: number): number {
  const [n, c, p, q] = coordinates(index, [g.N, g.C, g.P, g.Q]) as [number, number, number, number];
  let best = -1;
  for (let row = Math.max(0, p * g.stride - g.pad); row < Math.min(g.H, p * g.stride - g.pad + g.R); row++) {
    for (let column = Math.max(0, q * g.stride - g.pad); column < Math.min(g.W, q * g.stride - g.pad + g.S); column++) {
      const at = ((n * g.C + c) * g.H + row) * g.W + column;
      if (best < 0 || x[at]! > x[best]!) best = at;
    }
  }
  return best;
}

/** dx of max pooling at `index`: the residuals of the windows whose maximum it is. */
export function maxPoolInputAt(g: ConvSizes, x: Float32Array, dy: Float32Array, index: number): Exact {
  const sum = new Sum();
  const [n, c, h, w] = coordinates(index, [g.N, g.C, g.H, g.W]) as [number, number, number, number];
  for (let p = Math.max(0, Math.ceil((h + g.pad - g.R + 1) / g.stride)); p < g.P && p * g.stride - g.pad <= h; p++) {
    for (let q = Math.max(0, Math.ceil((w + g.pad - g.S + 1) / g.stride)); q < g.Q && q * g.stride - g.pad <= w; q++) {
      const y = ((n * g.C + c) * g.P + p) * g.Q + q;
      if (maximumAt(g, x, y) === index) sum.add(dy[y]!);
    }
  }
  return sum;
}
