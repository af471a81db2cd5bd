import { OptionError } from '../core/errors.js';
import { show } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import { channelsLastOrder, type PlanTensor, type ReceptiveField } from '../plan/tensor.js';
import type { Layer, Pair } from './layer.js';
import { known } from '../core/options.js';
import { pair, times } from './options.js';
import { asImage } from './pooling.js';

export interface UpsampleOptions {
  /** The output's size; this or `scaleFactor`. */
  readonly size?: Pair;
  /** Output size / input size, rounded down; any positive number. */
  readonly scaleFactor?: Pair;
  /** 'nearest' (default) copies a pixel, 'bilinear' weighs the four around a point. */
  readonly mode?: 'nearest' | 'bilinear';
  /** Bilinear: corner pixels lie on corner pixels; default false, corners of pixel squares lie on one another. */
  readonly alignCorners?: boolean;
}

/** The tables hold positions as float32. */
const LONGEST = 2 ** 24;

/** One output along an axis: w0 · x[i0] + w1 · x[i1]. */
interface Reading {
  readonly i0: number;
  readonly i1: number;
  readonly w1: number;
}

/** How the outputs of one axis read its inputs. */
interface Axis {
  readonly input: number;
  readonly output: number;
  /** As given; null where the size was. */
  readonly scaleFactor: number | null;
}

/** The nearest pixel, in float32 arithmetic and with its exceptions, as ATen has it. */
function nearest({ input, output, scaleFactor }: Axis, o: number): Reading {
  const scale = Math.fround(scaleFactor === null ? input / output : 1 / scaleFactor);
  const at = output === input ? o : output === 2 * input ? o >> 1 : Math.min(input - 1, Math.floor(Math.fround(o * scale)));
  return { i0: at, i1: at, w1: 0 };
}

/** The two pixels around a point: o·scale where corners are aligned, else (o + 0.5)·scale − 0.5, not below 0. */
function between({ input, output, scaleFactor }: Axis, o: number, alignCorners: boolean): Reading {
  if (input === output) return { i0: o, i1: o, w1: 0 };
  const aligned = output > 1 ? (input - 1) / (output - 1) : 0;
  const at = alignCorners ? o * aligned : Math.max(0, (o + 0.5) * (scaleFactor === null ? input / output : 1 / scaleFactor) - 0.5);
  const i0 = Math.min(input - 1, Math.floor(at));
  return { i0, i1: Math.min(input - 1, i0 + 1), w1: Math.min(1, at - i0) };
}

/** The kernels' tables: (i0, i1, w0, w1) of every output; for every input (first, one past the last, at), the outputs that read it
 *  and where their weights begin in `weights`. */
interface Tables {
  readonly readings: Float32Array;
  readonly windows: Float32Array;
  readonly weights: Float32Array;
}

function tables(axis: Axis, readings: readonly Reading[]): Tables {
  const readers: { output: number; weight: number }[][] = Array.from({ length: axis.input }, () => []);
  readings.forEach(({ i0, i1, w1 }, output) => {
    if (i0 === i1) readers[i0]!.push({ output, weight: 1 });
    else [[i0, 1 - w1] as const, [i1, w1] as const].forEach(([i, weight]) => readers[i]!.push({ output, weight }));
  });
  const windows: number[] = [];
  let at = 0;
  for (const some of readers) {
    windows.push(some[0]?.output ?? 0, (some.at(-1)?.output ?? -1) + 1, at);
    at += some.length;
  }
  return {
    readings: Float32Array.from(readings.flatMap(({ i0, i1, w1 }) => [i0, i1, 1 - w1, w1])),
    windows: Float32Array.from(windows),
    weights: Float32Array.from(readers.flat(), ({ weight }) => weight),
  };
}

/**
 * Enlarges images (torch.nn.Upsample): [c, h, w] → [c, ho, wo], nearest or bilinear; smaller outputs are allowed and not smoothed.
 * Throws OptionError unless exactly one of size and scaleFactor is given, and for values out of range.
 */
export class Upsample implements Layer {
  readonly size: readonly [number, number] | null;
  readonly scaleFactor: readonly [number, number] | null;
  readonly mode: 'nearest' | 'bilinear';
  readonly alignCorners: boolean;

