// What the machine can do: the rows are compared with it. The loop is a wasm module of its own, written down byte by byte.

import { summarizeTimes } from './measure.js';

const CHAINS = 12;
/** Multiplications and additions of one round: CHAINS chains of four lanes. */
const FLOPS_PER_ROUND = CHAINS * 4 * 2;
const ROUNDS = 8;

const [V128, F32, I32] = [0x7b, 0x7d, 0x7f];
const [GET, SET] = [0x20, 0x21];
const SPLAT = [0xfd, 0x13];
const ADD = [0xfd, 0xe4, 0x01];
const MUL = [0xfd, 0xe6, 0x01];
const EXTRACT_0 = [0xfd, 0x1f, 0x00];

/** A number as unsigned LEB128. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

/**
 * The module: loop(count, factor, term) runs `count` times ROUNDS rounds of v[i] = v[i]·factor + term over CHAINS vectors that do not
 * depend on one another, and returns lane 0 of their sum. Locals: 0 count, 1 factor, 2 term, 3 and 4 the same splat, 5.. the vectors.
 */
export function peakModule(): Uint8Array<ArrayBuffer> {
  const vectors = Array.from({ length: CHAINS }, (_, i) => 5 + i);
  const start = [GET, 1, ...SPLAT, SET, 3, GET, 2, ...SPLAT, SET, 4, ...vectors.flatMap((v) => [GET, 4, SET, v])];
  const round = vectors.flatMap((v) => [GET, v, GET, 3, ...MUL, GET, 4, ...ADD, SET, v]);
  const countDown = [GET, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0];
  const loop = [0x03, 0x40, ...Array.from({ length: ROUNDS }, () => round).flat(), ...countDown, 0x0b];
  const sum = [GET, 5, ...vectors.slice(1).flatMap((v) => [GET, v, ...ADD]), ...EXTRACT_0];
  const body = [1, ...leb(2 + CHAINS), V128, ...start, ...loop, ...sum, 0x0b];
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    ...section(1, [1, 0x60, 3, I32, F32, F32, 1, F32]),
    ...section(3, [1, 0]),
    ...section(7, [1, 4, 0x6c, 0x6f, 0x6f, 0x70, 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

/** GFLOP/s of one thread: the best of five loops of 50 ms. */
export function peakGflops(): number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(peakModule()));
  const loop = exports['loop'] as (count: number, factor: number, term: number) => number;
  const count = 20_000;
  const start = performance.now();
  while (performance.now() - start < 150) loop(count / 10, 0.999, 0.5);
  let best = 0;
  for (let i = 0; i < 5; i++) best = Math.max(best, rateOf(() => loop(count, 0.999, 0.5), 50) * count * ROUNDS * FLOPS_PER_ROUND);
  return best / 1e6;
}

/** Calls per millisecond over a stretch of `ms`, by the median call: one that a neighbour interrupted does not count. */
function rateOf(call: () => void, ms: number): number {
  const times: number[] = [];
  const start = performance.now();
  for (let before = start; before - start < ms;) {
    call();
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  return 1 / summarizeTimes(times).medianMs;
}

/** GB/s that a copy of `bytes` moves, read and written counted: the best of three stretches of 15 ms. */
export function copyBandwidth(bytes: number): number {
  const from = new Uint8Array(bytes).fill(1);
  const to = new Uint8Array(bytes);
  to.set(from);
  let best = 0;
  for (let i = 0; i < 3; i++) best = Math.max(best, rateOf(() => to.set(from), 15));
  return (best * 2 * bytes) / 1e6;
}
