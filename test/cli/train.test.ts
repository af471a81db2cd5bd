import { encode } from 'fast-png';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../../src/io/safetensors.js';
import { convasm, lastJson, stopped, temporary, writeDigits } from './command.js';

const dir = mkdtempSync(join(tmpdir(), 'convasm-train-'));
const TRAIN = ['train', '--model', 'lenet5', '--data', dir];
const COUNT = 240;
let digits: { bytes: Uint8Array; labels: Int32Array };

beforeAll(() => {
  digits = writeDigits(dir, COUNT);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('train', () => {
  test('--json: one object on the last line, progress elsewhere, the same digest again', () => {
    const cwd = temporary();
    const args = [...TRAIN, '--holdout', '40', '--epochs', '2', '--seed', '5', '--json'];
    const first = convasm(cwd, ...args);
    const result = lastJson(first);
    expect(Object.keys(result).sort()).toEqual(['accuracy', 'digest', 'imagesPerSecond', 'loss', 'steps']);
    expect(result).toMatchObject({ steps: 14, digest: expect.stringMatching(/^[0-9a-f]{64}$/), accuracy: expect.any(Number), loss: expect.any(Number) });
    expect(result.imagesPerSecond).toBeGreaterThan(0);
    expect(first.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(first.stderr).toMatch(/^LeNet-5, 61,706 parameters · 200 images of .* to train, 40 to test · seed 5\nepoch +loss[^\n]*\n 1\/2 [^\n]*\n 2\/2 [^\n]*\n(It has learned nothing[^\n]*\n)?$/);
    expect(`${first.stdout}${first.stderr}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(lastJson(convasm(cwd, ...args)).digest).toBe(result.digest);
    expect(lastJson(convasm(cwd, ...args.with(8, '6'))).digest).not.toBe(result.digest);
  });

  test('people see one line, and the file says what it is', () => {
    const cwd = temporary();
    const { status, stdout } = convasm(cwd, 'train', '--model', 'lenet5_modern', '--data', dir, '--epochs', '1', '--out', 'w', '--batch-size', '64', '--lr', '0.02');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^No test images · saved w \(\d+ kB\) · digest [0-9a-f]{8}, the same on every machine\n$/);
    const { metadata } = readSafetensors(readFileSync(join(cwd, 'w')), 'w');
    expect(metadata).toMatchObject({ model: 'lenet5_modern', seed: '1', data: dir, accuracy: 'null' });
    expect(JSON.parse(metadata.preprocessing!)).toMatchObject({ input: [1, 32, 32], padding: 2 });
    expect(metadata.command).toContain('train --model lenet5_modern');
  });

  test('without test images accuracy is null', () => {
    expect(lastJson(convasm(temporary(), ...TRAIN, '--epochs', '1', '--json'))).toMatchObject({ accuracy: null, steps: 8, loss: expect.any(Number) });
  });

  test('a rate that ruins the network is not passed off as a success', () => {
    const { stderr } = convasm(temporary(), ...TRAIN, '--lr', '5', '--epochs', '1');
    expect(stderr).toMatch(/\n(It has learned nothing: its loss of [\d.e+]+ is no better than guessing \(2\.3026\)|Training stopped: loss is not finite).*Try --lr 0\.05 \(now 5\)/);
  });

  test('a loss that is not finite stops it and keeps the last good checkpoint', () => {
    const cwd = temporary();
    convasm(cwd, ...TRAIN, '--epochs', '1', '--checkpoint', 'c');
    const good = readFileSync(join(cwd, 'c'));
    const { status, stderr } = convasm(cwd, ...TRAIN, '--lr', '3e38', '--checkpoint', 'c', '--out', 'w');
    expect(status).toBe(1);
    expect(stderr).toMatch(/\nTraining stopped: loss is not finite at step \d+.*Try --lr 0\.05 \(now 3e\+38\)\.\n$/);
    expect(readFileSync(join(cwd, 'c'))).toEqual(good);
    expect(readdirSync(cwd)).not.toContain('w');
  });
});

/** Goes on from checkpoint `c` for two more epochs and compares with a run that was never stopped. */
function expectUnbroken(cwd: string, file: string): void {
  const { metadata } = readSafetensors(readFileSync(join(cwd, file)), file);
  const epochs = String(Number(metadata.epoch) + 2);
  const options = ['--holdout', '30', '--seed', '3', '--json', '--epochs', epochs];
  const resumed = lastJson(convasm(cwd, ...TRAIN, ...options, '--resume', file));
  const unbroken = lastJson(convasm(cwd, ...TRAIN, ...options));
  expect({ ...resumed, imagesPerSecond: 0 }).toEqual({ ...unbroken, imagesPerSecond: 0 });
}

describe('stopped and gone on with', () => {
  const ENDLESS = [...TRAIN, '--holdout', '30', '--seed', '3', '--epochs', '100000'];

  test('Ctrl-C: status 130, checkpoint written, says how to go on; resumed equals unbroken', async () => {
    const cwd = temporary();
    const { status, stderr } = await stopped(cwd, 'SIGINT', / 3\/100000 /, ...ENDLESS);
    expect(status).toBe(130);
    expect(stderr).toMatch(/\nStopped at step [\d,]+ of 700,000\. Continue: convasm train --model lenet5 --data .* --resume lenet5\.ckpt\n$/);
    expect(readdirSync(cwd)).toEqual(['lenet5.ckpt']);
    expectUnbroken(cwd, 'lenet5.ckpt');
  });

  test('kill -9 with --checkpoint: resumed equals unbroken', async () => {
    const cwd = temporary();
    const { killedBy } = await stopped(cwd, 'SIGKILL', / 4\/100000 /, ...ENDLESS, '--checkpoint', 'c');
    expect(killedBy).toBe('SIGKILL');
    expectUnbroken(cwd, 'c');
  });

  test('a checkpoint at the end needs no more steps', () => {
    const cwd = temporary();
    const done = lastJson(convasm(cwd, ...TRAIN, '--holdout', '30', '--epochs', '2', '--checkpoint', 'c', '--json'));
    const again = lastJson(convasm(cwd, 'train', '--data', dir, '--epochs', '2', '--resume', 'c', '--json'));
    expect({ ...again, imagesPerSecond: 0 }).toEqual({ ...done, imagesPerSecond: 0 });
  });

  test('start: its learning rate goes on falling where train takes over, to the epochs it was meant for', async () => {
    const cwd = temporary();
    const { status, stderr } = await stopped(cwd, 'SIGINT', / 1\/2 /, 'start', '--epochs', '2', '--batch-size', '64');
    expect(status).toBe(130);
    expect(stderr).toMatch(/Continue: convasm train --model lenet5 --epochs 2 --batch-size 64 --resume lenet5\.ckpt\n$/);
    const resumed = lastJson(convasm(cwd, 'train', '--epochs', '2', '--resume', 'lenet5.ckpt', '--json'));
    const unbroken = lastJson(convasm(cwd, 'start', '--epochs', '2', '--batch-size', '64', '--json'));
    expect({ ...resumed, imagesPerSecond: 0 }).toEqual({ ...unbroken, imagesPerSecond: 0 });
    expect(convasm(cwd, 'train', '--epochs', '3', '--resume', 'lenet5.ckpt').stderr).toMatch(/--epochs is 3, but the learning rate of lenet5\.ckpt falls to 0 over 2\n$/);
    expect(lastJson(convasm(cwd, 'train', '--model', 'lenet5', '--epochs', '2', '--batch-size', '64', '--json')).digest).not.toBe(unbroken.digest);
  }, 60_000);

  test('options that do not agree are named', () => {
    const cwd = temporary();
    const other = temporary();
    writeDigits(other, 50);
    convasm(cwd, ...TRAIN, '--epochs', '2', '--checkpoint', 'c');
    const refusal = (...args: string[]) => {
      const { status, stderr } = convasm(cwd, 'train', '--resume', 'c', ...args);
      expect(status).toBe(2);
      return stderr;
    };
    expect(refusal('--data', dir, '--seed', '2')).toBe('convasm: --seed is 2, but c was trained with --seed 1\n');
    expect(refusal('--data', dir, '--lr', '0.1')).toMatch(/--lr is 0\.1, but c was trained with --lr 0\.05/);
    expect(refusal('--data', dir, '--batch-size', '16')).toMatch(/--batch-size is 16/);
    expect(refusal('--data', dir, '--holdout', '5')).toMatch(/--holdout is 5/);
    expect(refusal('--data', dir, '--model', 'lenet5_modern')).toMatch(/--model is lenet5_modern/);
    expect(refusal('--data', dir, '--epochs', '1')).toMatch(/--epochs is 1, but c is already in epoch 2/);
    expect(refusal('--data', other)).toMatch(/holds other images, but c was trained on /);
    expect(refusal()).toMatch(/--data is not given, but c was trained on /);
  });
});

describe('with trained weights', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'convasm-use-'));
  const USE = ['--model', 'lenet5', '--weights', 'w'];
  let trained: Record<string, unknown>;
  beforeAll(() => {
    trained = lastJson(convasm(cwd, ...TRAIN, '--holdout', '40', '--epochs', '25', '--out', 'w', '--json'));
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  test('eval: the held-out images of the same seed, and all images', () => {
    const held = lastJson(convasm(cwd, 'eval', ...USE, '--data', dir, '--holdout', '40', '--json'));
    expect(Object.keys(held)).toEqual(['loss', 'accuracy', 'top5', 'confusion', 'count']);
    expect(held).toMatchObject({ count: 40, loss: trained.loss, accuracy: trained.accuracy });
    const all = convasm(cwd, 'eval', ...USE, '--data', dir);
    expect(all.stdout).toMatch(/^true\\said[^]*\nAccuracy \d+\.\d % of 240 · top-5 \d+\.\d % · loss \d+\.\d{4}\n$/);
    expect(all.stderr).toBe('');
  });

  test('predict: a PNG in the network\'s own size, and a large dark-on-light one', () => {
    const small = digits.bytes.subarray(0, 784);
    const large = Uint8Array.from({ length: 280 * 280 }, (_, i) => 255 - small[Math.floor(i / 2800) * 28 + Math.floor((i % 280) / 10)]!);
    writeFileSync(join(cwd, 'small.png'), encode({ width: 28, height: 28, data: small, channels: 1 }));
    writeFileSync(join(cwd, 'large.png'), encode({ width: 280, height: 280, data: large, channels: 1 }));
    const { predictions } = lastJson(convasm(cwd, 'predict', ...USE, 'small.png', 'large.png', '--json')) as {
      predictions: { file: string; top: { class: string; probability: number }[] }[];
    };
    expect(predictions.map(({ file }) => file)).toEqual(['small.png', 'large.png']);
    for (const { top } of predictions) {
      expect(top[0]!.class).toBe(String(digits.labels[0]));
      expect(top).toHaveLength(10);
      expect(top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    }
    const { stdout, stderr } = convasm(cwd, 'predict', ...USE, 'large.png');
    expect(stdout).toMatch(/^large\.png {2}says 0, \S+.* % {2}next \d, .* %\n$/);
    expect(stderr).toMatch(/^large\.png: 280x280, dark on light, inverted, ink of \d+x\d+ scaled to \d+x\d+, centred by mass\n$/);
  });

  test.each([
    ['a cut JPEG', [0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0], 'offset 2: a marker of 0 bytes, the file ends before. Likely cut short.'],
    ['a GIF', [0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0], 'offset 0: starts with 0x4749463839610100, expected a PNG or JPEG image'],
  ])('predict refuses %s', (_, bytes, message) => {
    writeFileSync(join(cwd, 'photo.png'), Uint8Array.from(bytes));
    const { status, stderr } = convasm(cwd, 'predict', ...USE, 'photo.png');
    expect({ status, stderr }).toEqual({ status: 1, stderr: `FormatError: photo.png: ${message}\n` });
  });

  test('weights of another network, cut weights, weights without notes', () => {
    const evaluate = (model: string, weights: string) => convasm(cwd, 'eval', '--model', model, '--weights', weights, '--data', dir, '--json');
    expect(evaluate('lenet5_modern', 'w')).toMatchObject({ status: 2, stderr: 'convasm: --model is lenet5_modern, but w says that it holds lenet5\n' });
    const bytes = readFileSync(join(cwd, 'w'));
    writeFileSync(join(cwd, 'cut'), bytes.subarray(0, 100_000));
    expect(evaluate('lenet5', 'cut')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^FormatError: cut: /) });
    writeFileSync(join(cwd, 'bare'), withoutNotes(bytes));
    const bare = evaluate('lenet5', 'bare');
    expect(bare).toMatchObject({ status: 0, stderr: expect.stringMatching(/^bare has no such notes, so this is assumed: model lenet5; bytes \/ 255/) });
  });
});

/** The same tensors, metadata blanked out by spaces. */
function withoutNotes(file: Uint8Array): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = Buffer.from(file.subarray(8, 8 + length)).toString('latin1');
  const notes = /"__metadata__":\{(?:"(?:[^"\\]|\\.)*"[:,]?)*\},/.exec(header)![0];
  const bytes = file.slice();
  bytes.set(Buffer.from(header.replace(notes, ' '.repeat(notes.length)), 'latin1'), 8);
  return bytes;
}

test('start: trains on drawn digits and shows what came of it', () => {
  const cwd = temporary();
  const { status, stdout, stderr } = convasm(cwd, 'start', '--epochs', '1');
  expect(status).toBe(0);
  expect(stderr).toMatch(/^LeNet-5, 61,706 parameters · 12,000 drawn digits to train, 2,000 to test · seed 1 · nothing is downloaded\n/);
  expect(stdout).toMatch(/^true\\said +0 +1[^]*\nmost confused: [^]*\nAccuracy \d\d\.\d % of 2,000 · saved lenet5\.safetensors \(\d+ kB\) · digest [0-9a-f]{8}/);
  expect(stdout).not.toMatch(/[⠀-⣿]/);
  expect(readdirSync(cwd)).toEqual(['lenet5.safetensors']);
});

test('summary: the table, and the same as JSON', () => {
  const cwd = temporary();
  expect(convasm(cwd, 'summary', 'lenet5').stdout).toMatch(/^name +type +output[^]*\nc1 +Conv2d 5x5 +6x28x28 +156 [^]*\ntotal +61,706 +\d/);
  const table = lastJson(convasm(cwd, 'summary', 'lenet5', '--json')) as { params: number; macs: number; memory: object; layers: object[] };
  expect(table).toMatchObject({ params: 61706, macs: expect.any(Number), memory: expect.any(Object) });
  expect(table.layers[0]).toMatchObject({ name: 'c1', outputShape: [6, 28, 28], params: 156, macs: expect.any(Number) });
});

test('summary --compare: what convolutions save by sharing weights', () => {
  const cwd = temporary();
  expect(convasm(cwd, 'summary', 'lenet5', '--compare').stdout).toMatch(/parameters +locally connected +fully connected [^]*\nc1 .* 156 +122,304 +4,821,600 /);
  const { layers, unshared } = lastJson(convasm(cwd, 'summary', 'lenet5', '--compare', '--json')) as { layers: object[]; unshared: object };
  expect(layers[0]).toMatchObject({ params: 156, unshared: { local: 122_304, full: 4_821_600 } });
  expect(unshared).toEqual({ local: 423_038, full: 6_763_934 });
});

test('summary folds a long table unless --depth says how deep', () => {
  const cwd = temporary();
  const names = (...args: string[]) => convasm(cwd, 'summary', ...args).stdout.split('\n').map((line) => line.split(' ')[0]);
  const folded = names('resnet50');
  expect(folded).toEqual(['name', 'conv1', 'bn1', 'relu', 'maxpool', 'layer1', 'layer2', 'layer3', 'layer4', 'avgpool', 'fc', 'total', 'Blocks', '']);
  expect(names('resnet50', '--depth', '1')).toEqual(folded.filter((name) => name !== 'Blocks'));
  expect(names('resnet50', '--depth', '2')).toEqual(expect.arrayContaining(['layer1.0', 'layer4.2']));
  const whole = names('resnet50', '--depth', '9');
  expect(whole).toEqual(expect.arrayContaining(['layer1.0.conv1', 'layer4.2.bn3']));
  expect(whole).not.toContain('layer1');
  expect(convasm(cwd, 'summary', 'resnet50').stdout).toMatch(/\nBlocks are folded: --depth 9 shows all \d+ layers\.\n$/);
  expect(lastJson(convasm(cwd, 'summary', 'resnet50', '--json'))).toMatchObject({ params: 25_557_032, memory: { batchSize: 8, train: expect.any(Number) } });
});

test('summary of what does not fit while training says what predicting takes', () => {
  const cwd = temporary();
  const { memory } = lastJson(convasm(cwd, 'summary', 'resnet152', '--input', '3,512,512', '--json')) as { memory: object };
  expect(memory).toMatchObject({ batchSize: 8, train: null, predict: expect.any(Number) });
  expect(convasm(cwd, 'summary', 'resnet152', '--input', '3,512,512').stdout).toMatch(/\ntotal +60,192,808 .*memory at batch 8: predict [^,]*, [^\n]*\n/);
});
