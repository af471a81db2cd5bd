// Trains LeNet-5 on drawn digits and saves its weights.   node examples/02-train-lenet.mjs [out.safetensors]
import { writeFile } from 'node:fs/promises';
import { compile, fit, losses, models, optimizers } from 'convasm';
import { digits } from 'convasm/datasets';

const { train, test } = digits({ train: 4000, test: 1000, seed: 1 });
const net = await compile(models.lenet5(), {
  input: [1, 32, 32], batchSize: 32, seed: 1,
  loss: losses.crossEntropy(),
  optimizer: optimizers.sgd({ lr: 0.05, momentum: 0.9 }),
});
console.log(String(net.summary()));
for await (const { epoch, loss, validation } of fit(net, train, { epochs: 3, validation: test })) {
  console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}, ${(100 * validation.accuracy).toFixed(1)} % of ${validation.count} right`);
}
console.log(`digest ${await net.digest()}`);
if (process.argv[2]) await writeFile(process.argv[2], net.save());
net.dispose();
