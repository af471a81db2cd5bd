import { FormatError, OptionError, ShapeError } from '../core/errors.js';
import { elements, show, type Shape } from '../core/shape.js';
import { fromBfloat16, fromHalves } from './half.js';
import { DTYPE_BYTES, HeaderReader, LENGTH_BYTES, quote, type Dtype, type Entry } from './headerreader.js';

export type { Dtype };

/** One tensor as the file holds it: `bytes` is a view of the file, little-endian, row-major, at any alignment. */
export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

/** A file's content, tensors in the order of its header. */
export interface Safetensors {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Record<string, string>;
}

/** One tensor to be written. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly shape: Shape;
  /** A Uint16Array holds halves: F16. */
  readonly data: Float32Array | Uint16Array | Int32Array | Uint8Array | BigInt64Array;
}

/** The limit of the format's reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/** The header's text; its length is checked against the file before anything is read or allocated. */
function headerText(bytes: Uint8Array, file: string): string {
  if (bytes.length < LENGTH_BYTES) throw new FormatError(`${file}: offset 0: the file has ${bytes.length} bytes, expected at least the 8 of the header length`);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3) throw new FormatError(`${file}: offset 0: a zip archive, expected safetensors. Files of PyTorch: net.load(readPth(bytes, file)), from convasm/formats.`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const room = Math.min(bytes.length - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (length > BigInt(room)) throw new FormatError(`${file}: offset 0: header length is ${length}, expected at most ${room}`);
  const header = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + Number(length));
  if (header[0] !== 0x7b) throw new FormatError(`${file}: offset 8: the header does not begin with "{", expected safetensors`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw new FormatError(`${file}: offset 8: the header is not UTF-8, expected JSON`);
  }
}

function checkSize(file: string, name: string, entry: Entry): void {
  const { dtype, shape, begin, end, offset } = entry;
  let bytes: number = DTYPE_BYTES[dtype];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) throw new FormatError(`${file}: offset ${offset}: tensor ${quote(name)} has shape ${show(shape)}, expected fewer than 2^53 bytes`);
  }
  if (end - begin !== bytes)
    throw new FormatError(`${file}: offset ${offset}: tensor ${quote(name)} has data_offsets [${begin}, ${end}], expected ${bytes} bytes for ${dtype} ${show(shape)}`);
}

/** The tensors' ranges must cover the data section exactly: in any order, without gap, overlap or rest. */
function checkCover(file: string, entries: Map<string, Entry>, dataBytes: number): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, entry] of sorted) {
    const { begin, end, offset } = entry;
    if (begin > end || end > dataBytes)
      throw new FormatError(`${file}: offset ${offset}: tensor ${quote(name)} has data_offsets [${begin}, ${end}], expected a range within the ${dataBytes} bytes of data`);
    if (begin !== covered)
      throw new FormatError(`${file}: offset ${offset}: tensor ${quote(name)} begins at ${begin}, expected ${covered}, where the tensor before it ends`);
    checkSize(file, name, entry);
    covered = end;
  }
  if (covered !== dataBytes) throw new FormatError(`${file}: the tensors end at ${covered} of ${dataBytes} bytes of data, expected no bytes after the last tensor`);
}

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors#format).
 * `file` is what errors call it. Throws FormatError on anything that the format does not allow; nothing is copied.
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = headerText(plain, file);
  const { entries, metadata } = new HeaderReader(text, file).read();
  const headerBytes = Number(new DataView(plain.buffer, plain.byteOffset).getBigUint64(0, true));
  const data = plain.subarray(LENGTH_BYTES + headerBytes);
  checkCover(file, entries, data.length);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, begin, end }] of entries) tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  return { tensors, metadata };
}

/** The values of an F32, F16 or BF16 tensor, copied; all are exact in float32. Throws FormatError on other dtypes. */
export function toFloat32(tensor: StoredTensor, name: string): Float32Array {
  if (tensor.dtype === 'F32') return new Float32Array(new Uint8Array(tensor.bytes).buffer);
  return viewFloat32(tensor, name);
}

