import { describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../src/io/half.js';
import { compile, layers } from '../../src/index.js';
import { readSafetensors, toFloat32 } from '../../src/io/safetensors.js';

const { Flatten, Linear, Sequential } = layers;
const one = (value: number): number => toHalf(Float32Array.of(value), 'w')[0]!;

describe('float16', () => {
  test('every half comes back as itself', () => {
    for (let bits = 0; bits < 0x10000; bits++) if (!Number.isNaN(fromHalf(bits))) expect(one(fromHalf(bits))).toBe(bits);
    expect(one(NaN) & 0x7fff).toBe(0x7e00);
  });

  test('between two halves goes to the nearest, from the middle to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [fromHalf(bits), fromHalf(bits + 1)];
      const middle = (low + high) / 2; // exact in float32
      const even = bits % 2 === 0 ? bits : bits + 1;
      const step = (high - low) * 2 ** -8;
      expect([one(middle - step), one(middle), one(middle + step), one(-middle)]).toEqual([bits, even, bits + 1, 0x8000 + even]);
    }
  });

  test('ends at 65504: what rounds beyond is refused with its name', () => {
    expect([one(65504), one(65519.99609375), one(Infinity), one(2 ** -25), one(2 ** -25 * 1.0000001)]).toEqual([0x7bff, 0x7bff, 0x7c00, 0, 1]);
    expect(() => toHalf(Float32Array.of(1, -65520), 'fc.weight')).toThrow("save: fc.weight has the value -65520 at 1, beyond float16's 65504");
  });

  test('saves a network in half the bytes, and loads again', async () => {
    const net = await compile(new Sequential({ flat: new Flatten(), out: new Linear(64, 32) }), { input: [1, 8, 8], batchSize: 1, seed: 1 });
    const small = net.save({ dtype: 'float16' });
    const { tensors } = readSafetensors(small, 'small');
    expect([...tensors.values()].map(({ dtype }) => dtype)).toEqual(['F16', 'F16']);
    expect(small.length).toBeLessThan(0.55 * net.save().length);
    const weights = net.parameters[0]!.read();
    toFloat32(tensors.get('out.weight')!, 'w').forEach((value, i) => expect(Math.abs(value - weights[i]!)).toBeLessThanOrEqual(Math.abs(weights[i]!) * 2 ** -11 + 2 ** -25));
    net.load(small);
    expect(net.save({ dtype: 'float16' })).toEqual(small);
    expect(() => net.save({ dtype: 'int8' as 'float16' })).toThrow('save: dtype is int8, expected float32 or float16');
  });
});
