import { encode } from 'fast-png';
import * as fc from 'fast-check';
import { deflateSync, crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.js';
import { toInk } from '../../src/pixels/ink.js';
import { toGrey } from '../../src/pixels/pixels.js';
import { decodePng } from '../../src/pixels/png.js';

const grey = async (bytes: Uint8Array) => toGrey(decodePng(bytes, 'a.png'));

describe('PNG to grey', () => {
  test('8 and 16 bits, grey and colour', async () => {
    expect(await grey(encode({ width: 2, height: 1, data: Uint8Array.of(0, 255), channels: 1 }))).toEqual({ width: 2, height: 1, values: Float32Array.of(0, 1) });
    const deep = await grey(encode({ width: 2, height: 1, data: Uint16Array.of(65535, 13107), channels: 1, depth: 16 }));
    expect([...deep.values]).toEqual([1, Math.fround(0.2)]);
    const colour = await grey(encode({ width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 255, 0), channels: 3 }));
    expect([...colour.values]).toEqual([Math.fround(0.299), Math.fround(0.587)]);
  });

  test('strokes on nothing stay visible, dark or light', async () => {
    const dark = await grey(encode({ width: 2, height: 1, data: Uint8Array.of(0, 255, 0, 0), channels: 2 }));
    expect([...dark.values]).toEqual([0, 1]);
    const light = await grey(encode({ width: 2, height: 1, data: Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 0), channels: 4 }));
    expect([...light.values]).toEqual([1, 0]);
  });

  test('palettes and single bits', async () => {
    const bits = chunks({ width: 10, height: 2, depth: 1, type: 0 }, Uint8Array.of(0, 0b10100000, 0b01000000, 0, 0xff, 0xff));
    expect([...(await grey(bits)).values].map(Math.round).join('')).toBe('1010000001' + '1'.repeat(10));
    const palette = chunks({ width: 2, height: 1, depth: 8, type: 3 }, Uint8Array.of(0, 1, 0), [['PLTE', Uint8Array.of(0, 0, 0, 255, 255, 255)]]);
    expect([...(await grey(palette)).values].map(Math.round)).toEqual([1, 0]);
  });

  test.each([
    ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70), /a\.png: starts with 0xffd8ffe000104a46, expected a PNG image/],
    ['nothing', new Uint8Array(0), /starts with 0x, expected/],
    ['a signature', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), /ends at byte 8, expected a PNG header/],
    ['a cut file', encode({ width: 9, height: 9, data: new Uint8Array(81), channels: 1 }).subarray(0, 50), /ends at byte 50 inside the chunk at byte 33/],
    ['a huge header', chunks({ width: 4e9, height: 4e9, depth: 8, type: 0 }, new Uint8Array(4)), /4000000000x4000000000 pixels, expected sides up to 16,384/],
    ['fewer pixels than promised', chunks({ width: 4000, height: 4000, depth: 16, type: 6 }, new Uint8Array(4)), /promises 128,004,000 bytes of pixels, 4 are there/],
    ['more pixels than promised', chunks({ width: 1, height: 1, depth: 8, type: 0 }, new Uint8Array(50e6)), /promises 2 bytes of pixels, more are there/],
    ['another colour type', chunks({ width: 1, height: 1, depth: 8, type: 5 }, new Uint8Array(2)), /colour type 5 of 8 bits/],
    ['a palette image without palette', chunks({ width: 1, height: 1, depth: 8, type: 3 }, new Uint8Array(2)), /a\.png: /],
  ])('%s is refused', async (_, bytes, message) => {
    await expect(grey(bytes)).rejects.toThrow(FormatError);
    await expect(grey(bytes)).rejects.toThrow(message);
  });

  test('a flipped byte is an error or another picture, never a crash', async () => {
    const whole = encode({ width: 5, height: 5, data: new Uint8Array(25).map((_, i) => 10 * i), channels: 1 });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = whole.slice();
        bytes[at]! ^= flip;
        await grey(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(FormatError));
      }),
    );
  });
});

