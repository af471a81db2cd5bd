import { describe, expect, test } from 'vitest';
import { FormatError, OptionError, ShapeError } from '../../src/core/errors.js';
import { readSafetensors, toBigInt64, toFloat32, toInt32, writeSafetensors, type StoredTensor } from '../../src/io/safetensors.js';

/** A file from a header's text (or bytes) and a data section. */
function fileOf(header: string | Uint8Array, data: Uint8Array | number = 0, headerBytes?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const tail = typeof data === 'number' ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + text.length + tail.length);
  new DataView(file.buffer).setBigUint64(0, headerBytes ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(tail, 8 + text.length);
  return file;
}

/** Header of float32 tensors from [name, shape, begin, end]. */
const headerOf = (...tensors: [string, string, number | string, number | string][]): string =>
  `{${tensors.map(([name, shape, begin, end]) => `"${name}":{"dtype":"F32","shape":${shape},"data_offsets":[${begin},${end}]}`).join(',')}}`;

const stored = (dtype: StoredTensor['dtype'], data: ArrayLike<number> & ArrayBufferView): StoredTensor => ({
  dtype,
  shape: [data.length],
  bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});

describe('what is written', () => {
  const entries = [
    { name: '10', shape: [2, 2], data: Float32Array.of(1.5, -0, NaN, Infinity) },
    { name: 'labels', shape: [3], data: Uint8Array.of(7, 8, 9) },
    { name: '2.weight', shape: [], data: Int32Array.of(-5) },
    { name: 'größe', shape: [1], data: BigInt64Array.of(-(2n ** 40n)) },
    { name: 'none', shape: [0, 4], data: new Float32Array(0) },
  ];
  const file = writeSafetensors(entries, { format: 'pt', note: 'a "quoted" line\n' });

  test('is read back in its order, with its metadata', () => {
    const { tensors, metadata } = readSafetensors(file, 'a file');
    expect([...tensors.keys()]).toEqual(['10', 'labels', '2.weight', 'größe', 'none']);
    expect({ ...metadata }).toEqual({ format: 'pt', note: 'a "quoted" line\n' });
    expect([...toFloat32(tensors.get('10')!, '10')]).toEqual([1.5, -0, NaN, Infinity]);
    expect([...toInt32(tensors.get('labels')!, 'labels')]).toEqual([7, 8, 9]);
    expect([...toInt32(tensors.get('2.weight')!, '2.weight')]).toEqual([-5]);
    expect([...toBigInt64(tensors.get('größe')!, 'größe')]).toEqual([-(2n ** 40n)]);
    expect(tensors.get('none')).toMatchObject({ dtype: 'F32', shape: [0, 4] });
  });

  test('pads the header to a multiple of 8 and is the same every time', () => {
    expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
    expect(writeSafetensors(entries, { format: 'pt', note: 'a "quoted" line\n' })).toEqual(file);
  });

  test('is read the same from an odd address and from a Node buffer', () => {
    const shifted = new Uint8Array(file.length + 3).subarray(3);
    shifted.set(file);
    for (const bytes of [shifted, Buffer.from(file)]) {
      const { tensors } = readSafetensors(bytes, 'a file');
      const values = toFloat32(tensors.get('10')!, '10');
      expect([...values]).toEqual([1.5, -0, NaN, Infinity]);
      values.fill(0);
      expect(bytes).toEqual(bytes instanceof Buffer ? Buffer.from(file) : file);
    }
  });

  test('needs a name once and data that fill the shape', () => {
    const data = Float32Array.of(1);
    expect(() => writeSafetensors([{ name: 'a', shape: [1], data }, { name: 'a', shape: [1], data }])).toThrow(OptionError);
    expect(() => writeSafetensors([{ name: '__metadata__', shape: [1], data }])).toThrow(OptionError);
    expect(() => writeSafetensors([{ name: 'a', shape: [2], data }])).toThrow(new ShapeError('safetensors: tensor "a" has 1 elements, expected 2 for [2]'));
  });
});

