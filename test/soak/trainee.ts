// One training run that goes on from its checkpoint, with everything that a checkpoint keeps: `node trainee.js CHECKPOINT`.
// Prints at the end a digest of weights and optimizer state, one of the averaged weights, and the number of updates. Somebody else kills it.
import { createHash } from 'node:crypto';
import { AveragedWeights, compile, fit, layers, losses, optimizers, schedules } from '../../src/entries/default.js';
import { digits } from '../../src/data/digits.js';
import { randomAffine, randomErasing } from '../../src/data/transforms.js';

const { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential } = layers;
const [checkpoint] = process.argv.slice(2);
const { train, test } = digits({ train: 300, test: 50, seed: 3 });
const model = new Sequential({ conv: new Conv2d(1, 4, 5, { stride: 2 }), norm: new BatchNorm2d(4), relu: new ReLU(), pool: new MaxPool2d(2), flat: new Flatten(), drop: new Dropout(0.2), out: new Linear(196, 10) });
const net = await compile(model, { input: [1, 32, 32], batchSize: 16, loss: losses.crossEntropy({ target: 'probabilities' }), optimizer: optimizers.adam({ lr: 0.01 }), seed: 5 });
const average = new AveragedWeights(net, { decay: 0.9 });
const epochs = 6;
const options = {
  epochs, validation: test, seed: 7, average, earlyStopping: { patience: 3 }, augment: [randomAffine({ degrees: 10, translate: [0.1, 0.1] }), randomErasing({ p: 0.3 })], mixup: 0.4,
  schedule: schedules.cosine({ lr: 0.01, tMax: epochs * Math.ceil(train.length / 16) }), ...(checkpoint ? { checkpoint, checkpointEvery: 2, resume: true } : {}),
};
let loss = 0;
for await (const epoch of fit(net, train, options)) loss = epoch.loss;
const trained = createHash('sha256').update(net.checkpoint()).digest('hex');
average.swap();
process.stdout.write(`${loss > 0 ? 'trained' : 'resumed'} ${trained} ${await net.digest()} ${net.steps}\n`);
