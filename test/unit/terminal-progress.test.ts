import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Progress } from '../../src/cli/progress.js';
import { terminalOf } from '../../src/cli/terminal.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const standing = { epoch: '1/2', loss: 0.5, imagesPerSecond: 10_000, secondsLeft: 9 };
const row = { epoch: 1, epochs: 2, loss: 0.5, test: { loss: 0.4, accuracy: 0.9 }, imagesPerSecond: 10_000, seconds: 1 };

/** A stream that remembers what is written to it. */
function output(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  const written: string[] = [];
  stream.setEncoding('utf8').on('data', (text: string) => written.push(text));
  return { stream, text: () => (stream.read(), written.join('')) };
}

/** One second of training, a step every 5 ms, `seconds` times. */
function train(progress: Progress, seconds: number): void {
  for (let i = 0; i < 200 * seconds; i++) {
    vi.advanceTimersByTime(5);
    progress.step({ ...standing, fraction: i / (200 * seconds) });
  }
}

test('a file gets a line per epoch and one per 30 s, no control characters', async () => {
  const { stream, text } = output(false);
  const progress = new Progress(2, true, stream, terminalOf(stream, { LANG: 'C.UTF-8' }, 'linux'));
  train(progress, 70);
  progress.epoch(row);
  progress.stop();
  expect(text().split('\n')).toEqual([
    'epoch    loss   test loss   accuracy   images/s    time',
    '1/2 42 %  loss 0.5000  10,000 images/s  9 s left',
    '1/2 85 %  loss 0.5000  10,000 images/s  9 s left',
    ' 1/2   0.5000      0.4000     90.0 %     10,000   1.0 s',
    '',
  ]);
});

test('a terminal gets one moving line, at most 10 times a second, and its cursor back', () => {
  const { stream, text } = output(true);
  const progress = new Progress(2, true, stream, terminalOf(stream, { LANG: 'C.UTF-8', NO_COLOR: '1' }, 'linux'));
  train(progress, 3);
  const redraws = text().split('\u001b[1G').length - 1;
  expect(redraws).toBeGreaterThan(10);
  expect(redraws).toBeLessThanOrEqual(31);
  progress.epoch(row);
  expect(text()).toMatch(/\u001b\[\?25l[^]*━[^]*\u001b\[\?25h[^]* 1\/2 {3}0\.5000 [^\n]*\n$/);
  expect(text().split('\n')).toHaveLength(3);
  progress.stop();
});

test.each([{ CI: '1' }, { TERM: 'dumb' }])('a terminal with %j is never drawn over', (env) => {
  const { stream, text } = output(true);
  const progress = new Progress(2, true, stream, terminalOf(stream, { LANG: 'C.UTF-8', NO_COLOR: '1', ...env }, 'linux'));
  train(progress, 3);
  progress.epoch(row);
  progress.stop();
  expect(text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});
