import { STATISTIC_MEAN, STATISTIC_OFFSET, STATISTIC_SCALE } from "../abi";

/**
 * How the record of a forward product ends: what happens to v = Σ + bias on its way out, in this order.
 *   statistics  (v − mean)·scale + offset, by the statistics of a norm whose batches are over
 *   addend      + the number at the same place of a tensor that lies as y does
 *   clamp       kept within [low, high]
 * y's rows are yRow elements apart, its first column is yFrom: a part of a concat is written where it belongs.
 */
@unmanaged export class Epilogue {
  statistics: usize; addend: usize;
  clamp: i32; low: f32; high: f32;
  yRow: i32; yFrom: i32;
}

/** Bytes between the rows of a norm's statistics. */
// @ts-ignore: decorator
@inline
export function statisticsRow(channels: i32): i32 {
  return (channels + 3) >> 2 << 4;
}

/** (v − mean)·scale + offset of four channels; `at` is where their means lie, `row` statisticsRow. */
// @ts-ignore: decorator
@inline
export function normalised(v: v128, at: usize, row: i32): v128 {
  const mean = v128.load(at + STATISTIC_MEAN * row), scale = v128.load(at + STATISTIC_SCALE * row);
  return f32x4.add(f32x4.mul(f32x4.sub(v, mean), scale), v128.load(at + STATISTIC_OFFSET * row));
}

/** max(v, low), then min with high; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function clamped(v: v128, e: Epilogue): v128 {
  const at = changetype<usize>(e);
  return f32x4.pmin(f32x4.pmax(v, v128.load32_splat(at + offsetof<Epilogue>("low"))), v128.load32_splat(at + offsetof<Epilogue>("high")));
}

/** One vector of channels `at` bytes after the first, on its way to `to`. */
// @ts-ignore: decorator
@inline
export function finished(v: v128, e: Epilogue, y: usize, to: usize, at: usize, row: i32): v128 {
  if (e.statistics) v = normalised(v, e.statistics + at, row);
  if (e.addend) v = f32x4.add(v, v128.load(e.addend + (to - y)));
  return e.clamp ? clamped(v, e) : v;
}
