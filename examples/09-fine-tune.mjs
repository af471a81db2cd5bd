// A network that has learned the digits 0 to 4 learns 5 to 9 from sixty images: its body stays as it is, only a new head is trained.
import { compile, fit, losses, models, optimizers } from 'convasm';
import { digits } from 'convasm/datasets';
import { readSafetensors } from 'convasm/formats';

/** The images of `dataset` with labels from `first` to `first + 4`, at most `most`, as classes 0 to 4. */
function part(dataset, first, most = Infinity) {
  const all = [...dataset.labels.keys()].filter((i) => dataset.labels[i] >= first && dataset.labels[i] < first + 5);
  const chosen = all.slice(0, most);
  return {
    ...dataset, length: chosen.length, classes: dataset.classes.slice(first, first + 5), labels: Int32Array.from(chosen, (i) => dataset.labels[i] - first),
    read: (index, out, offset) => dataset.read(chosen[index], out, offset),
  };
}

async function train(net, data, epochs) {
  for await (const epoch of fit(net, data, { epochs })) void epoch;
  return net;
}

const { train: images, test } = digits({ train: 4000, test: 1000 });
const base = { input: [1, 32, 32], batchSize: 20, loss: losses.crossEntropy() };
const lr = 0.02;

const first = await train(await compile(models.lenet5Modern({ classes: 5 }), { ...base, optimizer: optimizers.sgd({ lr, momentum: 0.9 }) }), part(images, 0), 2);
console.log(`0 to 4, all weights, ${part(images, 0).length} images: ${(100 * (await first.evaluate(part(test, 0))).accuracy).toFixed(1)} % right`);

const few = part(images, 5, 60);
const tuned = await compile(models.lenet5Modern({ classes: 5 }), {
  ...base, optimizer: optimizers.sgd({ lr, momentum: 0.9 }), freeze: ['c1.*', 'c3.*', 'c5.*'],
});
const weights = readSafetensors(first.save(), 'first').tensors;
for (const name of ['f6.weight', 'f6.bias', 'output.weight', 'output.bias']) weights.delete(name); // the old head
console.log(`new head: ${tuned.load(weights, { strict: false }).missing.join(', ')}`);
console.log(`5 to 9 before: ${(100 * (await tuned.evaluate(part(test, 5))).accuracy).toFixed(1)} % right`);
await train(tuned, few, 30);
console.log(`5 to 9 after ${few.length} images: ${(100 * (await tuned.evaluate(part(test, 5))).accuracy).toFixed(1)} % right`);
await Promise.all([first.dispose(), tuned.dispose()]);
