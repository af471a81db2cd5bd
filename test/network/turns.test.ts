import { describe, expect, test } from 'vitest';
import { compile, losses, models, optimizers } from '../../src/index.js';

// Calls that are not awaited one by one share one memory: each must still get its own answer.

const filled = (value: number): Float32Array => Float32Array.from({ length: 1024 }, (_, i) => value * ((i % 7) / 7));

describe.each([1, 2])('%d workers', (workers) => {
  const network = () => compile(models.lenet5(), { input: [1, 32, 32], batchSize: 1, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.05 }), seed: 1, workers });

  test('predictions at the same time', async () => {
    const net = await network();
    const images = [0.1, 0.5, 0.9].map(filled);
    const alone = [];
    for (const image of images) alone.push(await net.predict(image));
    expect(await Promise.all(images.map((image) => net.predict(image)))).toEqual(alone);
    await net.dispose();
  });

  test('steps, and predictions between them', async () => {
    const [one, other] = [await network(), await network()];
    const inOrder = [await one.step(filled(0.2), [1]), await one.predict(filled(0.4)), await one.step(filled(0.6), [2])];
    expect(await Promise.all([other.step(filled(0.2), [1]), other.predict(filled(0.4)), other.step(filled(0.6), [2])])).toEqual(inOrder);
    expect(await other.digest()).toBe(await one.digest());
    await Promise.all([one.dispose(), other.dispose()]);
  });

  test('one that fails leaves the others alone', async () => {
    const net = await network();
    const [wrong, right] = await Promise.allSettled([net.predict(new Float32Array(7)), net.predict(filled(0.5))]);
    expect([wrong.status, right.status]).toEqual(['rejected', 'fulfilled']);
    await net.dispose();
  });
});
