import { CHANNEL_SCRATCH_BYTES, STATISTIC_ROWS, SUM_DY, SUM_DY_XHAT, SUM_ROWS } from '../../assembly/abi.js';
import { elements } from '../core/shape.js';
import type { Plan } from './plan.js';
import type { Buffer, Parameter, PlanTensor, RunningBuffer } from './tensor.js';

/** Running statistics of a batch normalisation. */
export interface RunningStatistics {
  readonly mean: RunningBuffer;
  readonly variance: RunningBuffer;
  /** Batches so far. */
  readonly batches: RunningBuffer;
}

export interface ChannelNorm {
  /** Groups of neighbouring channels that share statistics. */
  readonly groups: number;
  /** Statistics of every image by itself, or of all live images together. */
  readonly perImage: boolean;
  readonly eps: number;
  readonly w: Parameter | null;
  readonly b: Parameter | null;
  /** Statistics to use instead of x's own. */
  readonly fixed: RunningStatistics | null;
}

/** x with its channels together: as it lies where it has one pixel only. */
export function byChannel(p: Plan, x: PlanTensor): PlanTensor {
  return x.shape.length === 1 ? p.plain(x) : p.channelsLast(x);
}

const padded = (c: number): number => Math.ceil(c / 4) * 4;

/** y = (x − mean) / √(variance + eps) · w + b per channel, x as `byChannel` gives it. Returns y and the statistics. */
export function planChannelNorm(p: Plan, x: PlanTensor, norm: ChannelNorm): { y: PlanTensor; statistics: Buffer } {
  const { w, b, groups, perImage, eps, fixed } = norm;
  const c = x.shape[0]!;
  const sizes = { rows: elements(x.shape) / c, c, perImage };
  const segments = perImage ? p.batchSize : 1;
  const sumBytes = Math.ceil(c / 4) * CHANNEL_SCRATCH_BYTES;
  const words = segments * STATISTIC_ROWS * padded(c);
  const running = { runningMean: fixed?.mean ?? null, runningVar: fixed?.variance ?? null };
  const planStatistics = (statistics: Buffer): void =>
    p.step('channelNormStatistics', { x: fixed ? null : x, w, b, ...running, statistics, ...sizes, groups, eps, ...p.scratch(sumBytes) });
  const statistics = fixed ? p.prepared('statistics', words, planStatistics) : p.workspace('statistics', words);
  if (!fixed) planStatistics(statistics);
  const y = p.activation(x.shape, x, { replaces: x, ...(perImage && { field: null }) });
  p.step('channelNormForward', { x, statistics, y, ...sizes });
  p.onBackward(y, (dy) => {
    const sums = p.workspace('sums', segments * SUM_ROWS * padded(c));
    p.step('channelNormBackwardSums', { x, dy, w, statistics, sums, ...sizes, groups, fixed: fixed !== null, ...p.scratch(sumBytes) });
    if (b && p.needsGradient(b)) p.step('channelNormBackwardWeight', { sums, row: SUM_DY, c, perImage, ...p.gradOfParameter(b) });
    if (w && p.needsGradient(w)) p.step('channelNormBackwardWeight', { sums, row: SUM_DY_XHAT, c, perImage, ...p.gradOfParameter(w) });
    if (p.needsGradient(x)) p.step('channelNormBackwardInput', { x, dy, statistics, sums, ...sizes, fixed: fixed !== null, ...p.gradInto(x, dy) });
  });
  return { y, statistics };
}

/** Moves the running statistics towards those of this batch; momentum null: their mean over all batches. */
export function planTracking(p: Plan, x: PlanTensor, statistics: Buffer, running: RunningStatistics, momentum: number | null): void {
  const c = x.shape[0]!;
  p.step('channelNormTrack', {
    statistics, runningMean: running.mean, runningVar: running.variance, batches: running.batches,
    rows: elements(x.shape) / c, c, momentum: momentum ?? -1,
  });
}
