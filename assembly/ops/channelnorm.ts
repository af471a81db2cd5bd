import {
  ADD_IF_ACCUMULATING, STATISTIC_LOW, STATISTIC_MEAN, STATISTIC_OFFSET, STATISTIC_ROWS, STATISTIC_RSTD, STATISTIC_SCALE,
  STATISTIC_VARIANCE, SUM_DY, SUM_DY_XHAT, SUM_ROWS, SUM_SHIFT, SUM_SLOPE,
} from "../abi";
import { storeLanes } from "../simd";
import { share } from "../slice";
import {
  ChannelNormBackwardInputStep, ChannelNormBackwardSumsStep, ChannelNormBackwardWeightStep, ChannelNormForwardStep,
  ChannelNormStatisticsStep, ChannelNormTrackStep,
} from "../steps";
import { exactSquares, exactSum, momentSums, residualSums, squareOf, sumOf } from "./channelsums";

// Batch, instance and group normalisation of x [images, rows, c]: y = xhat·w + b, xhat = (x − mean) / √(variance + eps), the statistics
// over a group of channels and the rows of one image or of all live images (a segment). Channels lie on the vector side.

/** Bytes of a row of the statistics or sums. */
// @ts-ignore: decorator
@inline
function line(c: i32): i32 {
  return ((c + 3) & ~3) << 2;
}

/** Channels that a worker takes at a time: four where each has statistics of its own, else a group. */
// @ts-ignore: decorator
@inline
function unitWidth(c: i32, groups: i32): i32 {
  return groups == c ? 4 : c / groups;
}

/** Split over segments and groups of channels. */
export function channelNormStatistics(s: ChannelNormStatisticsStep, live: i32, worker: i32, workers: i32): void {
  const segments = s.perImage ? live : 1, rows = s.perImage ? s.rows : live * s.rows;
  const width = unitWidth(s.c, s.groups), units = (s.c + width - 1) / width;
  const first = share(segments * units, worker, workers), last = share(segments * units, worker + 1, workers);
  for (let segment = first / units; segment * units < last; segment++) {
    const from = max(first - segment * units, 0) * width, to = min(min(last - segment * units, units) * width, s.c);
    const statistics = s.statistics + <usize>(segment * STATISTIC_ROWS) * line(s.c);
    if (s.runningMean) runningStatistics(s, statistics, from, to);
    else segmentStatistics(s, s.x + (<usize>segment * rows * s.c << 2), statistics, from, to, rows, s.scratch + worker * s.scratchBytes);
    if (to == s.c) clearPadding(statistics, STATISTIC_ROWS, s.c);
  }
}

function segmentStatistics(s: ChannelNormStatisticsStep, x: usize, statistics: usize, from: i32, to: i32, rows: i32, totals: usize): void {
  const width = s.c / s.groups;
  momentSums(x + (<usize>from << 2), s.c << 2, rows, totals, (to - from + 3) >> 2);
  for (let c = from; c < to; c += width) groupStatistics(s, x + (<usize>c << 2), statistics, c, width, rows, totals + sumOf(c - from), from);
}

/** Mean and variance of `width` channels from their totals about x's first row; from x itself, in float64, where these overflowed. */
function groupStatistics(s: ChannelNormStatisticsStep, x: usize, statistics: usize, c: i32, width: i32, rows: i32, at: usize, from: i32): void {
  const n = <f64>rows, totals = at - sumOf(c - from), count = n * <f64>width;
  let mean: f64 = 0, squares: f64 = 0;
  for (let i = 0; i < width; i++) mean += <f64>load<f32>(x + (<usize>i << 2)) + load<f64>(totals + sumOf(c - from + i)) / n;
  mean /= <f64>width;
  for (let i = 0; i < width; i++) {
    const sum = load<f64>(totals + sumOf(c - from + i)), apart = <f64>load<f32>(x + (<usize>i << 2)) + sum / n - mean;
    squares += load<f64>(totals + squareOf(c - from + i)) - sum * sum / n + n * apart * apart;
  }
  if (!(abs(mean) + squares < Infinity)) {
    mean = exactSum(x, s.c << 2, rows, width) / count;
    squares = exactSquares(x, s.c << 2, rows, width, mean);
  }
  for (let i = 0; i < width; i++) putStatistics(s, statistics, c + i, mean, max<f64>(squares, 0) / count);
}

function runningStatistics(s: ChannelNormStatisticsStep, statistics: usize, from: i32, to: i32): void {
  for (let c = from; c < to; c++) {
    const at = <usize>c << 2;
    putStatistics(s, statistics, c, load<f32>(s.runningMean + at), load<f32>(s.runningVar + at));
  }
}