describe('dtypes', () => {
  test('F16 becomes float32 exactly', () => {
    const bits = Uint16Array.of(0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x7c00, 0xfc00, 0x7e01);
    const want = [0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, -2, 0.333251953125, 65504, Infinity, -Infinity, NaN];
    expect([...toFloat32(stored('F16', bits), 'x')]).toEqual(want);
  });

  test('BF16 becomes float32 exactly', () => {
    const bits = Uint16Array.of(0x0000, 0x8000, 0x3f80, 0xc049, 0x0001, 0x7f80, 0xff80, 0x7fc0);
    expect([...toFloat32(stored('BF16', bits), 'x')]).toEqual([0, -0, 1, -3.140625, 2 ** -133, Infinity, -Infinity, NaN]);
  });

  test('every integer type widens with its sign', () => {
    const cases: [StoredTensor, bigint[]][] = [
      [stored('I8', Int8Array.of(-128, 127)), [-128n, 127n]],
      [stored('I16', Int16Array.of(-32768, 32767)), [-32768n, 32767n]],
      [stored('U16', Uint16Array.of(65535)), [65535n]],
      [stored('U32', Uint32Array.of(0xffffffff)), [0xffffffffn]],
      [stored('BOOL', Uint8Array.of(0, 1)), [0n, 1n]],
      [{ dtype: 'U64', shape: [1], bytes: new Uint8Array(BigUint64Array.of(2n ** 63n - 1n).buffer) }, [2n ** 63n - 1n]],
    ];
    for (const [tensor, want] of cases) expect([...toBigInt64(tensor, 'x')]).toEqual(want);
  });

  test('a value or type that does not fit is refused by name', () => {
    const wide: StoredTensor = { dtype: 'I64', shape: [1], bytes: new Uint8Array(BigInt64Array.of(2n ** 31n).buffer) };
    const huge: StoredTensor = { dtype: 'U64', shape: [1], bytes: new Uint8Array(BigUint64Array.of(2n ** 63n).buffer) };
    expect(() => toInt32(wide, 'labels')).toThrow(new FormatError('tensor "labels" has the value 2147483648, expected one that fits in 32 bits'));
    expect(() => toBigInt64(huge, 'labels')).toThrow(FormatError);
    expect(() => toFloat32(stored('F64', Float64Array.of(1)), 'w')).toThrow(new FormatError('tensor "w" has dtype F64, expected F32, F16 or BF16'));
    expect(() => toBigInt64(stored('F32', Float32Array.of(1)), 'w')).toThrow(FormatError);
  });
});

test('the order of the header is free', () => {
  const { tensors } = readSafetensors(fileOf(headerOf(['b', '[1]', 4, 8], ['a', '[]', 0, 4]), new Uint8Array(Float32Array.of(1, 2).buffer)), 'f');
  expect([...toFloat32(tensors.get('b')!, 'b')]).toEqual([2]);
});

