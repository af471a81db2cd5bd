import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

const examples = path.resolve(import.meta.dirname, '../../examples');
const folder = mkdtempSync(path.join(tmpdir(), 'convasm-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(file: string, ...args: string[]): string {
  const done = spawnSync(process.execPath, [path.join(examples, file), ...args], { cwd: folder, encoding: 'utf8' });
  expect(done.stderr).toBe('');
  expect(done.status).toBe(0);
  return done.stdout;
}

/** `name: 1 2 = 1 2` of an example's output: the two sides. */
function sides(text: string): (readonly [name: string, left: string, right: string])[] {
  return [...text.matchAll(/^(.+): (.+) = (.+)$/gm)].map(([, name, left, right]) => [name!, left!, right!] as const);
}

const files = readdirSync(examples).filter((file) => file.endsWith('.mjs'));

test.each(files)('%s fits in 60 lines', (file) => {
  expect(readFileSync(path.join(examples, file), 'utf8').split('\n').length).toBeLessThanOrEqual(61);
});

test('02 trains and saves, 01 reads the weights', () => {
  expect(run('02-train-lenet.mjs', 'lenet.safetensors')).toMatch(/epoch 3: loss 0\.\d+, 9\d\.\d % of 1000 right\ndigest [0-9a-f]{64}\n$/);
  const said = [...run('01-predict.mjs', 'lenet.safetensors').matchAll(/shown (\d), said (\d)/g)];
  expect(said).toHaveLength(5);
  expect(said.filter(([, shown, answer]) => shown === answer).length).toBeGreaterThanOrEqual(3);
});

test('03: a loss of one\'s own falls', () => {
  const losses = [...run('03-own-loss.mjs').matchAll(/hinge loss ([\d.]+)/g)].map((match) => Number(match[1]));
  expect(losses).toHaveLength(5);
  expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]!);
});

test('04: the lesson\'s numbers agree with the rules', () => {
  const text = run('04-lesson.mjs');
  const value = (name: string): string => text.split('\n').find((line) => line.startsWith(`${name} = `))!.slice(name.length + 3);
  expect(value('y')).toBe('[0 5 | 4 -1]');
  expect(value('dw')).toBe(value('x ⋆ dy'));
  expect(value('dx')).toBe(value('dy padded ⋆ turned w'));
  expect(value('max dx')).toBe('[0 4 -2 0 | 0 0 0 0 | 1 0 0 0 | 0 0 0 8]');
  expect(value('mean dx')).toBe('[1 1 -0.5 -0.5 | 1 1 -0.5 -0.5 | 0.25 0.25 2 2 | 0.25 0.25 2 2]');
});

test('05: a layer of one\'s own trains', () => {
  const text = run('05-own-layer.mjs');
  expect(text).toContain('squeeze.reduce.weight');
  const losses = [...text.matchAll(/loss ([\d.]+)/g)].map((match) => Number(match[1]));
  expect(losses[1]).toBeLessThan(losses[0]!);
});

test('06 writes thirteen pictures', () => {
  expect(run('06-filters.mjs')).toContain('13 pictures in filtered');
  expect(readdirSync(path.join(folder, 'filtered'))).toHaveLength(13);
});

test('07: both sides of every fact agree', () => {
  const facts = sides(run('07-lesson-more.mjs'));
  expect(facts.map(([name]) => name)).toEqual([
    'forward', 'weight gradient', 'input gradient', 'bias gradient', 'max', 'mean', 'W s', 'W transposed z', 'wide convolution of z with the turned kernel',
    'its true form, the kernel turned for us', 'stride 2 as zeros between the inputs',
  ]);
  expect(facts.filter(([, left, right]) => left !== right)).toEqual([]);
  const [forward] = facts;
  expect(forward![1].split(' ')).toHaveLength(32);
});

test('08: a U-Net tells pixels apart', () => {
  const text = run('08-unet.mjs');
  const losses = [...text.matchAll(/loss ([\d.]+)/g)].map((match) => Number(match[1]));
  expect(losses.at(-1)).toBeLessThan(0.2 * losses[0]!);
  const judged = [...text.matchAll(/: ([\d.]+) % of pixels right, mean IoU ([\d.]+)/g)].map(([, right, overlap]) => [Number(right), Number(overlap)] as const);
  const [before, after] = judged as [(typeof judged)[0], (typeof judged)[0]];
  expect(before[1]).toBeLessThan(0.4);
  expect(after[0]).toBeGreaterThan(97);
  expect(after[1]).toBeGreaterThan(0.85);
});

test('09: a frozen body learns other digits from a few dozen images', () => {
  const [, before, after] = [...run('09-fine-tune.mjs').matchAll(/([\d.]+) % right/g)].map((match) => Number(match[1]));
  expect(before).toBeLessThan(40);
  expect(after).toBeGreaterThan(70);
});

test('10: ResNet-20 and a linear classifier train on drawn shapes', () => {
  const lines = run('10-resnet20.mjs', '100', '1').trim().split('\n');
  expect(lines.map((line) => line.replace(/[0-9a-f]{64}|[\d.]+/g, '#'))).toEqual([
    'linear epoch #: loss #, # % of # right, # s', 'linear digest #', 'ResNet-# epoch #: loss #, # % of # right, # s', 'ResNet-# digest #',
  ]);
});
