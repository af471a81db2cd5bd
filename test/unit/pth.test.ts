import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.js';
import { compile, layers } from '../../src/index.js';
import { readPth, toBigInt64, toFloat32 } from '../../src/io/formats.js';

// The files were written by PyTorch 1.13: pth/make.py.

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(import.meta.dirname, 'pth', name)));
const net = fixture('net.pth');
const { BatchNorm2d, Conv2d, Flatten, Linear, Sequential } = layers;
const NAMES = ['conv.weight', 'conv.bias', 'norm.weight', 'norm.bias', 'norm.running_mean', 'norm.running_var', 'norm.num_batches_tracked', 'out.weight', 'out.bias'];

describe('files of torch.save', () => {
  test.each(['net.pth', 'nested.pth', 'legacy.pth'])('%s has the names, shapes and numbers that PyTorch had', (file) => {
    const dict = readPth(fixture(file), file);
    expect([...dict.keys()]).toEqual(NAMES);
    expect(dict.get('conv.weight')!.shape).toEqual([3, 2, 3, 3]);
    const first = (name: string): number[] => [...toFloat32(dict.get(name)!, name).subarray(0, 2)];
    expect(first('conv.weight')).toEqual([0.12144870311021805, -0.10403385013341904]);
    expect(first('norm.running_var')).toEqual([0.9152954816818237, 0.9408640265464783]);
    expect(first('out.bias')).toEqual([-0.24549785256385803, 0.2770960032939911]);
    expect([...toBigInt64(dict.get('norm.num_batches_tracked')!, 'n')]).toEqual([1n]);
  });

  test('load into a network', async () => {
    const mine = await compile(new Sequential({ conv: new Conv2d(2, 3, 3), norm: new BatchNorm2d(3), flat: new Flatten(), out: new Linear(12, 4) }), { input: [2, 4, 4], batchSize: 2 });
    expect(mine.load(readPth(net, 'net.pth'))).toMatchObject({ missing: [], unexpected: [], misshapen: [] });
    expect([...mine.parameters.at(-1)!.read().subarray(0, 2)]).toEqual([-0.24549785256385803, 0.2770960032939911]);
    expect(() => mine.load(net, { file: 'net.pth' })).toThrow('net.pth: offset 0: a zip archive, expected safetensors. Files of PyTorch: net.load(readPth(bytes, file))');
  });

  test('hold every kind of tensor', () => {
    const dict = readPth(fixture('kinds.pth'), 'kinds.pth');
    const of = (name: string): number[] => [...toFloat32(dict.get(name)!, name)];
    expect(of('half')).toEqual([0, 0.333251953125, 0.66650390625, 1, 1.3330078125]);
    expect(of('bfloat16')).toEqual([0, 0.333984375, 0.66796875, 1, 1.3359375]);
    expect(of('transposed').slice(0, 6)).toEqual([0, 6, 12, 18, 1, 7]);
    expect(of('last')).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect(of('tail')).toEqual([20, 21, 22, 23]);
    expect(of('parameter')).toEqual([0, 1]);
    expect([...toBigInt64(dict.get('scalar')!, 's')]).toEqual([7n]);
    expect(dict.get('none')).toMatchObject({ shape: [0, 3] });
    expect(dict.get('double')!.dtype).toBe('F64');
  });
});

/** A copy with the bytes of `text` (latin-1) written over where `at` is found. */
function patched(bytes: Uint8Array, at: string, text: string): Uint8Array {
  const index = Buffer.from(bytes).indexOf(at, 0, 'latin1');
  expect(index).toBeGreaterThan(0);
  const copy = bytes.slice();
  copy.set(Buffer.from(text, 'latin1'), index);
  return copy;
}

describe('what is refused', () => {
  test('a whole module, by the name of its class', () => {
    expect(() => readPth(fixture('module.pth'), 'module.pth')).toThrow('module.pth: offset 66: the global "torch.nn.modules.container.Sequential" is not admitted: only tensors are read');
  });

  test.each([
    ['a function that runs', 'ccollections\nOrderedDict', 'cposix\nsystem\nabcdefghi', /global "posix\.system" is not admitted/],
    ['an attribute of what is admitted', 'ctorch\nFloatStorage', 'ctorch\nload\nabcdefgh', /global "torch\.load" is not admitted/],
    ['an opcode that makes objects', '\x80\x02ccoll', '\x80\x02\x81', /opcode NEWOBJ is not admitted/],
    ['an opcode for extensions', '\x80\x02ccoll', '\x80\x02\x82', /opcode EXT1 is not admitted/],
    ['an opcode that calls a method', '\x80\x02ccoll', '\x80\x02i', /opcode INST is not admitted/],
    ['what is no opcode', '\x80\x02ccoll', '\x80\x02\xf0', /opcode 0xf0 is not admitted/],
    ['another protocol', '\x80\x02ccoll', '\x80\x04', /another protocol/],
  ])('%s', (_, at, text, message) => {
    expect(() => readPth(patched(net, at, text), 'a.pth')).toThrow(message);
    expect(() => readPth(patched(net, at, text), 'a.pth')).toThrow(/^a\.pth: offset \d+: /);
  });

  test('a file cut short at any byte', () => {
    for (const file of ['net.pth', 'legacy.pth']) {
      const bytes = fixture(file);
      for (let length = 0; length < bytes.length; length += 7) expect(() => readPth(bytes.subarray(0, length), file), `${file} to ${length}`).toThrow(FormatError);
    }
  });

  test('any byte changed gives tensors or a FormatError, nothing else', () => {
    for (const file of ['net.pth', 'legacy.pth', 'kinds.pth']) {
      const bytes = fixture(file);
      for (let at = 0; at < bytes.length; at++) {
        const copy = bytes.slice();
        copy[at]! ^= 1 << at % 8;
        try {
          for (const { shape, bytes: held } of readPth(copy, file).values()) expect(held.length).toBeLessThanOrEqual(bytes.length * shape.length + 8);
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
        }
      }
    }
  });

  test('a compressed archive, zip64, other files', () => {
    const end = net.length - 22;
    const directory = new DataView(net.buffer).getUint32(end + 16, true);
    const withWord = (at: number, value: number): Uint8Array => {
      const copy = net.slice();
      new DataView(copy.buffer).setUint32(at, value, true);
      return copy;
    };
    expect(() => readPth(withWord(end + 16, 0xffffffff), 'a.pth')).toThrow(/zip64/);
    expect(() => readPth(withWord(directory + 10, 8), 'a.pth')).toThrow(/compressed \(method 8\), expected stored bytes/);
    expect(() => readPth(withWord(directory + 42, 99), 'a.pth')).toThrow(/expected a local header there/);
    expect(() => readPth(new TextEncoder().encode('{"a": 1}'), 'a.pth')).toThrow('a.pth: offset 0: does not begin as a zip archive');
  });
});
