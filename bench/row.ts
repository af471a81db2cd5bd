import type { Case } from './case.js';
import { measure, type Measured, type Timing } from './measure.js';
import { copyBandwidth } from './peak.js';
import { endCrews } from './runner.js';

export const GROUPS = ['ops', 'models', 'training', 'startup', 'size', 'memory'] as const;
export type Group = (typeof GROUPS)[number];

/** One line of the result. What a row is not about is null or absent. */
export interface Row {
  readonly id: string;
  readonly group: Group;
  readonly medianMs: number | null;
  readonly minMs: number | null;
  readonly gflops: number | null;
  /** Of peakGflops × workers. */
  readonly percentOfPeak: number | null;
  /** (third quartile − first quartile) / median of the samples. */
  readonly spread: number | null;
  /** The very first call, before any warm-up. */
  readonly firstMs?: number;
  readonly gbPerSecond?: number;
  /** Of a copy of as many bytes. */
  readonly percentOfCopy?: number;
  readonly imagesPerSecond?: number;
  readonly bytes?: number;
  readonly brotliBytes?: number;
  readonly note?: string;
  readonly error?: string;
  /** The result was computed and is not right. */
  readonly wrong?: true;
}

/** What all rows of a run share. */
export interface Setting {
  /** The best measured so far: a busy neighbour lowers single measurements. */
  peakGflops: number;
  readonly workers: number;
  readonly build: string;
  /** Why this build or these workers cannot run here: every row that is about the kernels says so. */
  readonly refused: string | null;
}

/** Takes rows as they come. */
export type Emit = (row: Row) => void;

export const EMPTY = { medianMs: null, minMs: null, gflops: null, percentOfPeak: null, spread: null } as const;

/** A row that says why it has no figures. */
export function errorRow(id: string, group: Group, error: unknown): Row {
  return { id, group, ...EMPTY, error: error instanceof Error ? error.message : String(error) };
}

function round(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}

const bandwidths = new Map<number, number>();

/** GB/s of a copy that moves `bytes` in all; measured once per size. */
function copyOf(bytes: number): number {
  const size = 2 ** Math.round(Math.log2(bytes / 2));
  const known = bandwidths.get(size) ?? copyBandwidth(size);
  bandwidths.set(size, known);
  return known;
}

/** 100 · gflops / (peak × workers). */
export function percentOf(gflops: number | null, { peakGflops, workers }: Setting): number | null {
  return gflops === null ? null : round((100 * gflops) / (peakGflops * workers), 3);
}

/** The figures of a measured row. */
export function timedRow(id: string, group: Group, { medianMs, minMs, spread }: Measured, { flops, bytes }: { flops: number; bytes: number }, setting: Setting): Row {
  const gflops = flops > 0 ? round(flops / medianMs / 1e6) : null;
  const rate = bytes / medianMs / 1e6;
  return {
    id, group, medianMs: round(medianMs, 5), minMs: round(minMs, 5), gflops,
    percentOfPeak: percentOf(gflops, setting), spread: round(spread, 2),
    ...(bytes > 0 ? { gbPerSecond: round(rate, 3), percentOfCopy: round((100 * rate) / copyOf(bytes), 3) } : {}),
  };
}

/** Prepares, runs once, checks, and only then times a case. Never throws: what goes wrong is in the row. */
export async function caseRow(id: string, group: Group, prepare: () => Case, setting: Setting, timing: Timing): Promise<Row> {
  if (setting.refused !== null) return errorRow(id, group, setting.refused);
  try {
    const one = prepare();
    const start = performance.now();
    await one.run();
    const firstMs = round(performance.now() - start);
    const wrong = one.check();
    if (wrong !== null) return { ...errorRow(id, group, `wrong result: ${wrong}`), wrong: true };
    const measured = await measure(one.run, timing, one.between);
    const images = one.images === undefined ? {} : { imagesPerSecond: round((1000 * one.images) / measured.medianMs) };
    return { ...timedRow(id, group, measured, one, setting), firstMs, ...images };
  } catch (error) {
    return errorRow(id, group, error);
  } finally {
    await endCrews();
  }
}