  constructor(options: UpsampleOptions) {
    known('Upsample', options, ['size', 'scaleFactor', 'mode', 'alignCorners']);
    const { size, scaleFactor, mode = 'nearest', alignCorners } = options;
    if ((size === undefined) === (scaleFactor === undefined)) throw new OptionError('Upsample: give one of size and scaleFactor');
    if (mode !== 'nearest' && mode !== 'bilinear') throw new OptionError(`Upsample: mode is ${String(mode)}, expected nearest or bilinear`);
    if (mode === 'nearest' && alignCorners !== undefined) throw new OptionError('Upsample: alignCorners goes with mode bilinear, not nearest');
    this.size = size === undefined ? null : pair('Upsample', 'size', size, 1);
    this.scaleFactor = scaleFactor === undefined ? null : factors(scaleFactor);
    this.mode = mode;
    this.alignCorners = alignCorners ?? false;
  }

  get type(): string {
    return `Upsample ${this.mode} ${this.size ? times(this.size) : `×${this.scaleFactor![0] === this.scaleFactor![1] ? this.scaleFactor![0] : times(this.scaleFactor!)}`}`;
  }

  #axis(at: 0 | 1, input: number): Axis {
    const scaleFactor = this.scaleFactor?.[at] ?? null;
    return { input, output: this.size?.[at] ?? Math.floor(input * scaleFactor!), scaleFactor };
  }

  #tables(axis: Axis): Tables {
    const one = (o: number): Reading => (this.mode === 'nearest' ? nearest(axis, o) : between(axis, o, this.alignCorners));
    return tables(axis, Array.from({ length: axis.output }, (_, o) => one(o)));
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const image = asImage(p, input, 2);
    const [c, hi, wi] = image.shape as [number, number, number];
    const [high, wide] = [this.#axis(0, hi), this.#axis(1, wi)];
    const [ho, wo] = [high.output, wide.output];
    if (!(ho >= 1 && wo >= 1 && ho <= LONGEST && wo <= LONGEST)) throw new OptionError(`${p.path}: the output would be ${ho}x${wo}, expected sizes from 1 to ${LONGEST} (input ${show(input.shape)})`);
    const x = p.channelsLast(image);
    const [rows, columns] = [this.#tables(high), this.#tables(wide)];
    const shape = [c, ho, wo];
    const y = p.activation(shape, x, { order: channelsLastOrder(shape), field: this.#field(x.field, hi / ho, wi / wo) });
    const sizes = { c, hi, wi, ho, wo };
    const readings = { rows: p.constant('rows', rows.readings), columns: p.constant('columns', columns.readings) };
    p.step('upsample2dForward', { ...sizes, ...readings, x, y, bilinear: this.mode === 'bilinear' });
    p.onBackward(y, (dy) => {
      if (!p.needsGradient(x)) return;
      const windows = { rowWindows: p.constant('rowWindows', rows.windows), columnWindows: p.constant('columnWindows', columns.windows) };
      const weights = { rowWeights: p.constant('rowWeights', rows.weights), columnWeights: p.constant('columnWeights', columns.weights) };
      p.step('upsample2dBackward', { ...sizes, ...windows, ...weights, dy, ...p.gradInto(x) });
    });
    return y;
  }

  #field(x: ReceptiveField | null, stepHeight: number, stepWidth: number): ReceptiveField | null {
    const more = this.mode === 'bilinear' ? 1 : 0;
    return x && {
      height: x.height + more * x.stepHeight, width: x.width + more * x.stepWidth,
      stepHeight: x.stepHeight * stepHeight, stepWidth: x.stepWidth * stepWidth,
    };
  }
}

function factors(scaleFactor: Pair): [number, number] {
  const both = typeof scaleFactor === 'number' ? [scaleFactor, scaleFactor] : [...scaleFactor];
  for (const one of both) if (both.length !== 2 || !(one > 0 && Number.isFinite(one))) throw new OptionError(`Upsample: scaleFactor is ${both.join(', ')}, expected a positive number, or [height, width]`);
  return both as [number, number];
}