function putStatistics(s: ChannelNormStatisticsStep, statistics: usize, c: i32, mean: f64, variance: f64): void {
  const at = <usize>c << 2, to = statistics + at, row = line(s.c);
  const near = <f32>mean, rstd = 1 / sqrt(variance + <f64>s.eps), low: f64 = mean == <f64>near ? 0 : (<f64>near - mean) * rstd;
  const w: f64 = s.w ? load<f32>(s.w + at) : 1, b: f64 = s.b ? load<f32>(s.b + at) : 0;
  store<f32>(to + STATISTIC_MEAN * row, near);
  store<f32>(to + STATISTIC_RSTD * row, <f32>rstd);
  store<f32>(to + STATISTIC_LOW * row, <f32>low);
  store<f32>(to + STATISTIC_SCALE * row, <f32>(rstd * w));
  store<f32>(to + STATISTIC_OFFSET * row, <f32>(low * w + b));
  store<f32>(to + STATISTIC_VARIANCE * row, <f32>variance);
}

/** Zeros the lanes beyond the last channel. */
function clearPadding(at: usize, rows: i32, c: i32): void {
  const row = line(c), used = c << 2;
  for (let i = 0; i < rows; i++) memory.fill(at + i * row + used, 0, row - used);
}

/** Few numbers, and a counter that all of them read: one worker. */
export function channelNormTrack(s: ChannelNormTrackStep, live: i32, worker: i32): void {
  if (worker != 0) return;
  const n = <f64>(live * s.rows), unbiased = n / max<f64>(n - 1, 1), row = line(s.c);
  const batches = load<i64>(s.batches) + 1;
  store<i64>(s.batches, batches);
  const m: f64 = s.momentum < 0 ? 1 / <f64>batches : s.momentum;
  for (let c = 0; c < s.c; c++) {
    const at = <usize>c << 2, mean = s.runningMean + at, variance = s.runningVar + at;
    store<f32>(mean, <f32>((1 - m) * load<f32>(mean) + m * load<f32>(s.statistics + at + STATISTIC_MEAN * row)));
    store<f32>(variance, <f32>((1 - m) * load<f32>(variance) + m * unbiased * load<f32>(s.statistics + at + STATISTIC_VARIANCE * row)));
  }
}

/** y = (x − mean)·scale + offset. Split over rows; x and y may be one tensor. */
export function channelNormForward(s: ChannelNormForwardStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.rows, worker + 1, workers);
  let count = 0;
  for (let row = share(live * s.rows, worker, workers); row < last; row += count) {
    const image = s.perImage ? row / s.rows : 0, at = <usize>row * s.c << 2;
    count = min(4, min(last, s.perImage ? (image + 1) * s.rows : last) - row);
    const statistics = s.statistics + <usize>(image * STATISTIC_ROWS) * line(s.c);
    if (count == 4) forwardRows4(s.x + at, s.y + at, s.c, statistics);
    else for (let i: usize = 0; i < <usize>count; i++) forwardRow(s.x + at + (i * s.c << 2), s.y + at + (i * s.c << 2), s.c, statistics);
  }
}

// @ts-ignore: decorator
@inline
function scaled(x: v128, mean: v128, scale: v128, offset: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.sub(x, mean), scale), offset);
}

function forwardRows4(x: usize, y: usize, c: i32, statistics: usize): void {
  const step = <usize>c << 2, row = line(c);
  let left = c;
  for (; left >= 4; left -= 4, x += 16, y += 16, statistics += 16) {
    const mean = v128.load(statistics + STATISTIC_MEAN * row), scale = v128.load(statistics + STATISTIC_SCALE * row);
    const offset = v128.load(statistics + STATISTIC_OFFSET * row);
    v128.store(y, scaled(v128.load(x), mean, scale, offset));
    v128.store(y + step, scaled(v128.load(x + step), mean, scale, offset));
    v128.store(y + 2 * step, scaled(v128.load(x + 2 * step), mean, scale, offset));
    v128.store(y + 3 * step, scaled(v128.load(x + 3 * step), mean, scale, offset));
  }
  if (left == 0) return;
  const mean = v128.load(statistics + STATISTIC_MEAN * row), scale = v128.load(statistics + STATISTIC_SCALE * row);
  const offset = v128.load(statistics + STATISTIC_OFFSET * row);
  for (let i = 0; i < 4; i++, x += step, y += step) storeLanes(y, scaled(v128.load(x), mean, scale, offset), left);
}

