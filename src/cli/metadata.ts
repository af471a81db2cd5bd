import { readFile } from 'node:fs/promises';
import type { Preprocessing } from '../data/open.js';
import { readSafetensors } from '../io/safetensors.js';
import { UsageError } from './failure.js';
import type { Model } from './models.js';

/** What a weights file says about itself, and what is assumed where it says nothing. */
export interface Weights {
  readonly bytes: Uint8Array;
  readonly classes: readonly string[];
  /** Lines for people: what is assumed. */
  readonly assumed: readonly string[];
}

export const DEFAULT_PREPROCESSING: Preprocessing = { scale: 'bytes / 255, ink 1 on paper 0', padding: 2 };

/** What `train` writes beside the weights; every value is text, as safetensors has it. */
export function metadataOf(
  model: Model,
  facts: { classes: readonly string[]; preprocessing: Preprocessing; command: string; seed: number; data: string; accuracy: number | null },
): Record<string, string> {
  return {
    model: model.name,
    options: '{}',
    classes: JSON.stringify(facts.classes),
    preprocessing: JSON.stringify({ input: model.input, ...facts.preprocessing }),
    command: facts.command,
    seed: String(facts.seed),
    data: facts.data,
    accuracy: String(facts.accuracy),
  };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function classNames(value: unknown, length: number): string[] | null {
  const fits = Array.isArray(value) && value.length === length && value.every((name) => typeof name === 'string');
  return fits ? (value as string[]) : null;
}

/** Reads weights for `model`; throws UsageError where the file says that they are another network's. */
export async function readWeights(file: string, model: Model): Promise<Weights> {
  const bytes = await readFile(file);
  const { metadata } = readSafetensors(bytes, file);
  if (metadata.model !== undefined && metadata.model !== model.name) {
    throw new UsageError(`--model is ${model.name}, but ${file} says that it holds ${metadata.model}`);
  }
  const assumed: string[] = [];
  const classes = classNames(parsed(metadata.classes), model.classes);
  if (metadata.model === undefined) assumed.push(`model ${model.name}`);
  if (metadata.preprocessing === undefined) assumed.push(`${DEFAULT_PREPROCESSING.scale}, 28x28 padded by ${DEFAULT_PREPROCESSING.padding}`);
  if (classes === null) assumed.push(`classes 0 to ${model.classes - 1}`);
  return { bytes, classes: classes ?? Array.from({ length: model.classes }, (_, i) => String(i)), assumed };
}

/** `FILE does not say it; assumed: ...`, or null where nothing is. */
export function assumption(file: string, { assumed }: Weights): string | null {
  return assumed.length === 0 ? null : `${file} has no such notes, so this is assumed: ${assumed.join('; ')}`;
}
