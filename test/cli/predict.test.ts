import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { classify } from '../../src/classify.js';
import type { Layer } from '../../src/layers/index.js';
import { compile, models } from '../../src/entries/default.js';
import { lenet5Weights } from '../../src/weights/lenet5.js';
import { convasm, lastJson, temporary } from './command.js';

// The command line and `classify` see a picture alike: they give the same probabilities, to the last bit.

const [WIDTH, HEIGHT] = [83, 61];

/** A bar of ink on a slope of colours that fades into nothing to the right. */
const picture = (channels: 1 | 3 | 4): Uint8Array =>
  encode({ width: WIDTH, height: HEIGHT, channels, data: Uint8Array.from({ length: WIDTH * HEIGHT * channels }, (_, i) => {
    const [pixel, c] = [Math.floor(i / channels), i % channels];
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
    if (c === 3) return 255 - 2 * x;
    return x >= 36 && x < 42 && y >= 8 && y < 52 ? 20 : 250 - x - c * y;
  }) });

const photo = (input: readonly number[], side: number, more: object = {}): Record<string, string> => ({ preprocessing: JSON.stringify({ input, scale: 'bytes / 255', padding: 0, side, ...more }) });
const colours = { mean: [0.49, 0.48, 0.45], deviation: [0.25, 0.24, 0.26] };

test.each([
  ['ink, by the shipped weights', 'lenet5', () => models.lenet5(), [1, 32, 32], null, 1],
  ['ink in colour', 'lenet5', () => models.lenet5(), [1, 32, 32], null, 3],
  ['a grey photograph', 'lenet5_modern', () => models.lenet5Modern(), [1, 32, 32], photo([1, 32, 32], 36), 3],
  ['a photograph', 'resnet20', () => models.resnet20(), [3, 32, 32], photo([3, 32, 32], 40, colours), 3],
  ['a photograph that is see-through in places', 'resnet20', () => models.resnet20(), [3, 32, 32], photo([3, 32, 32], 32, colours), 4],
] as const)('%s', async (_, name, build: () => Layer, input, metadata, channels) => {
  const dir = temporary();
  const net = await compile(build(), { input, seed: 3 });
  const weights = metadata === null ? lenet5Weights() : net.save({ metadata: { model: name, ...metadata } });
  net.load(weights);
  writeFileSync(join(dir, 'weights'), weights);
  writeFileSync(join(dir, 'picture.png'), picture(channels));
  const { predictions } = lastJson(convasm(dir, 'predict', '--model', name, '--weights', 'weights', 'picture.png', '--json')) as { predictions: { top: unknown }[] };
  expect(predictions[0]!.top).toEqual(await classify(net, picture(channels)));
  await net.dispose();
});
