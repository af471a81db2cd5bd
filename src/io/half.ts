import { OptionError } from '../core/errors.js';

/** IEEE half precision (bits 1 | 5 | 10) as a number. */
export function fromHalf(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : exponent < 31 ? (1024 + fraction) * (1 << exponent) * 2 ** -25 : fraction === 0 ? Infinity : NaN;
  return bits & 0x8000 ? -size : size;
}

let table: Float32Array | null = null;

/** The numbers of halves; by a table of all of them, because a file may hold a hundred million. */
export function fromHalves(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 0x10000 }, (_, bits) => fromHalf(bits));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = table[halves[i]!]!;
  return values;
}

/** The numbers of bfloat16s: each is the upper half of a float32. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** The least finite float32 size that rounds to infinity, 65520, as bits. */
const TOO_LARGE = 0x477ff000;
/** 2^-14, the least normal half, as float32 bits. */
const NORMAL = 0x38800000;

/** The nearest half of a float32 given as its bits, ties to even. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size >= 0x7f800000) return sign | (size === 0x7f800000 ? 0x7c00 : 0x7e00);
  if (size >= NORMAL) return sign | (((size + 0xfff + ((size >>> 13) & 1)) >>> 13) - (112 << 10));
  // Below 2^-14 a half counts steps of 2^-24: the 24-bit fraction of the float, shifted, is that count and what is rounded away.
  const shift = 126 - (size >>> 23);
  if (shift > 24) return sign;
  const fraction = (size & 0x7fffff) | 0x800000;
  const count = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (count + Number(rest > middle || (rest === middle && (count & 1) === 1)));
}

/**
 * Rounds to half precision, ties to even. Throws OptionError naming `name` where a finite value would become infinite:
 * halves end at 65504.
 */
export function toHalf(values: Float32Array, name: string): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    const size = bits[i]! & 0x7fffffff;
    if (size >= TOO_LARGE && size < 0x7f800000) throw new OptionError(`save: ${name} has the value ${values[i]} at ${i}, beyond float16's 65504: save it as float32`);
    halves[i] = halfOf(bits[i]!);
  }
  return halves;
}
