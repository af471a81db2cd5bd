import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { FormatError } from '../../src/core/errors.js';
import { show, type Shape } from '../../src/core/shape.js';
import { readSafetensors, toFloat32, toInt32 } from '../../src/io/safetensors.js';

/** One tensor of a case, or one that the library computed for it. Integers compare exactly. */
export interface Value {
  readonly data: Float32Array | Int32Array;
  readonly shape: Shape;
}

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** One entry of an index. */
export interface GoldenCase {
  readonly name: string;
  readonly kind: string;
  readonly op: string;
  readonly file: string;
  readonly params: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, { readonly dtype: string; readonly shape: Shape }>>;
  readonly inputs: readonly string[];
  readonly expected: readonly string[];
  readonly tolerance: Readonly<Record<string, Tolerance>>;
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An entry with what the JSON kinds leave out filled in; an entry that names neither itself nor its kind is refused. */
function caseOf(value: unknown, at: number, index: string): GoldenCase {
  if (!isObject(value) || ['name', 'kind', 'op', 'file'].some((field) => typeof value[field] !== 'string'))
    throw new FormatError(`${index}: cases[${at}] lacks name, kind, op or file, expected four strings`);
  return { params: {}, tensors: {}, inputs: [], expected: [], tolerance: {}, ...value } as unknown as GoldenCase;
}

/** The cases that `directory`/index.json lists. Throws FormatError where it cannot be read. */
export function readIndex(directory: string): GoldenCase[] {
  const path = join(directory, 'index.json');
  if (!existsSync(path)) throw new FormatError(`${path}: no such file, expected an index of cases`);
  let index: unknown;
  try {
    index = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new FormatError(`${path}: ${(error as Error).message}, expected JSON`);
  }
  if (!isObject(index) || !Array.isArray(index.cases)) throw new FormatError(`${path}: has no list "cases"`);
  return index.cases.map((value: unknown, at) => caseOf(value, at, path));
}

/** The bytes of a case's file. */
export function readFile(directory: string, { file }: GoldenCase): Buffer {
  const inside = normalize(file);
  if (isAbsolute(inside) || inside.startsWith('..')) throw new FormatError(`file "${file}" lies outside of the index's folder`);
  return readFileSync(join(directory, inside));
}

/** The tensors of a case's file, after checking them against what the index says of them. */
export function readTensors(directory: string, golden: GoldenCase): Map<string, Value> {
  const { file, tensors: listed } = golden;
  const stored = readSafetensors(readFile(directory, golden), file).tensors;
  const values = new Map<string, Value>();
  for (const [name, { dtype, shape }] of Object.entries(listed)) {
    const tensor = stored.get(name);
    if (tensor === undefined) throw new FormatError(`${file}: tensor ${name} is missing`);
    if (tensor.dtype !== dtype || show(tensor.shape) !== show(shape))
      throw new FormatError(`${file}: tensor ${name} is ${tensor.dtype} ${show(tensor.shape)}, expected ${dtype} ${show(shape)}`);
  }
  for (const [name, tensor] of stored) {
    const data = tensor.dtype === 'F32' ? toFloat32(tensor, name) : toInt32(tensor, name);
    values.set(name, { data, shape: tensor.shape });
  }
  return values;
}
