import { expect, test } from 'vitest';
import { compile, layers, losses, optimizers } from '../../src/index.js';
import { numbers } from '../support/networks.js';

const { Graph, Linear, Sequential, Flatten } = layers;
const both = () => new Graph({ body: new Sequential([new Flatten(), new Linear(8, 6)]), head: new Linear(6, 3), side: new Linear(6, 3) }, (m, x, { auxiliary }) => {
  const y = m.body(x);
  auxiliary('side', y, 0.3);
  return m.head(y);
});
/** The auxiliary head alone, as an output. */
const side = () => new Graph({ body: new Sequential([new Flatten(), new Linear(8, 6)]), side: new Linear(6, 3) }, (m, x) => m.side(m.body(x)));
const main = () => new Graph({ body: new Sequential([new Flatten(), new Linear(8, 6)]), head: new Linear(6, 3) }, (m, x) => m.head(m.body(x)));
const input = [2, 2, 2];
const images = numbers(4 * 8, 1);
const labels = [0, 2, 1, 2];

test('the loss and the gradients are those of the output and the weighted ones of the auxiliary output', async () => {
  const options = { input, batchSize: 4, loss: losses.crossEntropy() };
  const [net, one, two] = [await compile(both(), options), await compile(main(), options), await compile(side(), options)];
  for (const other of [one, two]) other.load(net.save(), { strict: false });
  const [{ loss, gradients }, a, b] = [net, one, two].map((each) => each.lossAndGradientsSync(images, labels)) as [ReturnType<typeof net.lossAndGradientsSync>, ReturnType<typeof net.lossAndGradientsSync>, ReturnType<typeof net.lossAndGradientsSync>];
  expect(loss).toBeCloseTo(a.loss + 0.3 * b.loss, 6);
  for (const [name, { data }] of gradients) {
    const [first, second] = [a, b].map((each) => each.gradients.get(name)?.data);
    data.forEach((value, i) => expect(value).toBeCloseTo((first?.[i] ?? 0) + 0.3 * (second?.[i] ?? 0), 6));
  }
  expect([...gradients.keys()].sort()).toEqual(net.parameters.map(({ name }) => name).sort());
});

test('a network that only predicts leaves the head out, and passes over its weights in a file', async () => {
  const trained = await compile(both(), { input, batchSize: 4, loss: losses.crossEntropy(), optimizer: optimizers.sgd({ lr: 0.1 }) });
  trained.stepSync(images, labels);
  expect(trained.stateDict.map(({ name }) => name)).toEqual(['body.1.weight', 'body.1.bias', 'side.weight', 'side.bias', 'head.weight', 'head.bias']);
  const net = await compile(both(), { input, batchSize: 4 });
  expect(net.parameters.map(({ name }) => name)).toEqual(['body.1.weight', 'body.1.bias', 'head.weight', 'head.bias']);
  expect(net.load(trained.save())).toMatchObject({ missing: [], unexpected: [] });
  expect(net.predictSync(images)).toEqual(trained.predictSync(images));
  expect(() => (trained.load(net.save()), null)).toThrow('missing side.weight, side.bias');
});