function forwardRow(x: usize, y: usize, c: i32, statistics: usize): void {
  const row = line(c);
  for (; c > 0; c -= 4, x += 16, y += 16, statistics += 16) {
    const mean = v128.load(statistics + STATISTIC_MEAN * row), scale = v128.load(statistics + STATISTIC_SCALE * row);
    storeLanes(y, scaled(v128.load(x), mean, scale, v128.load(statistics + STATISTIC_OFFSET * row)), c);
  }
}

/** Σ dy and Σ dy·xhat per channel, and the factors of dx that follow: slope = −rstd² Σ w·dy·xhat / n, shift = −rstd (Σ w·dy + low Σ w·dy·xhat) / n,
 *  Σ over the group. Split over segments and groups of channels. */
export function channelNormBackwardSums(s: ChannelNormBackwardSumsStep, live: i32, worker: i32, workers: i32): void {
  const segments = s.perImage ? live : 1, rows = s.perImage ? s.rows : live * s.rows;
  const width = unitWidth(s.c, s.groups), units = (s.c + width - 1) / width;
  const first = share(segments * units, worker, workers), last = share(segments * units, worker + 1, workers);
  for (let segment = first / units; segment * units < last; segment++) {
    const from = max(first - segment * units, 0) * width, to = min(min(last - segment * units, units) * width, s.c);
    segmentSums(s, segment, from, to, rows, s.scratch + worker * s.scratchBytes);
    if (to == s.c) clearPadding(s.sums + <usize>(segment * SUM_ROWS) * line(s.c), SUM_ROWS, s.c);
  }
}

function segmentSums(s: ChannelNormBackwardSumsStep, segment: i32, from: i32, to: i32, rows: i32, totals: usize): void {
  const at = (<usize>segment * rows * s.c + from) << 2, width = s.c / s.groups;
  const statistics = s.statistics + <usize>(segment * STATISTIC_ROWS) * line(s.c), sums = s.sums + <usize>(segment * SUM_ROWS) * line(s.c);
  const mean = statistics + STATISTIC_MEAN * line(s.c) + (<usize>from << 2);
  residualSums(s.x + at, s.dy + at, s.c << 2, rows, mean, totals, (to - from + 3) >> 2);
  for (let c = from; c < to; c += width) groupSums(s, statistics, sums, c, width, <f64>rows, totals, from);
}

function groupSums(s: ChannelNormBackwardSumsStep, statistics: usize, sums: usize, c: i32, width: i32, rows: f64, totals: usize, from: i32): void {
  const row = line(s.c), end = c + width;
  let plain: f64 = 0, along: f64 = 0;
  for (let i = c; i < end; i++) {
    const at = <usize>i << 2, dy = load<f64>(totals + sumOf(i - from));
    const rstd: f64 = load<f32>(statistics + at + STATISTIC_RSTD * row), low: f64 = load<f32>(statistics + at + STATISTIC_LOW * row);
    const dyXhat = rstd * load<f64>(totals + squareOf(i - from)) + low * dy, w: f64 = s.w ? load<f32>(s.w + at) : 1;
    store<f32>(sums + at + SUM_DY * row, <f32>dy);
    store<f32>(sums + at + SUM_DY_XHAT * row, <f32>dyXhat);
    plain += w * dy;
    along += w * dyXhat;
  }
  const n = rows * <f64>width;
  for (let i = c; i < end; i++) {
    const at = <usize>i << 2;
    const rstd: f64 = load<f32>(statistics + at + STATISTIC_RSTD * row), low: f64 = load<f32>(statistics + at + STATISTIC_LOW * row);
    store<f32>(sums + at + SUM_SLOPE * row, <f32>(-rstd * rstd * along / n));
    store<f32>(sums + at + SUM_SHIFT * row, <f32>(-rstd * (plain + low * along) / n));
  }
}

/** dx (+)= dy·scale + (x − mean)·slope + shift, or dy·scale where the statistics are fixed. Split over rows; dx and dy may be one tensor. */
export function channelNormBackwardInput(s: ChannelNormBackwardInputStep, live: i32, worker: i32, workers: i32): void {
  const last = share(live * s.rows, worker + 1, workers), row = line(s.c);
  let count = 0;
  for (let at = share(live * s.rows, worker, workers); at < last; at += count) {
    const image = s.perImage ? at / s.rows : 0;
    count = min(4, min(last, s.perImage ? (image + 1) * s.rows : last) - at);
    const statistics = s.statistics + <usize>(image * STATISTIC_ROWS) * row, sums = s.sums + <usize>(image * SUM_ROWS) * row;
    if (s.fixed) fixedRows(s, at, count, statistics);
    else if (count == 4 && !s.accumulate) inputRows4(s, at, statistics, sums);
    else inputRows(s, at, count, statistics, sums);
  }
}

