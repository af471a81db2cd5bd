import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, encode } from 'fast-png';
import { expect, test } from 'vitest';
import { compile, models } from '../../src/entries/default.js';
import { digits } from '../../src/data/digits.js';
import { convasm, temporary } from './command.js';

test('kernels, feature maps and class activations as PNG', async () => {
  const dir = temporary();
  writeFileSync(join(dir, 'w.safetensors'), (await compile(models.lenet5Modern(), { input: [1, 32, 32], seed: 1 })).save());
  const image = new Float32Array(1024);
  digits({ train: 1, test: 0 }).train.read(0, image, 0);
  writeFileSync(join(dir, 'd.png'), encode({ width: 32, height: 32, data: Uint8Array.from(image, (value) => Math.round(255 * value)), channels: 1 }));
  const args = ['--model', 'lenet5_modern', '--weights', 'w.safetensors'];
  const size = (file: string): number[] => {
    const { width, height, channels } = decode(readFileSync(join(dir, file)));
    return [width, height, channels];
  };
  expect(convasm(dir, 'picture', 'kernels', ...args).stdout).toBe('Kernels of c1, 6x1x5x5: kernels.png (50x310)\n');
  expect(size('kernels.png')).toEqual([50, 310, 4]);
  expect(convasm(dir, 'picture', 'maps', 'd.png', ...args, '--layer', 'c3', '--out', 'm.png').stdout).toMatch(/^Feature maps of c3, 16x10x10: m\.png/);
  expect(convasm(dir, 'picture', 'cam', 'd.png', ...args, '--class', '3').stdout).toMatch(/^Where 3 is seen, by \w+: cam\.png \(224x224\)\n$/);
  expect(size('cam.png')).toEqual([224, 224, 4]);
  const failed = (...given: string[]): [number | null, string] => {
    const { status, stderr } = convasm(dir, 'picture', ...given);
    return [status, stderr];
  };
  expect(failed('cams', 'd.png', ...args)).toEqual([2, expect.stringContaining('unknown kind cams, did you mean cam?')]);
  expect(failed('maps', ...args)).toEqual([2, expect.stringContaining('an image is missing')]);
  expect(failed('kernels', ...args, '--layer', 'c2')).toEqual([2, expect.stringContaining('--layer c2: no such layer')]);
  expect(failed('cam', 'd.png', ...args, '--class', 'x')).toEqual([2, expect.stringContaining('--class x: no such class')]);
});
