import { buffersOf } from './lifetime.js';
import type { PlanStep } from './records.js';
import { Buffer } from './tensor.js';

// Training in less memory (Chen et al. 2016, "Training deep nets with sublinear memory cost"): of the forward steps' results only those
// stay that one segment of the network hands to the next; a segment's inside is computed again before its backward steps need it.

/** Of the largest tensor: what is smaller stays (statistics, say), and need not be computed again. */
const SMALL = 1 / 64;
/** Limits of a segment's size that are tried. */
const TRIED = 32;

/** Forward steps `first` to `last`, exclusive. */
interface Segment {
  readonly first: number;
  readonly last: number;
}

/** Where the forward steps touch a buffer first and last. */
interface Touched {
  first: number;
  last: number;
}

/** What is known of the forward steps. */
class Forward {
  readonly steps: readonly PlanStep[];
  readonly touched = new Map<Buffer, Touched>();
  /** Large results that backward steps read, and that may go in between. */
  readonly wanted: Set<Buffer>;
  readonly #small: number;

  /** @param first of the backward steps; between the forward steps' end and this lie those of the loss */
  constructor(steps: readonly PlanStep[], end: number, first: number) {
    this.steps = steps.slice(0, end);
    this.steps.forEach((step, at) => {
      for (const buffer of buffersOf(step, 'write')) if (!this.touched.has(buffer)) this.touched.set(buffer, { first: at, last: at });
      for (const buffer of buffersOf(step, 'read', 'write')) if (this.touched.has(buffer)) this.touched.get(buffer)!.last = at;
    });
    this.#small = Math.max(0, ...[...this.touched.keys()].map(({ words }) => words)) * SMALL;
    const used = (part: readonly PlanStep[]): Set<Buffer> => new Set(part.flatMap((step) => buffersOf(step, 'read', 'write')));
    const [inLoss, inBackward] = [used(steps.slice(end, first)), used(steps.slice(first))];
    this.wanted = new Set([...this.touched.keys()].filter((buffer) => this.isLarge(buffer) && !inLoss.has(buffer) && inBackward.has(buffer)));
  }

  isLarge(buffer: Buffer): boolean {
    return buffer.role === 'activation' && !buffer.kept && buffer.words > this.#small;
  }

  /** Parts between places that at most one large result crosses. */
  units(): Segment[] {
    const crossing = new Int32Array(this.steps.length + 1);
    for (const [buffer, { first, last }] of this.touched) if (this.isLarge(buffer)) for (let at = first + 1; at <= last; at++) crossing[at]!++;
    const cuts = [...crossing.keys()].filter((at) => at === 0 || at === this.steps.length || crossing[at]! <= 1);
    return cuts.slice(1).map((last, i) => ({ first: cuts[i]!, last }));
  }

  inside({ first, last }: Segment, buffer: Buffer): boolean {
    const at = this.touched.get(buffer);
    return at !== undefined && at.first >= first && at.last < last;
  }

  /** Words of what backward steps want of the segment's inside. */
  words(segment: Segment): number {
    return [...this.wanted].reduce((sum, buffer) => sum + (this.inside(segment, buffer) ? buffer.words : 0), 0);
  }
}

/** Units joined to segments of at most `limit` words, where they are not larger by themselves. */
function joined(forward: Forward, units: readonly Segment[], limit: number): Segment[] {
  const segments: Segment[] = [];
  for (const unit of units) {
    const before = segments.at(-1);
    const whole = before && { first: before.first, last: unit.last };
    if (whole && forward.words(whole) <= limit) segments[segments.length - 1] = whole;
    else segments.push(unit);
  }
  return segments;
}

/** The segments with the least sum of what stays and the largest inside. */
function segmentsOf(forward: Forward): Segment[] {
  const units = forward.units();
  const all = forward.words({ first: 0, last: forward.steps.length });
  let best: Segment[] = [];
  let least = Infinity;
  for (let i = 1; i <= TRIED; i++) {
    const segments = joined(forward, units, (all * i) / TRIED);
    const insides = segments.map((segment) => forward.words(segment));
    const peak = all - insides.reduce((sum, words) => sum + words, 0) + Math.max(...insides);
    if (peak < least) [best, least] = [segments, peak];
  }
  return best;
}

/** The steps that compute what is wanted of a segment's inside, and all large results among theirs. A step that also writes what stays is not repeated: its results stay. */
function again(forward: Forward, segment: Segment): { steps: PlanStep[]; made: Set<Buffer> } {
  const staying = new Set<Buffer>();
  for (;;) {
    const made = new Set([...forward.wanted].filter((buffer) => forward.inside(segment, buffer) && !staying.has(buffer)));
    const steps: PlanStep[] = [];
    for (const step of forward.steps.slice(segment.first, segment.last).reverse()) {
      if (!buffersOf(step, 'write').some((buffer) => made.has(buffer))) continue;
      steps.unshift(step);
      for (const buffer of buffersOf(step, 'read', 'write')) if (forward.isLarge(buffer) && forward.inside(segment, buffer) && !staying.has(buffer)) made.add(buffer);
    }
    const mixed = steps.filter((step) => buffersOf(step, 'write').some((buffer) => !made.has(buffer)));
    if (mixed.length === 0) return { steps, made };
    for (const step of mixed) for (const buffer of buffersOf(step, 'write')) staying.add(buffer);
  }
}

/** The segment's steps with buffers of their own in place of those that are computed again. */
function passing(steps: readonly PlanStep[], again_: readonly PlanStep[], made: ReadonlySet<Buffer>): PlanStep[] {
  const own = new Map<Buffer, Buffer>();
  for (const buffer of [...made, ...again_.flatMap((step) => buffersOf(step, 'scratch'))]) own.set(buffer, new Buffer(`${buffer.name} once`, buffer.role, buffer.words));
  const ownOf = (buffer: Buffer | null): Buffer | null => (buffer && own.get(buffer)) ?? buffer;
  for (const [buffer, copy] of own) copy.replaces = ownOf(buffer.replaces);
  for (const buffer of steps.flatMap((step) => buffersOf(step, 'write'))) if (!own.has(buffer)) buffer.replaces = ownOf(buffer.replaces);
  return steps.map((step) => ({
    ...step, fields: Object.fromEntries(Object.entries(step.fields).map(([name, value]) => [name, value instanceof Buffer ? ownOf(value) : value])),
  }));
}

/** Rewrites a program of forward steps up to `end`, the loss's up to `first`, and backward steps: same results, less memory, more work. */
export function recompute(steps: PlanStep[], end: number, first: number): void {
  const forward = new Forward(steps, end, first);
  const segments = segmentsOf(forward);
  for (const segment of segments.slice(0, -1)) {     // the last one's backward steps follow at once
    const { steps: repeated, made } = again(forward, segment);
    if (repeated.length === 0) continue;
    const before = steps.slice(segment.first, segment.last);
    steps.splice(segment.first, before.length, ...passing(before, repeated, made));
    const at = steps.findIndex((step, i) => i >= first && buffersOf(step, 'read', 'write').some((buffer) => made.has(buffer)));
    steps.splice(at, 0, ...repeated);
  }
}