const one = (fields: string): string => `{"a":{${fields}}}`;
const hostile: [string, Uint8Array, string][] = [
  ['an empty file', new Uint8Array(0), 'offset 0: the file has 0 bytes'],
  ['a file cut in its length', new Uint8Array(7), 'offset 0: the file has 7 bytes'],
  ['a header longer than the file', fileOf('{}', 0, 3n), 'offset 0: header length is 3, expected at most 2'],
  ['a header of 2^64 - 1 bytes', fileOf('{}', 0, 2n ** 64n - 1n), 'header length is 18446744073709551615'],
  ['an empty header', fileOf('', 16), 'offset 8: the header does not begin with "{"'],
  ['a header cut short', fileOf('{"a":{"dtype":"F32","sha'), 'offset 32: a string has no end'],
  ['a header that is not JSON', fileOf('{"a":x}'), 'offset 13: found "x", expected "{"'],
  ['a header that is no object', fileOf('[1,2]'), 'offset 8: the header does not begin with "{"'],
  ['a byte order mark', fileOf('\ufeff{}'), 'offset 8: the header does not begin with "{"'],
  ['a header that is not UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'offset 8: the header is not UTF-8'],
  ['a raw control character in a name', fileOf('{"a\nb":1}'), 'offset 9: a string is not JSON'],
  ['text after the header', fileOf('{} x'), 'offset 11: text follows'],
  ['deep nesting', fileOf(`{"a":${'['.repeat(100_000)}`), 'offset 13: found "[", expected "{"'],
  ['a name twice', fileOf(headerOf(['a', '[1]', 0, 4], ['a', '[1]', 0, 4]), 4), 'offset 62: "a" comes twice'],
  ['a field twice', fileOf(one('"dtype":"F32","dtype":"I64","shape":[1],"data_offsets":[0,4]'), 4), '"dtype" comes twice'],
  ['__proto__ as a tensor', fileOf(headerOf(['__proto__', '[1]', 0, 4]), 4), 'offset 9: "__proto__" is not allowed'],
  ['an escaped __proto__', fileOf(headerOf(['__\\u0070roto__', '[1]', 0, 4]), 4), 'offset 9: "__proto__" is not allowed'],
  ['__proto__ in the metadata', fileOf('{"__metadata__":{"__proto__":"x"}}'), 'offset 25: "__proto__" is not allowed'],
  ['metadata that is no string', fileOf('{"__metadata__":{"a":1}}'), 'found "1", expected a string'],
  ['an unknown dtype', fileOf(one('"dtype":"F8","shape":[1],"data_offsets":[0,4]'), 4), 'offset 22: tensor "a" has dtype "F8", expected one of F64'],
  ['a dtype from the prototype', fileOf(one('"dtype":"toString","shape":[1],"data_offsets":[0,4]'), 4), 'tensor "a" has dtype "toString"'],
  ['an unknown field', fileOf(one('"dtype":"F32","shape":[1],"offsets":[0,4]'), 4), 'offset 40: tensor "a" has a field "offsets"'],
  ['no shape', fileOf(one('"dtype":"F32","data_offsets":[0,4]'), 4), 'offset 9: tensor "a" lacks dtype, shape or data_offsets'],
  ['three offsets', fileOf(one('"dtype":"F32","shape":[1],"data_offsets":[0,4,8]'), 8), 'tensor "a" has 3 data_offsets'],
  ['a negative offset', fileOf(headerOf(['a', '[1]', -4, 0]), 4), 'found -4, expected an integer'],
  ['a fraction as offset', fileOf(headerOf(['a', '[1]', 0, '4.0']), 4), 'found 4.0, expected an integer'],
  ['an offset above 2^53', fileOf(headerOf(['a', '[1]', 0, '9007199254740993']), 4), 'found 9007199254740993, expected an integer'],
  ['a size with an exponent', fileOf(headerOf(['a', '[1e0]', 0, 4]), 4), 'found 1e0, expected an integer'],
  ['a negative size', fileOf(headerOf(['a', '[-1,-1]', 0, 4]), 4), 'found -1, expected an integer'],
  ['a range that ends before it begins', fileOf(headerOf(['a', '[0]', 4, 0]), 4), 'data_offsets [4, 0], expected a range within the 4 bytes'],
  ['a range beyond the file', fileOf(headerOf(['a', '[2]', 0, 8]), 4), 'data_offsets [0, 8], expected a range within the 4 bytes'],
  ['overlapping tensors', fileOf(headerOf(['a', '[2]', 0, 8], ['b', '[2]', 4, 12]), 12), 'offset 62: tensor "b" begins at 4, expected 8'],
  ['the same range twice', fileOf(headerOf(['a', '[1]', 0, 4], ['b', '[1]', 0, 4]), 4), 'tensor "b" begins at 0, expected 4'],
  ['a gap', fileOf(headerOf(['a', '[1]', 0, 4], ['b', '[1]', 8, 12]), 12), 'tensor "b" begins at 8, expected 4'],
  ['a gap before the first tensor', fileOf(headerOf(['a', '[1]', 4, 8]), 8), 'tensor "a" begins at 4, expected 0'],
  ['bytes after the last tensor', fileOf(headerOf(['a', '[1]', 0, 4]), 5), 'the tensors end at 4 of 5 bytes'],
  ['data without tensors', fileOf('{}', 1), 'the tensors end at 0 of 1 bytes'],
  ['a shape larger than its range', fileOf(headerOf(['a', '[2]', 0, 4]), 4), 'data_offsets [0, 4], expected 8 bytes for F32 [2]'],
  ['a shape smaller than its range', fileOf(headerOf(['a', '[0]', 0, 4]), 4), 'expected 0 bytes for F32 [0]'],
  ['a shape whose product overflows', fileOf(headerOf(['a', '[4294967296,4294967296,4294967296]', 0, 0])), 'expected fewer than 2^53 bytes'],
];

describe('a hostile file is refused with file, offset and what was expected', () => {
  for (const [what, bytes, message] of hostile)
    test(what, () => {
      const read = (): unknown => readSafetensors(bytes, 'dir/hostile.safetensors');
      expect(read).toThrow(FormatError);
      expect(read).toThrow(message);
      expect(read).toThrow(/^dir\/hostile\.safetensors: .*expected|allowed|once|lacks/);
    });

  test('every cut of a good file', () => {
    const file = writeSafetensors([{ name: 'a', shape: [2], data: Float32Array.of(1, 2) }, { name: 'b', shape: [1], data: Uint8Array.of(3) }], { k: 'v' });
    for (let length = 0; length < file.length; length++) expect(() => readSafetensors(file.subarray(0, length), 'cut')).toThrow(FormatError);
  });

  test('many tensors and long names cost no more than their bytes', () => {
    const names = Array.from({ length: 20_000 }, (_, i): [string, string, number, number] => [`ä${i}`, '[0]', 0, 0]);
    expect(readSafetensors(fileOf(headerOf(...names)), 'many').tensors.size).toBe(20_000);
    expect(() => readSafetensors(fileOf(headerOf(['n'.repeat(5_000_000), '[1]', 0, 8]), 8), 'long')).toThrow(/^long: offset 9: tensor "n{80}\.\.\." /);
    expect(() => readSafetensors(fileOf(`{"a":{"shape":[${'1'.repeat(5_000_000)}`), 'long')).toThrow(FormatError);
    expect(() => readSafetensors(fileOf(`{${' '.repeat(5_000_000)}`), 'long')).toThrow(FormatError);
  });
});
