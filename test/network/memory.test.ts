import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { root } from '../support/sources.js';

// Nothing is allocated while training: measured in a process of its own, from the built files, after collections.

const source = `
  import { compile, losses, models, optimizers } from 'convasm';
  const net = await compile(models.lenet5(), { input: [1, 32, 32], batchSize: 8, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.01, momentum: 0.9 }) });
  const images = Float32Array.from({ length: 8 * 1024 }, (_, i) => (i * 7919 % 1000) / 1000);
  const labels = Int32Array.from({ length: 8 }, (_, i) => i);
  const used = () => { gc(); gc(); const { heapUsed, external } = process.memoryUsage(); return { heap: heapUsed + external, memory: net.memoryBytes }; };
  const steps = (count) => { for (let i = 0; i < count; i++) net.stepSync(images, labels); };
  const predictions = (count) => { for (let i = 0; i < count; i++) net.predictSync(images); };
  const seen = [];
  steps(2);
  seen.push(used());
  steps(998);
  seen.push(used());
  predictions(1000);
  seen.push(used());
  predictions(1000);
  seen.push(used());
  console.log(JSON.stringify({ seen, steps: net.steps }));
`;

describe('memory', () => {
  const done = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', source], { cwd: root, encoding: 'utf8' });
  const { seen, steps } = JSON.parse(done.stdout || '{}') as { seen: { heap: number; memory: number }[]; steps: number };
  const [second, thousandth, warm, predicted] = seen;

  test('of the network is after 1,000 steps what it was after two', () => {
    expect(done.stderr).toBe('');
    expect(steps).toBe(1000);
    expect(thousandth!.memory).toBe(second!.memory);
    expect(predicted!.memory).toBe(second!.memory);
  });

  test('of JavaScript grows by less than 64 kB from step 2 to step 1,000, and over 1,000 predictions once the code is warm', () => {
    expect(thousandth!.heap - second!.heap).toBeLessThan(65536);
    expect(predicted!.heap - warm!.heap).toBeLessThan(65536);
  });
});
