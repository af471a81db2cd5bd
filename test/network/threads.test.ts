import { spawnSync } from 'node:child_process';
import { writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile, losses, models, optimizers, type Network } from '../../src/index.js';

const batchSize = 8;
const images = Float32Array.from({ length: batchSize * 1024 }, (_, i) => ((i * 7919) % 1000) / 1000);
const labels = Int32Array.from({ length: batchSize }, (_, i) => i % 10);

function lenet(workers: number): Promise<Network> {
  const loss = losses.crossEntropy();
  return compile(models.lenet5(), { input: [1, 32, 32], batchSize, loss, optimizer: optimizers.sgd({ lr: 0.05, momentum: 0.9 }), workers });
}

async function train(net: Network, steps: number): Promise<string> {
  for (let i = 0; i < steps; i++) await net.step(images.subarray(0, (1 + (i % batchSize)) * 1024), labels.subarray(0, 1 + (i % batchSize)));
  return net.digest();
}

describe('threads', () => {
  test('1 to 4 workers give the same bits', async () => {
    const digests = new Set<string>();
    const outputs = new Set<string>();
    for (const workers of [1, 2, 3, 4]) {
      const net = await lenet(workers);
      digests.add(await train(net, 40));
      outputs.add(String((await net.predict(images)).data));
      await net.dispose();
    }
    expect(digests.size).toBe(1);
    expect(outputs.size).toBe(1);
  });

  test('sync calls are for one worker', async () => {
    const net = await lenet(2);
    expect(() => net.predictSync(images)).toThrow('predictSync: the network has 2 workers; use predict');
    expect(() => net.stepSync(images, labels)).toThrow('stepSync: the network has 2 workers; use step');
    await net.dispose();
  });

  test('a trap ends the run for all, with an error', async () => {
    const net = await lenet(3);
    const { engine, blueprint } = net;
    const record = engine.integers(blueprint.arena.table, 6)[5]!;
    engine.integers(record, 1)[0] = 9999;
    await expect(net.step(images, labels)).rejects.toThrow(/unreachable|a worker failed/);
    await net.dispose();
  });

  test('a worker killed while it runs ends the run for all, with an error', async () => {
    const threads = process.getBuiltinModule('node:worker_threads');
    const { Worker } = threads;
    const started: InstanceType<typeof Worker>[] = [];
    threads.Worker = class extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        started.push(this);
      }
    };
    const net = await lenet(3);
    threads.Worker = Worker;
    const run = async (): Promise<never> => {
      for (let i = 1; ; i++) await (i % 10 ? net.step(images, labels) : new Promise((resolve) => setTimeout(resolve, 0)));
    };
    setTimeout(() => void started[1]!.terminate(), 50);
    await expect(run()).rejects.toThrow('worker 2: it ended with code 1');
    await net.dispose();
  });

  test('workers: 0, 65 and 1.5 are refused', async () => {
    for (const workers of [0, 65, 1.5]) await expect(lenet(workers)).rejects.toThrow(`workers is ${workers}`);
  });

  test('a process with idle workers ends by itself, and one that never disposes too', () => {
    const folder = path.resolve(import.meta.dirname, '../../build/docs');
    mkdirSync(folder, { recursive: true });
    const script = path.join(folder, 'threads-end.mjs');
    writeFileSync(script, `import { compile, models } from 'convasm';
      const net = await compile(models.lenet5(), { input: [1, 32, 32], workers: 2 });
      console.log((await net.predict(new Float32Array(1024))).data.length);`);
    const done = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 20_000 });
    expect(done.stderr).toBe('');
    expect(done.stdout).toBe('10\n');
    expect(done.status).toBe(0);
  });

  test('20,000 barriers with more workers than cores', async () => {
    const net = await lenet(4);
    const steps = Math.ceil(20_000 / net.blueprint.train!.all.last);
    expect(await train(net, steps)).toMatch(/^[0-9a-f]{64}$/);
    await net.dispose();
  });
});
