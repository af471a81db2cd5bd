import { readFile } from 'node:fs/promises';
import { FormatError } from '../core/errors.js';
import type { Position } from '../fit.js';
import { readSafetensors } from '../io/safetensors.js';

/** What a resumed run must agree with. */
export interface Origin {
  readonly model: string;
  /** Fingerprint of the training images. */
  readonly data: string;
  readonly dataName: string;
  readonly holdout: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly momentum: number;
  readonly seed: number;
  /** Updates over which the learning rate falls to 0 along half a cosine; 0 where it stays as it is. */
  readonly decay: number;
}

/** A checkpoint file and the run that it was written by. */
export interface Saved extends Origin {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly position: Position;
}

const NUMBERS = ['holdout', 'batchSize', 'lr', 'momentum', 'seed', 'decay', 'epoch', 'batch', 'lossSum'] as const;
const TEXTS = ['model', 'data', 'dataName'] as const;

/** The notes that go into a checkpoint. */
export function notesOf(origin: Origin, { epoch, batch, lossSum = 0 }: Position): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...origin, epoch, batch, lossSum }).map(([name, value]) => [name, String(value)]));
}

/** Reads a checkpoint's notes; throws FormatError where they are not those of `train`. */
export async function readPosition(file: string): Promise<Saved> {
  const bytes = await readFile(file);
  const { metadata } = readSafetensors(bytes, file);
  const lacking = [...TEXTS, ...NUMBERS].filter((name) => metadata[name] === undefined);
  if (lacking.length > 0) throw new FormatError(`${file}: no ${lacking.join(', ')} in its notes, expected a checkpoint that convasm train wrote`);
  const number = Object.fromEntries(NUMBERS.map((name) => [name, Number(metadata[name])])) as Record<(typeof NUMBERS)[number], number>;
  const wrong = NUMBERS.find((name) => !(number[name] >= 0 && Number.isFinite(number[name])));
  if (wrong !== undefined) throw new FormatError(`${file}: ${wrong} is ${JSON.stringify(metadata[wrong])} in its notes, expected a number from 0 on`);
  const { epoch, batch, lossSum, ...numbers } = number;
  const text = Object.fromEntries(TEXTS.map((name) => [name, metadata[name]!])) as Record<(typeof TEXTS)[number], string>;
  return { ...text, ...numbers, file, bytes, position: { epoch, batch, lossSum } };
}
