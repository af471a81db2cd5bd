// What every consumer runs: three steps of training and a prediction. The answer is the same wherever it runs.
import { compile } from 'convasm';
import { crossEntropy } from 'convasm/losses';
import { lenet5 } from 'convasm/models';
import { sgd } from 'convasm/optimizers';

export async function program() {
  const net = await compile(lenet5(), { input: [1, 32, 32], batchSize: 8, loss: crossEntropy(), optimizer: sgd({ lr: 0.05, momentum: 0.9 }), seed: 1 });
  const images = Float32Array.from({ length: 8 * 1024 }, (_, i) => ((i * 37) % 101) / 101);
  for (let i = 0; i < 3; i++) await net.step(images, [0, 1, 2, 3, 4, 5, 6, 7]);
  const { shape } = await net.predict(images);
  const digest = await net.digest();
  await net.dispose();
  return `${shape.join()} ${digest}`;
}
