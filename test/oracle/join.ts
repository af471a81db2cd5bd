import type { Exact } from './array.js';

const exact = (data: Float64Array, shape: readonly number[], terms: number): Exact => ({ data, magnitude: data.map(Math.abs), shape, terms });

/** a + b + …, element by element. */
export function addForward(terms: readonly { data: Float32Array; shape: readonly number[] }[]): Exact {
  const data = new Float64Array(terms[0]!.data.length);
  const magnitude = new Float64Array(data.length);
  for (const term of terms) {
    for (let i = 0; i < data.length; i++) {
      data[i]! += term.data[i]!;
      magnitude[i]! += Math.abs(term.data[i]!);
    }
  }
  return { ...exact(data, terms[0]!.shape, terms.length), magnitude };
}

/** Channel c of image n of the result is channel c − (channels before) of the part that has it; the last `zeros` are 0. */
export function concatForward(parts: readonly { data: Float32Array; shape: readonly number[] }[], zeros = 0): Exact {
  const [n, , ...rest] = parts[0]!.shape as [number, number, ...number[]];
  const pixels = rest.reduce((a, b) => a * b, 1);
  const channels = parts.reduce((sum, { shape }) => sum + shape[1]!, zeros);
  const data = new Float64Array(n * channels * pixels);
  let before = 0;
  for (const { data: part, shape } of parts) {
    for (let i = 0; i < n; i++) for (let c = 0; c < shape[1]!; c++) for (let q = 0; q < pixels; q++) data[(i * channels + before + c) * pixels + q] = part[(i * shape[1]! + c) * pixels + q]!;
    before += shape[1]!;
  }
  return exact(data, [n, channels, ...rest], 0);
}

/** The part's channels of dy. */
export function concatBackward(dy: { data: Float32Array; shape: readonly number[] }, before: number, shape: readonly number[]): Exact {
  const [n, c, ...rest] = shape as [number, number, ...number[]];
  const pixels = rest.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: n * c * pixels }, (_, at) => {
    const [i, channel, q] = [Math.floor(at / (c * pixels)), Math.floor(at / pixels) % c, at % pixels];
    return dy.data[(i * dy.shape[1]! + before + channel) * pixels + q]!;
  });
  return exact(data, shape, 0);
}
