import { FormatError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import { DTYPE_BYTES, quote, type Dtype } from './headerreader.js';
import { unpickle, type Admitted, type Pickled, type PickledObject } from './pickle.js';
import type { StoredTensor } from './safetensors.js';
import { readZip } from './zip.js';

/** Storage classes of torch and what they hold. */
const STORAGES: Readonly<Record<string, Dtype>> = {
  FloatStorage: 'F32', HalfStorage: 'F16', BFloat16Storage: 'BF16', DoubleStorage: 'F64', LongStorage: 'I64', IntStorage: 'I32', ShortStorage: 'I16',
  CharStorage: 'I8', ByteStorage: 'U8', BoolStorage: 'BOOL',
};

class StorageType {
  readonly dtype: Dtype;
  constructor(dtype: Dtype) {
    this.dtype = dtype;
  }
}

class Storage {
  readonly dtype: Dtype;
  readonly bytes: Uint8Array;
  constructor(dtype: Dtype, bytes: Uint8Array) {
    this.dtype = dtype;
    this.bytes = bytes;
  }
}

class TensorOf implements StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  constructor(dtype: Dtype, shape: readonly number[], bytes: Uint8Array) {
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = bytes;
  }
}

const ORDERED_DICT = {};
const REBUILD_TENSOR = {};
const REBUILD_PARAMETER = {};
const GLOBALS = new Map<string, PickledObject>([
  ['collections OrderedDict', ORDERED_DICT],
  ['torch._utils _rebuild_tensor_v2', REBUILD_TENSOR],
  ['torch._utils _rebuild_parameter', REBUILD_PARAMETER],
  ...Object.entries(STORAGES).map(([name, dtype]) => [`torch ${name}`, new StorageType(dtype)] as const),
]);

type Fail = (problem: string) => never;

const isCount = (value: Pickled | undefined): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const areCounts = (value: Pickled | undefined): value is readonly number[] => Array.isArray(value) && value.every(isCount);

/** Where a storage's bytes are; undefined where the file has none of that key. */
type Find = (key: string) => Uint8Array | undefined;

/** What a state_dict's pickle may name, over the file's storages. */
class Tensors implements Admitted {
  readonly globals = GLOBALS;
  readonly #find: Find;
  /** Bytes that may still be copied for tensors that do not lie row by row: together as many as the file has. */
  #room: number;

  constructor(find: Find, fileBytes: number) {
    this.#find = find;
    this.#room = fileBytes;
  }

  call(callee: PickledObject, args: readonly Pickled[], fail: Fail): Pickled {
    if (callee === ORDERED_DICT) return args.length === 0 ? new Map() : fail('an OrderedDict of arguments, expected an empty one');
    if (callee === REBUILD_TENSOR) return this.#tensor(args, fail);
    if (callee === REBUILD_PARAMETER) return args[0] instanceof TensorOf ? args[0] : fail('a parameter of what is no tensor');
    return fail('REDUCE of what is no function');
  }

  /** ('storage', class, key, device, elements) */
  persistent(id: Pickled, fail: Fail): PickledObject {
    const [kind, type, key, , count, view] = Array.isArray(id) ? (id as readonly Pickled[]) : [];
    if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string' || !isCount(count) || view) return fail('a persistent id that is no storage');
    const bytes = count * DTYPE_BYTES[type.dtype];
    const found = this.#find(key);
    if (found === undefined) return fail(`a storage has the key ${quote(key)}, which the file does not have`);
    if (found.length !== bytes) return fail(`storage ${quote(key)} has ${found.length} bytes, expected ${bytes} for ${count} of ${type.dtype}`);
    return new Storage(type.dtype, found);
  }

  /** (storage, offset, sizes, strides, ...), offsets and strides in elements. */
  #tensor([storage, offset, sizes, strides]: readonly Pickled[], fail: Fail): TensorOf {
    if (!(storage instanceof Storage) || !isCount(offset) || !areCounts(sizes) || !areCounts(strides) || sizes.length !== strides.length) return fail('a tensor without storage, offset, sizes and strides');
    const width = DTYPE_BYTES[storage.dtype];
    const count = elements(sizes);
    const last = sizes.reduce((sum, size, i) => sum + (size - 1) * strides[i]!, offset);
    const held = storage.bytes.length / width;
    if (count > 0 && !(last < held && count <= held)) return fail(`a tensor ${show(sizes)} with strides ${show(strides)} from ${offset} on, expected one within its storage of ${held}`);
    if (count === 0 || isRowMajor(sizes, strides)) return new TensorOf(storage.dtype, sizes, storage.bytes.subarray(offset * width, (offset + count) * width));
    this.#room -= count * width;
    if (this.#room < 0) return fail('tensors that do not lie row by row take more bytes than the file has');
    return new TensorOf(storage.dtype, sizes, gathered(storage.bytes, width, offset, sizes, strides));
  }
}

function isRowMajor(sizes: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = sizes.length - 1; i >= 0; i--) {
    if (sizes[i] !== 1 && strides[i] !== expected) return false;
    expected *= sizes[i]!;
  }
  return true;
}

