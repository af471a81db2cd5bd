import { readFile } from 'node:fs/promises';
import type { Preprocessing } from '../data/open.js';
import { isPth, readPth } from '../io/pth.js';
import { readSafetensors } from '../io/safetensors.js';
import type { StateDict } from '../io/weights.js';
import { UsageError } from './failure.js';
import type { Model } from './models.js';

/** What a weights file says about itself, and what is assumed where it says nothing. */
export interface Weights {
  readonly tensors: StateDict;
  readonly classes: readonly string[];
  /** Whether the file names its classes. */
  readonly named: boolean;
  readonly preprocessing: Preprocessing;
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
    options: JSON.stringify(facts.classes.length === model.classes ? {} : { classes: facts.classes.length }),
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

function classNames(value: unknown): string[] | null {
  const fits = Array.isArray(value) && value.length >= 2 && value.every((name) => typeof name === 'string');
  return fits ? (value as string[]) : null;
}

/** What is written about pictures; null where it is not of that form. */
function preprocessingOf(value: unknown, { input }: Model): Preprocessing | null {
  const { scale, padding, side, mean, deviation } = (value ?? {}) as Partial<Preprocessing>;
  if (typeof scale !== 'string' || typeof padding !== 'number') return null;
  const colours = (list: unknown): boolean => list === undefined || (Array.isArray(list) && list.length === input[0] && list.every((one) => Number.isFinite(one)));
  const sized = side === undefined || (Number.isInteger(side) && side >= Math.max(...input.slice(1)) && side <= 8192);
  if (!sized || !colours(mean) || !colours(deviation)) return null;
  return { scale, padding, ...(side !== undefined && { side }), ...(mean && { mean }), ...(deviation && { deviation }) };
}

/** What a network's pictures get where its weights say nothing. */
function usual({ preprocessing }: Model): { preprocessing: Preprocessing; words: string } {
  if (preprocessing === null) return { preprocessing: DEFAULT_PREPROCESSING, words: `${DEFAULT_PREPROCESSING.scale}, 28x28 padded by ${DEFAULT_PREPROCESSING.padding}` };
  const { side, mean, deviation } = preprocessing;
  return { preprocessing: { scale: 'bytes / 255', padding: 0, side, mean, deviation }, words: `shorter side ${side}, its centre, mean ${mean.join(', ')}, deviation ${deviation.join(', ')}` };
}

/** Reads weights for `model`, safetensors or PyTorch's .pth; throws UsageError where the file says that they are another network's. */
export async function readWeights(file: string, model: Model): Promise<Weights> {
  const bytes = await readFile(file);
  const { tensors, metadata } = isPth(bytes) ? { tensors: readPth(bytes, file), metadata: {} as Record<string, string> } : readSafetensors(bytes, file);
  if (metadata['model'] !== undefined && metadata['model'] !== model.name) {
    throw new UsageError(`--model is ${model.name}, but ${file} says that it holds ${metadata['model']}`);
  }
  const assumed: string[] = [];
  const classes = classNames(parsed(metadata['classes']));
  const written = preprocessingOf(parsed(metadata['preprocessing']), model);
  const { preprocessing, words } = usual(model);
  // The last tensor is the head's bias: as many numbers as there are classes.
  const heads = [...tensors.values()].at(-1)?.shape;
  const length = heads?.length === 1 ? heads[0]! : model.classes;
  const names = classes?.length === length ? classes : null;
  if (metadata['model'] === undefined) assumed.push(`model ${model.name}`);
  if (written === null) assumed.push(words);
  if (names === null) assumed.push(`classes 0 to ${length - 1}`);
  return {
    tensors, assumed, named: names !== null, preprocessing: written ?? preprocessing,
    classes: names ?? Array.from({ length }, (_, i) => String(i)),
  };
}

/** `FILE does not say it; assumed: ...`, or null where nothing is. */
export function assumption(file: string, { assumed }: Weights): string | null {
  return assumed.length === 0 ? null : `${file} has no such notes, so this is assumed: ${assumed.join('; ')}`;
}