/** The same, F32 without a copy where its bytes are aligned. */
export function viewFloat32({ dtype, bytes }: StoredTensor, name: string): Float32Array {
  checkFloats(dtype, name);
  const size = DTYPE_BYTES[dtype];
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  if (dtype === 'F32') return new Float32Array(buffer, byteOffset, byteLength / size);
  const halves = new Uint16Array(buffer, byteOffset, byteLength / size);
  return dtype === 'F16' ? fromHalves(halves) : fromBfloat16(halves);
}

/** Throws FormatError on what is not read as float32. */
export function checkFloats(dtype: Dtype, name: string): void {
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') throw new FormatError(`tensor ${quote(name)} has dtype ${dtype}, expected F32, F16 or BF16`);
}

/** The values of an integer tensor, copied. Throws FormatError on floating-point dtypes and on values above 2^63 - 1. */
export function toBigInt64(tensor: StoredTensor, name: string): BigInt64Array {
  const { buffer } = new Uint8Array(tensor.bytes);
  const widen = (values: Iterable<number>): BigInt64Array => BigInt64Array.from(Array.from(values, BigInt));
  switch (tensor.dtype) {
    case 'I64': return new BigInt64Array(buffer);
    case 'I32': return widen(new Int32Array(buffer));
    case 'I16': return widen(new Int16Array(buffer));
    case 'I8': return widen(new Int8Array(buffer));
    case 'U32': return widen(new Uint32Array(buffer));
    case 'U16': return widen(new Uint16Array(buffer));
    case 'U8':
    case 'BOOL': return widen(new Uint8Array(buffer));
    case 'U64': {
      const values = new BigInt64Array(buffer);
      if (values.some((value) => value < 0n)) throw new FormatError(`tensor ${quote(name)} has a value above 2^63 - 1, expected one that fits in I64`);
      return values;
    }
    default: throw new FormatError(`tensor ${quote(name)} has dtype ${tensor.dtype}, expected integers`);
  }
}

/** The values of an integer tensor, copied. Throws FormatError on floating-point dtypes and on values outside int32. */
export function toInt32(tensor: StoredTensor, name: string): Int32Array {
  const wide = toBigInt64(tensor, name);
  const outside = wide.find((value) => value !== BigInt.asIntN(32, value));
  if (outside !== undefined) throw new FormatError(`tensor ${quote(name)} has the value ${outside}, expected one that fits in 32 bits`);
  return Int32Array.from(Array.from(wide, Number));
}

function dtypeOf(data: SafetensorsEntry['data']): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Uint16Array) return 'F16';
  if (data instanceof Int32Array) return 'I32';
  return data instanceof BigInt64Array ? 'I64' : 'U8';
}

/** The header's JSON; written by hand because an object would move names like "0" to the front. */
function headerOf(entries: readonly SafetensorsEntry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const members: string[] = [];
  const names = new Set(['__metadata__', '__proto__']);
  if (Object.keys(metadata).length > 0) members.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let begin = 0;
  for (const { name, shape, data } of entries) {
    if (names.has(name)) throw new OptionError(`safetensors: tensor name ${quote(name)} is reserved or comes twice, expected every name once`);
    if (elements(shape) !== data.length) throw new ShapeError(`safetensors: tensor ${quote(name)} has ${data.length} elements, expected ${elements(shape)} for ${show(shape)}`);
    names.add(name);
    const end = begin + data.byteLength;
    members.push(`${JSON.stringify(name)}:{"dtype":"${dtypeOf(data)}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  return padded;
}

/**
 * A safetensors file: entries in the given order, contiguous, the header padded with spaces to a multiple of 8 bytes.
 * The same entries and metadata give the same bytes. Throws ShapeError where data do not fill their shape, OptionError on a repeated name.
 */
export function writeSafetensors(entries: readonly SafetensorsEntry[], metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header = headerOf(entries, metadata);
  const dataBytes = entries.reduce((sum, { data }) => sum + data.byteLength, 0);
  const file = new Uint8Array(LENGTH_BYTES + header.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const { data } of entries) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}
