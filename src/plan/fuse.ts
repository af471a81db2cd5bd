import { HARDTANH, RELU, STORE } from '../../assembly/abi.js';
import { buffersOf } from './lifetime.js';
import type { OpName } from './ops.js';
import type { PlanStep } from './records.js';
import type { Buffer } from './tensor.js';

// Fusion of the predicting program: steps that only pass on what a product computed become the end of the product, and branches of a
// concat write into it. The bits are those of the steps one by one.

type Fields = Readonly<Record<string, number | Buffer | null>>;

/** Products whose records end with an epilogue (assembly/gemm/epilogue.ts). */
const PRODUCTS: ReadonlySet<OpName> = new Set<OpName>(['conv2dForward', 'winogradForward', 'linearForward', 'depthwise2dForward']);

/** The parts of an epilogue in their order; a product may take over what comes after all that it does. */
const PARTS = ['statistics', 'addend', 'clamp'] as const;

interface Pattern {
  /** The part that the step becomes. */
  readonly part: (typeof PARTS)[number];
  /** Its operands that a product before it may have made. */
  readonly operands: readonly string[];
  /** What the product's record gets where `operand` is its output; null where the step is of another kind. */
  fields(step: Fields, operand: string): Fields | null;
}

const PATTERNS: Readonly<Partial<Record<OpName, Pattern>>> = {
  /** Norm by statistics that are known before the product. */
  channelNormForward: {
    part: 'statistics', operands: ['x'],
    fields: ({ statistics }) => ((statistics as Buffer).role === 'prepared' ? { statistics: statistics! } : null),
  },
  /** The other term of a sum. */
  add: { part: 'addend', operands: ['x', 'z'], fields: (step, operand) => ({ addend: step[operand === 'x' ? 'z' : 'x']! }) },
  /** relu, relu6 and other limits. */
  activationForward: {
    part: 'clamp', operands: ['x'],
    fields: ({ kind, alpha, beta }) => (kind === RELU ? { clamp: 1, low: 0, high: Infinity } : kind === HARDTANH ? { clamp: 1, low: alpha!, high: beta! } : null),
  },
};

/** The steps while they change: a place is null where its step went elsewhere. */
class Rewriting {
  readonly steps: (PlanStep | null)[];
  readonly #touching = new Map<Buffer, Set<PlanStep>>();

  constructor(steps: readonly PlanStep[]) {
    this.steps = [];
    steps.forEach((step, at) => this.set(at, step));
  }

  set(at: number, step: PlanStep | null): void {
    const old = this.steps[at];
    if (old) for (const buffer of buffersOf(old, 'read', 'write', 'scratch')) this.#touching.get(buffer)!.delete(old);
    this.steps[at] = step;
    if (!step) return;
    for (const buffer of buffersOf(step, 'read', 'write', 'scratch')) this.#touching.set(buffer, (this.#touching.get(buffer) ?? new Set()).add(step));
  }

  /** Places of the steps that touch the buffer. */
  places(buffer: Buffer): number[] {
    return [...(this.#touching.get(buffer) ?? [])].map((step) => this.steps.indexOf(step)).sort((a, b) => a - b);
  }

  /** Whether a step between two places writes what `step` reads. */
  changesBetween(from: number, to: number, step: PlanStep): boolean {
    const inputs = new Set(buffersOf(step, 'read'));
    return this.steps.slice(from + 1, to).some((other) => other !== null && buffersOf(other, 'write').some((buffer) => inputs.has(buffer)));
  }
}

/** The steps of a program that predicts, with fewer passes over memory. */
export function fuse(steps: readonly PlanStep[]): PlanStep[] {
  const program = new Rewriting(steps);
  for (let at = 0; at < steps.length; at++) absorb(program, at);
  for (let at = 0; at < steps.length; at++) writeInPlace(program, at);
  return program.steps.filter((step) => step !== null);
}

/** Makes the step at `at` a part of the product that made one of its operands, where nobody else touches that operand. */
function absorb(program: Rewriting, at: number): void {
  const step = program.steps[at];
  const pattern = step && PATTERNS[step.op];
  if (!pattern) return;
  for (const operand of pattern.operands) {
    const made = step.fields[operand] as Buffer | null;
    const added = pattern.fields(step.fields, operand);
    if (made === null || made.kept || made.role !== 'activation' || !added) continue;
    const [from, to, more] = program.places(made);
    const maker = program.steps[from!]!;
    if (to !== at || more !== undefined || !takes(maker, pattern.part) || program.changesBetween(from!, at, maker)) continue;
    const y = step.fields['y'] as Buffer;
    y.replaces = null; // a product adds up in y while its addend is still to be read
    program.set(from!, null);
    program.set(at, { ...maker, fields: { ...maker.fields, ...added, y } });
    return;
  }
}

/** Whether the step is a product that does nothing yet from `part` on. */
function takes({ op, fields }: PlanStep, part: (typeof PARTS)[number]): boolean {
  return PRODUCTS.has(op) && (fields['accumulate'] ?? STORE) === STORE && PARTS.slice(PARTS.indexOf(part)).every((name) => !fields[name]);
}

/** Lets whoever makes what the step copies into columns of a concat write there. */
function writeInPlace(program: Rewriting, at: number): void {
  const step = program.steps[at];
  if (step?.op !== 'copyColumns') return;
  const { x, y, columns, xRow, yRow, yFrom, accumulate } = step.fields;
  const made = x as Buffer | null;
  if (made === null || made.kept || made.role !== 'activation' || columns !== xRow || accumulate !== STORE) return;
  const makers = program.places(made).filter((place) => place !== at);
  if (!makers.every((place) => place < at && writesColumns(program.steps[place]!, made))) return;
  program.set(at, null);
  for (const place of makers) {
    const maker = program.steps[place]!;
    program.set(place, { ...maker, fields: { ...maker.fields, y: y!, yRow: yRow!, yFrom: (maker.fields['yFrom'] as number) + (yFrom as number) } });
  }
}

/** Whether the step only writes `made`, and could write it as columns of a wider tensor. */
function writesColumns(step: PlanStep, made: Buffer): boolean {
  const { op, fields } = step;
  if (buffersOf(step, 'read', 'scratch').includes(made) || fields['y'] !== made) return false;
  if (PRODUCTS.has(op)) return fields['addend'] === null && (fields['accumulate'] ?? STORE) === STORE;
  return op === 'avgPool2dForward' || op === 'copyColumns' || (op === 'maxPool2dForward' && fields['argmax'] === null);
}
