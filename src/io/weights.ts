import { FormatError, OptionError } from '../core/errors.js';
import { show, type Shape } from '../core/shape.js';
import { toHalf } from './half.js';
import { checkFloats, readSafetensors, toBigInt64, viewFloat32, writeSafetensors, type SafetensorsEntry, type StoredTensor } from './safetensors.js';

/** Tensors by name, as `readSafetensors` and `readPth` of convasm/formats return them. */
export type StateDict = ReadonlyMap<string, StoredTensor>;

/** A tensor that can be read and written under a name, row-major. */
export interface Slot {
  readonly name: string;
  readonly shape: Shape;
  /** What is written; absent: F32. */
  readonly dtype?: 'F32' | 'I64';
  read(): Float32Array | BigInt64Array;
  write(values: Float32Array | BigInt64Array): void;
  /** Where given: 0 for numbers that must be zero. */
  readonly mask?: Float32Array;
}

export interface LoadReport {
  /** Names that the file lacks. */
  readonly missing: string[];
  /** Names that the network has no use for. */
  readonly unexpected: string[];
  /** Names that both have, in other shapes: left as they were (a new head on an old body). */
  readonly misshapen: string[];
  /** What the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

const same = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i]);

/** The slots as a safetensors file, in their order; `half` rounds the float32 ones to float16. */
export function saveSlots(slots: readonly Slot[], metadata: Readonly<Record<string, string>>, half = false): Uint8Array {
  const entries: SafetensorsEntry[] = slots.map(({ name, shape, read }) => {
    const data = read();
    return { name, shape, data: half && data instanceof Float32Array ? toHalf(data, name) : data };
  });
  return writeSafetensors(entries, metadata);
}

/**
 * Fills the slots from a safetensors file or a state dict: all of them or, with `strict` false, those that it has. Nothing is written
 * unless everything fits. Names that begin as one of `spare` are passed over. Throws OptionError with the missing, unexpected and
 * misshapen names.
 */
export function loadSlots(slots: readonly Slot[], from: Uint8Array | StateDict, strict: boolean, file: string, spare: readonly string[] = []): LoadReport {
  const { tensors, metadata } = from instanceof Uint8Array ? readSafetensors(from, file) : { tensors: from, metadata: {} };
  const missing = slots.filter((slot) => !tensors.has(slot.name)).map((slot) => slot.name);
  const wanted = new Set(slots.map((slot) => slot.name));
  const unexpected = [...tensors.keys()].filter((name) => !wanted.has(name) && !spare.some((start) => name.startsWith(start)));
  const misshapen = slots.filter((slot) => tensors.has(slot.name) && !same(tensors.get(slot.name)!.shape, slot.shape));
  if (strict && missing.length + unexpected.length + misshapen.length > 0) throw misfit(file, missing, unexpected, misshapen, tensors);
  const found = slots.filter((slot) => tensors.has(slot.name) && !misshapen.includes(slot));
  for (const { dtype, name, mask } of found) {
    const tensor = tensors.get(name)!;
    if (dtype === 'I64') toBigInt64(tensor, name);
    else checkFloats(tensor.dtype, name);
    if (mask) checkMask(name, mask, viewFloat32(tensor, name), file);
  }
  for (const slot of found) slot.write((slot.dtype === 'I64' ? toBigInt64 : viewFloat32)(tensors.get(slot.name)!, slot.name));
  return { missing, unexpected, misshapen: misshapen.map((slot) => slot.name), metadata };
}

function checkMask(name: string, mask: Float32Array, values: Float32Array, file: string): void {
  const at = mask.findIndex((kept, i) => kept === 0 && values[i] !== 0);
  if (at >= 0) throw new OptionError(`${file}: ${name} is ${values[at]} at ${at}, expected 0: the model's mask leaves that weight out. Nothing was loaded.`);
}

function misfit(file: string, missing: string[], unexpected: string[], misshapen: Slot[], tensors: StateDict): OptionError {
  const parts = [];
  if (missing.length) parts.push(`missing ${missing.join(', ')}`);
  if (unexpected.length) parts.push(`unexpected ${unexpected.join(', ')}`);
  if (misshapen.length) {
    parts.push(`misshapen ${misshapen.map((slot) => `${slot.name} ${show(tensors.get(slot.name)!.shape)}, expected ${show(slot.shape)}`).join('; ')}`);
  }
  return new OptionError(`${file}: the weights do not fit the network: ${parts.join('; ')}. Nothing was loaded. strict: false loads what fits.`);
}

const WEIGHTS = 'model.';
const STATE = 'optimizer.';

/** What a checkpoint says about where training was. */
export interface CheckpointState {
  readonly updates: number;
  readonly learningRate: number;
  /** What the masks of dropout are drawn from; undefined where the file does not say. */
  readonly seed?: number;
  readonly extra: Record<string, string>;
}

/** Weights and optimiser state in one file: `model.NAME` and `optimizer.NAME.STATE`. */
export function saveCheckpoint(weights: readonly Slot[], state: readonly Slot[], more: readonly Slot[], at: CheckpointState): Uint8Array {
  const metadata = { ...at.extra, 'convasm.updates': String(at.updates), 'convasm.learningRate': String(at.learningRate), ...(at.seed === undefined ? {} : { 'convasm.seed': String(at.seed) }) };
  return saveSlots(prefixed(weights, state, more), metadata);
}

function prefixed(weights: readonly Slot[], state: readonly Slot[], more: readonly Slot[]): Slot[] {
  return [...weights.map((slot) => renamed(slot, WEIGHTS)), ...state.map((slot) => renamed(slot, STATE)), ...more];
}

function renamed(slot: Slot, prefix: string): Slot {
  return { ...slot, name: prefix + slot.name };
}

/** Puts everything back; all or nothing. */
export function loadCheckpoint(weights: readonly Slot[], state: readonly Slot[], more: readonly Slot[], bytes: Uint8Array, file: string): CheckpointState {
  const { metadata } = readSafetensors(bytes, file);
  const { 'convasm.updates': updates, 'convasm.learningRate': learningRate, 'convasm.seed': seedText, ...extra } = metadata;
  if (updates === undefined || learningRate === undefined) throw new FormatError(`${file}: no convasm.updates in its metadata: expected a checkpoint, not weights alone`);
  const [count, rate] = [Number(updates), Number(learningRate)];
  if (!Number.isSafeInteger(count) || count < 0 || !(rate >= 0)) throw new FormatError(`${file}: updates ${updates} and learningRate ${learningRate} are no numbers of a checkpoint`);
  const seed = seedText === undefined ? undefined : Number(seedText);
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0)) throw new FormatError(`${file}: seed ${seedText} is no seed of a checkpoint`);
  loadSlots(prefixed(weights, state, more), bytes, true, file);
  return { updates: count, learningRate: rate, ...(seed === undefined ? {} : { seed }), extra };
}

/** SHA-256 of the data section, 64 hexadecimal digits. */
export async function digestOf(file: Uint8Array): Promise<string> {
  const header = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const hash = await globalThis.crypto.subtle.digest('SHA-256', file.slice(8 + header));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
