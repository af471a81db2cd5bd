// The weights and images of the torchvision cases: numbers that are a function of seed, name and place.

/** FNV-1a over the UTF-8 bytes. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h;
}

/** The i-th 24 bits of the stream of `key`. */
function u24(keyHash: number, i: number): number {
  let x = (keyHash + Math.imul(i, 0x9e3779b9)) | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return x >>> 8;
}

/** `count` numbers of [-1, 1). */
export function units(key: string, count: number): Float32Array<ArrayBuffer> {
  const h = hash(key);
  return Float32Array.from({ length: count }, (_, i) => u24(h, i) * 2 ** -23 - 1);
}

/** `count` classes below 1000. */
export function labelsOf(seed: number, count: number): Int32Array {
  const h = hash(`${seed}:labels`);
  return Int32Array.from({ length: count }, (_, i) => u24(h, i) % 1000);
}

/** The tensor `name` of a state_dict; `normalises`: the weight of a batch normalisation. */
export function weightOf(seed: number, name: string, shape: readonly number[], normalises: boolean): Float32Array<ArrayBuffer> {
  const count = shape.reduce((a, b) => a * b, 1);
  if (name.endsWith('num_batches_tracked')) return new Float32Array(count);
  const v = units(`${seed}:${name}`, count);
  const times = (factor: number, plus = 0): Float32Array<ArrayBuffer> => v.map((value) => plus + Math.fround(value * Math.fround(factor)));
  if (name.endsWith('running_mean')) return times(0.1);
  if (name.endsWith('running_var')) return times(0.25, 1);
  if (normalises) return times(0.125, 1);
  if (name.endsWith('bias')) return times(0.0625);
  return times(Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1)));
}

/** What a case says of a tensor to tell whether the formula is right: its first numbers and the sum of their bit patterns. */
export function checkOf(values: Float32Array): { first4: number[]; sum_u32: number } {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return { first4: [...values.subarray(0, 4)], sum_u32: bits.reduce((sum, one) => (sum + one) >>> 0, 0) };
}