// @ts-ignore: decorator
@inline
function inputGradient(x: usize, dy: usize, mean: v128, scale: v128, slope: v128, shift: v128): v128 {
  return f32x4.add(f32x4.mul(v128.load(dy), scale), f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), mean), slope), shift));
}

function inputRows4(s: ChannelNormBackwardInputStep, at: i32, statistics: usize, sums: usize): void {
  const step = <usize>s.c << 2, row = line(s.c), start = <usize>at * step, whole = s.c & ~3;
  let x = s.x + start, dy = s.dy + start, dx = s.dx + start;
  for (const end = x + (<usize>whole << 2); x < end; x += 16, dy += 16, dx += 16, statistics += 16, sums += 16) {
    const mean = v128.load(statistics + STATISTIC_MEAN * row), scale = v128.load(statistics + STATISTIC_SCALE * row);
    const slope = v128.load(sums + SUM_SLOPE * row), shift = v128.load(sums + SUM_SHIFT * row);
    v128.store(dx, inputGradient(x, dy, mean, scale, slope, shift));
    v128.store(dx + step, inputGradient(x + step, dy + step, mean, scale, slope, shift));
    v128.store(dx + 2 * step, inputGradient(x + 2 * step, dy + 2 * step, mean, scale, slope, shift));
    v128.store(dx + 3 * step, inputGradient(x + 3 * step, dy + 3 * step, mean, scale, slope, shift));
  }
  for (let i = 0; i < 4 && whole < s.c; i++, x += step, dy += step, dx += step) inputVector(x, dy, dx, statistics, sums, row, s.c - whole, 0);
}

function inputRows(s: ChannelNormBackwardInputStep, at: i32, count: i32, statistics: usize, sums: usize): void {
  const row = line(s.c);
  for (let i = at; i < at + count; i++) {
    const start = <usize>i * s.c << 2;
    for (let c = 0; c < s.c; c += 4) {
      const k = <usize>c << 2;
      inputVector(s.x + start + k, s.dy + start + k, s.dx + start + k, statistics + k, sums + k, row, s.c - c, s.accumulate);
    }
  }
}

// @ts-ignore: decorator
@inline
function inputVector(x: usize, dy: usize, dx: usize, statistics: usize, sums: usize, row: i32, lanes: i32, accumulate: i32): void {
  const mean = v128.load(statistics + STATISTIC_MEAN * row), scale = v128.load(statistics + STATISTIC_SCALE * row);
  const value = inputGradient(x, dy, mean, scale, v128.load(sums + SUM_SLOPE * row), v128.load(sums + SUM_SHIFT * row));
  storeLanes(dx, accumulate ? f32x4.add(v128.load(dx), value) : value, lanes);
}

function fixedRows(s: ChannelNormBackwardInputStep, at: i32, count: i32, statistics: usize): void {
  const scale = statistics + STATISTIC_SCALE * line(s.c);
  for (let i = at; i < at + count; i++) {
    const dy = s.dy + (<usize>i * s.c << 2), dx = s.dx + (<usize>i * s.c << 2);
    for (let c = 0; c < s.c; c += 4) {
      const k = <usize>c << 2, value = f32x4.mul(v128.load(dy + k), v128.load(scale + k));
      storeLanes(dx + k, s.accumulate ? f32x4.add(v128.load(dx + k), value) : value, s.c - c);
    }
  }
}

/** dw[c] (+)= Σ over segments, in float64. Split over channels. */
export function channelNormBackwardWeight(s: ChannelNormBackwardWeightStep, live: i32, accumulating: i32, worker: i32, workers: i32): void {
  const accumulate = s.accumulate == ADD_IF_ACCUMULATING ? accumulating : s.accumulate;
  const segments = s.perImage ? live : 1, row = line(s.c), last = share(s.c, worker + 1, workers);
  for (let c = share(s.c, worker, workers); c < last; c++) {
    const to = s.dw + (<usize>c << 2);
    let from = s.sums + s.row * row + (<usize>c << 2), sum: f64 = 0;
    for (let segment = 0; segment < segments; segment++, from += SUM_ROWS * row) sum += load<f32>(from);
    store<f32>(to, accumulate ? load<f32>(to) + <f32>sum : <f32>sum);
  }
}
