import { describe, expect, test } from 'vitest';
import { compile, layers, ops, type CompileOptions } from '../../src/entries/default.js';
import { numbers } from '../support/networks.js';

const { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU, Sequential } = layers;
const model = () => new Sequential({ body: new Sequential({ c: new Conv2d(2, 3, 3, { padding: 1 }), n: new BatchNorm2d(3), r: new ReLU() }), d: new Dropout(0.5), f: new Flatten(), l: new Linear(48, 4) });
const options: CompileOptions = { input: [2, 4, 4], batchSize: 2, seed: 1, fuse: false };
const images = (count: number): Float32Array => numbers(32 * count, 3);

describe('inner outputs', () => {
  test('are those of the layers, row-major, for any number of images', async () => {
    const net = await compile(model(), options);
    const inner = await net.predict(images(5), { outputs: ['body.c', 'body', 'l', ''] });
    expect([...inner].map(([name, { shape }]) => [name, shape])).toEqual([['body.c', [5, 3, 4, 4]], ['body', [5, 3, 4, 4]], ['l', [5, 4]], ['', [5, 4]]]);
    const [w, b] = net.parameters;
    const conv = ops.conv2d({ data: images(5), shape: [5, 2, 4, 4] }, { data: w!.read(), shape: w!.shape }, { data: b!.read(), shape: b!.shape }, { padding: 1 });
    expect(inner.get('body.c')!.data).toEqual(conv.data);
    expect(inner.get('')).toEqual(await net.predict(images(5)));
    expect(inner.get('l')!.data).toEqual(inner.get('')!.data);
  });

  test('that are not there, or not kept, are refused', async () => {
    const net = await compile(model(), options);
    await expect(net.predict(images(1), { outputs: ['body.x'] })).rejects.toThrow('outputs: no layer "body.x", expected one of body.c, body.n, body.r, body, d, f, l');
    const { fuse: _, ...usual } = options;
    const fused = await compile(model(), usual);
    await expect(fused.predict(images(1), { outputs: ['body'] })).rejects.toThrow('outputs: the output of body is not kept: give compile fuse: false');
  });
});
