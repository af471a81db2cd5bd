import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { Random } from '../../src/core/random.js';
import { readSafetensors } from '../../src/io/safetensors.js';
import { convasm, lastJson, temporary } from './command.js';

const CLASSES = ['across', 'down', 'none'];

/** Pictures of noise, striped across, down or not at all: DIR/half/CLASS/i.png. */
function writePictures(dir: string): void {
  const random = new Random(1);
  for (const [half, count] of [['train', 40], ['val', 6]] as const) {
    CLASSES.forEach((name, label) => {
      mkdirSync(join(dir, half, name), { recursive: true });
      for (let i = 0; i < count; i++) {
        const data = Uint8Array.from({ length: 3 * 40 * 36 }, (_, at) => {
          const [x, y] = [Math.floor(at / 3) % 40, Math.floor(at / 120)];
          const dark = label === 0 ? y % 8 < 4 : label === 1 && x % 8 < 4;
          return (dark ? 20 : 160) + random.integer(60);
        });
        writeFileSync(join(dir, half, name, `${i}.png`), encode({ width: 40, height: 36, data, channels: 3 }));
      }
    });
  }
}

test('a folder of pictures per class: train, eval and predict agree on classes and preparation', () => {
  const dir = temporary();
  writePictures(join(dir, 'stripes'));
  const args = ['--model', 'lenet5_modern', '--data', 'stripes'];
  const trained = lastJson(convasm(dir, 'train', ...args, '--epochs', '8', '--batch-size', '8', '--lr', '0.02', '--out', 'w.safetensors', '--curve', 'curve.svg', '--json'));
  expect(trained['accuracy']).toBeGreaterThan(0.9);
  expect(readFileSync(join(dir, 'curve.svg'), 'utf8')).toMatch(/^<svg[\s\S]*training[\s\S]*accuracy[\s\S]*<\/svg>\n$/);
  const { metadata } = readSafetensors(readFileSync(join(dir, 'w.safetensors')), 'w');
  expect([metadata['classes'], metadata['options'], metadata['preprocessing']].map((text) => JSON.parse(text!) as unknown)).toEqual([CLASSES, { classes: 3 }, { input: [1, 32, 32], scale: 'bytes / 255', padding: 0, side: 32 }]);
  const measured = lastJson(convasm(dir, 'eval', ...args, '--weights', 'w.safetensors', '--json'));
  expect([measured['accuracy'], measured['loss'], measured['count']]).toEqual([trained['accuracy'], trained['loss'], 18]);
  const said = lastJson(convasm(dir, 'predict', '--model', 'lenet5_modern', '--weights', 'w.safetensors', 'stripes/val/down/0.png', 'stripes/val/across/1.png', '--json'));
  expect((said['predictions'] as { top: { class: string }[] }[]).map(({ top }) => [top.length, top[0]!.class])).toEqual([[3, 'down'], [3, 'across']]);
  mkdirSync(join(dir, 'other/a'), { recursive: true });
  mkdirSync(join(dir, 'other/b'), { recursive: true });
  for (const name of ['a', 'b']) writeFileSync(join(dir, 'other', name, '1.png'), readFileSync(join(dir, 'stripes/val/down/0.png')));
  const wrong = convasm(dir, 'eval', '--model', 'lenet5_modern', '--weights', 'w.safetensors', '--data', 'other');
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--data: class 0 is a, but w.safetensors was trained with across there')]);
}, 120_000);

test('a network of photographs needs --data, and broken pictures are named', () => {
  const dir = temporary();
  const none = convasm(dir, 'train', '--model', 'resnet18');
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('--data is missing: resnet18 takes images of 3x224x224')]);
  mkdirSync(join(dir, 'p/a'), { recursive: true });
  mkdirSync(join(dir, 'p/b'));
  for (const name of ['a', 'b']) writeFileSync(join(dir, 'p', name, 'x.jpg'), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16));
  const broken = convasm(dir, 'train', '--model', 'lenet5', '--data', 'p');
  expect([broken.status, broken.stderr]).toEqual([1, expect.stringMatching(/FormatError: p.a.x\.jpg: offset 2: /)]);
});
