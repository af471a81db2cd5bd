// ResNet-20 tells ten classes of outline and texture apart that a linear classifier does not: node 10-resnet20.mjs [images] [epochs]
import { compile, fit, layers, losses, models, optimizers, schedules } from 'convasm';
import { shapes } from 'convasm/datasets';
import { randomCrop, randomHorizontalFlip } from 'convasm/transforms';

const [images = 5000, epochs = 6] = process.argv.slice(2).map(Number);
const { train, test } = shapes({ train: images, test: Math.ceil(images / 5) });
const batchSize = 50;

/** Trains `model` and says how many of the test images it has right after each epoch. */
async function run(name, model, optimizer, options = {}) {
  const net = await compile(model, { input: [3, 32, 32], batchSize, loss: losses.crossEntropy(), optimizer });
  const start = performance.now();
  for await (const { epoch, loss, validation } of fit(net, train, { epochs, validation: test, ...options })) {
    console.log(`${name} epoch ${epoch}: loss ${loss.toFixed(3)}, ${(100 * validation.accuracy).toFixed(1)} % of ${test.length} right, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  console.log(`${name} digest ${await net.digest()}`);
  await net.dispose();
}

const linear = new layers.Sequential({ flatten: new layers.Flatten(), out: new layers.Linear(3 * 32 * 32, train.classes.length) });
await run('linear', linear, optimizers.adam({ lr: 1e-3 }));

const maxLr = 0.1;
await run('ResNet-20', models.resnet20({ classes: train.classes.length }), optimizers.sgd({ lr: maxLr, momentum: 0.9, nesterov: true, weightDecay: 1e-4 }), {
  schedule: schedules.oneCycle({ maxLr, totalSteps: epochs * Math.ceil(images / batchSize) }),
  augment: [randomHorizontalFlip(), randomCrop({ padding: 3 })],
});