/** A PNG put together chunk by chunk. */
function chunks(header: { width: number; height: number; depth: number; type: number }, pixels: Uint8Array, more: [string, Uint8Array][] = []): Uint8Array {
  const ihdr = new Uint8Array(13);
  const view = new DataView(ihdr.buffer);
  view.setUint32(0, header.width);
  view.setUint32(4, header.height);
  ihdr.set([header.depth, header.type, 0, 0, 0], 8);
  const parts: [string, Uint8Array][] = [['IHDR', ihdr], ...more, ['IDAT', deflateSync(pixels)], ['IEND', new Uint8Array(0)]];
  return Buffer.concat([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), ...parts.map(([type, data]) => chunk(type, data))]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.concat([new Uint8Array(4), Buffer.from(type, 'latin1'), data, new Uint8Array(4)]);
  bytes.writeUInt32BE(data.length, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, bytes.length - 4)), bytes.length - 4);
  return bytes;
}

/** A grey picture with a filled rectangle. */
function block(width: number, height: number, [left, top, right, bottom]: number[], ink: number, paper: number) {
  const values = new Float32Array(width * height).fill(paper);
  for (let y = top!; y < bottom!; y++) values.fill(ink, y * width + left!, y * width + right!);
  return { width, height, values };
}

function boundsOf(pixels: Float32Array): number[] {
  const at = [...pixels.keys()].filter((i) => pixels[i]! > 0);
  const xs = at.map((i) => i % 32);
  const ys = at.map((i) => Math.floor(i / 32));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
}

describe('grey to ink', () => {
  test('the network\'s own size is taken as it is', () => {
    const picture = block(32, 32, [10, 10, 20, 20], 0.8, 0.1);
    const { pixels, steps } = toInk(picture, 32, 'a.png');
    expect(pixels).toEqual(picture.values);
    expect(steps).toBe('32x32, light on dark');
  });

  test('28x28 is padded, dark on light is inverted', () => {
    const { pixels, steps } = toInk(block(28, 28, [0, 5, 4, 9], 0, 1), 32, 'a.png');
    expect(boundsOf(pixels)).toEqual([2, 7, 6, 11]);
    expect(steps).toBe('28x28, dark on light, inverted, padded to 32x32');
  });

  test.each([
    [300, 200, [10, 10, 110, 50], 'ink of 100x40 scaled to 20x8', [6, 12, 26, 20]],
    [300, 200, [150, 20, 180, 180], 'ink of 30x160 scaled to 4x20', [14, 6, 18, 26]],
    [9, 9, [2, 2, 4, 7], 'ink of 2x5 scaled to 8x20', [12, 6, 20, 26]],
  ])('of %dx%d the ink %j is cropped, scaled into 20x20 and centred', (width, height, box, said, bounds) => {
    const { pixels, steps } = toInk(block(width, height, box, 0.2, 0.9), 32, 'a.png');
    expect(steps).toContain(said);
    expect(boundsOf(pixels)).toEqual(bounds);
    expect(Math.max(...pixels)).toBeCloseTo(1, 5);
  });

  test('scaling keeps the mean', () => {
    const values = Float32Array.from({ length: 70 * 50 }, (_, i) => ((i * 7919) % 97) / 97);
    const framed = block(90, 70, [0, 0, 0, 0], 0, 0);
    for (let y = 0; y < 50; y++) framed.values.set(values.subarray(y * 70, y * 70 + 70), (y + 10) * 90 + 10);
    const { pixels } = toInk(framed, 32, 'a.png');
    const mean = (all: Float32Array, count: number) => all.reduce((a, b) => a + b, 0) / count;
    expect(mean(pixels, 20 * 14)).toBeCloseTo(mean(values, 3500) / Math.max(...values), 2);
  });

  test('the heavier side is brought to the middle', () => {
    const picture = block(100, 100, [20, 20, 60, 60], 1, 0);
    for (let y = 20; y < 60; y++) picture.values.fill(0.25, y * 100 + 40, y * 100 + 60);
    expect(boundsOf(toInk(picture, 32, 'a.png').pixels)[0]).toBeGreaterThan(6);
  });

  test.each([0, 0.5, 1])('a blank picture of %d is refused', (value) => {
    expect(() => toInk(block(50, 50, [0, 0, 0, 0], 0, value), 32, 'a.png')).toThrow(/a\.png: no ink found/);
  });
});