/** The elements in row-major order, copied. */
function gathered(bytes: Uint8Array, width: number, offset: number, sizes: readonly number[], strides: readonly number[]): Uint8Array {
  const out = new Uint8Array(elements(sizes) * width);
  const index = sizes.map(() => 0);
  let from = offset;
  for (let to = 0; to < out.length; to += width) {
    for (let b = 0; b < width; b++) out[to + b] = bytes[from * width + b]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * The tensors of a `.pth` or `.pt` file that torch.save wrote, a state_dict (or a dictionary with one under `state_dict`), for
 * `net.load`: `net.load(readPth(bytes, file))`. The pickle inside is read by a restricted interpreter that admits tensors alone.
 * Throws FormatError naming `file`, offset and what was refused.
 */
export function readPth(bytes: Uint8Array, file: string): Map<string, StoredTensor> {
  if (LEGACY.every((byte, i) => bytes[i] === byte)) return stateDictOf(readLegacy(bytes, file), file);
  if (!isPth(bytes)) throw new FormatError(`${file}: offset 0: does not begin as a zip archive, expected a .pth file that torch.save wrote`);
  const entries = readZip(bytes, file);
  const name = [...entries.keys()].find((one) => /^[^/]*\/data\.pkl$/.test(one));
  if (name === undefined) throw new FormatError(`${file}: no data.pkl in the archive, expected a .pth file that torch.save wrote`);
  const folder = name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order.bytes) !== 'little') throw new FormatError(`${file}: offset ${order.offset}: numbers are not little-endian, which is not read`);
  const pickle = entries.get(name)!;
  const tensors = new Tensors((key) => entries.get(`${folder}data/${key}`)?.bytes, bytes.length);
  return stateDictOf(unpickle(pickle.bytes, file, pickle.offset, tensors).value, file);
}

/** Whether bytes begin as files of torch.save do, of today or before PyTorch 1.6. */
export function isPth(bytes: Uint8Array): boolean {
  return [0x50, 0x4b, 3, 4].every((byte, i) => bytes[i] === byte) || LEGACY.every((byte, i) => bytes[i] === byte);
}

/** What files of PyTorch before 1.6 begin with: a pickle of their magic number. */
const LEGACY = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const NOTHING: Admitted = { globals: new Map(), call: (_, __, fail) => fail('a call'), persistent: (_, fail) => fail('a persistent id') };

/**
 * Pickles of the magic number, of the version, of the machine, of the value and of a list of storage keys; then in that order each
 * storage: a 64-bit count and its numbers. The value's pickle is run twice, because only behind it is said where its storages lie.
 */
function readLegacy(bytes: Uint8Array, file: string): Pickled {
  let at = LEGACY.length;
  const next = (admitted: Admitted): Pickled => {
    const { value, length } = unpickle(bytes.subarray(at), file, at, admitted);
    at += length;
    return value;
  };
  next(NOTHING);
  const machine = next(NOTHING);
  if (!(machine instanceof Map && machine.get('little_endian') === true)) throw new FormatError(`${file}: offset ${at}: numbers are not little-endian, which is not read`);
  const begin = at;
  const widths = new Map<string, number>();
  next({ globals: GLOBALS, call: (callee) => (callee === ORDERED_DICT ? new Map() : {}), persistent: (id, fail) => noteStorage(widths, id, fail) });
  const found = new Map<string, Uint8Array>();
  const keys = next(NOTHING);
  for (const key of Array.isArray(keys) ? (keys as readonly Pickled[]) : []) {
    const width = typeof key === 'string' ? widths.get(key) : undefined;
    const room = bytes.length - at - 8;
    const count = room < 0 ? NaN : Number(new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true));
    if (width === undefined || !(count * width <= room)) throw new FormatError(`${file}: offset ${at}: storage ${quote(String(key))} of ${count} elements, expected one that the file holds. Likely cut short: fetch it again.`);
    found.set(key as string, bytes.subarray(at + 8, at + 8 + count * width));
    at += 8 + count * width;
  }
  return unpickle(bytes.subarray(begin), file, begin, new Tensors((key) => found.get(key), bytes.length)).value;
}

function noteStorage(widths: Map<string, number>, id: Pickled, fail: Fail): PickledObject {
  const [, type, key] = Array.isArray(id) ? (id as readonly Pickled[]) : [];
  if (!(type instanceof StorageType) || typeof key !== 'string') return fail('a persistent id that is no storage');
  widths.set(key, DTYPE_BYTES[type.dtype]);
  return {};
}

function stateDictOf(value: Pickled, file: string): Map<string, StoredTensor> {
  const inner = value instanceof Map && value.get('state_dict');
  const dict = inner instanceof Map ? inner : value;
  if (!(dict instanceof Map)) throw new FormatError(`${file}: holds no dictionary, expected a state_dict: torch.save(model.state_dict(), file)`);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of dict) {
    if (typeof name !== 'string' || !(tensor instanceof TensorOf)) throw new FormatError(`${file}: ${quote(String(name))} is no tensor, expected a state_dict: torch.save(model.state_dict(), file)`);
    tensors.set(name, tensor);
  }
  return tensors;
}
