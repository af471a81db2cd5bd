import { FormatError, UnsupportedError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import { compile, losses, models, type Network } from '../../src/index.js';
import { readSafetensors, toFloat32, toInt32, writeSafetensors } from '../../src/io/safetensors.js';
import type { Value } from './cases.js';
import type { Computed, Given } from './given.js';
import { optimizerOf } from './optim.js';

/** One of the words that a parameter may have. */
function choice<T extends string>(given: Given, name: string, otherwise: T, words: readonly T[]): T {
  const word = given.params.text(name, otherwise);
  const found = words.find((known) => known === word);
  if (found === undefined) throw new UnsupportedError(`${name} ${word} is not supported, expected ${words.join(' or ')}`);
  return found;
}

/** LeNet-5 as the case describes it, with these weights. */
async function networkOf(given: Given, weights: Uint8Array): Promise<Network> {
  const { params } = given;
  if (given.op !== 'LeNet5') throw new UnsupportedError(`network ${given.op} is not supported`);
  const loss = choice(given, 'loss', 'cross_entropy mean', ['cross_entropy mean', 'cross_entropy sum', 'cross_entropy']);
  const images = given.tensor('images');
  const model = models.lenet5({
    activation: choice(given, 'activation', 'tanh', ['tanh', 'relu', 'sigmoid']),
    pooling: choice(given, 'pooling', 'avg', ['avg', 'max']),
    padding: params.number('c1_padding', 0),
    batchNorm: params.boolean('batch_norm', false),
  });
  const net = await compile(model, {
    input: images.shape.slice(1),
    batchSize: images.shape[0]!,
    loss: losses.crossEntropy({ reduction: loss.endsWith('sum') ? 'sum' : 'mean', labelSmoothing: params.number('label_smoothing', 0) }),
    optimizer: optimizerOf(params.text('optimizer', 'SGD'), params),
    seed: 1,
    workers: 1,
  });
  const { missing, unexpected } = net.load(weights, { strict: false });
  const lacking = [...missing.filter((name) => !/\.(running_mean|running_var|num_batches_tracked)$/.test(name)), ...unexpected];
  if (lacking.length > 0) throw new FormatError(`init.*: ${lacking.join(', ')} missing or unexpected`);
  return net;
}

/** The tensors of a state_dict, counters as integers. */
const stateOf = (bytes: Uint8Array): [string, Value][] =>
  [...readSafetensors(bytes, 'save()').tensors].map(([name, tensor]) => [
    name, { data: tensor.dtype === 'F32' ? toFloat32(tensor, name) : toInt32(tensor, name), shape: tensor.shape },
  ]);

/** Logits (batch norm's in train mode), loss and gradients with these weights, of a network of its own: gradients left behind would add to the next step's. */
async function measure(given: Given, weights: Uint8Array): Promise<{ logits: Tensor; loss: Tensor; gradients: Map<string, Tensor> }> {
  const net = await networkOf(given, weights);
  const images = given.tensor('images');
  const logits = given.params.boolean('batch_norm', false) ? net.forwardSync(images) : net.predictSync(images);
  const { loss, gradients } = net.lossAndGradientsSync(images, given.integers('labels'));
  net.dispose();
  return { logits, loss: { data: Float32Array.of(loss), shape: [] }, gradients };
}

/** logits0, loss0 and grad0.* of the starting weights; losses[k] before step k; then final.*, final_loss and final_logits. */
export async function runTraining(given: Given): Promise<Computed> {
  const start = writeSafetensors(given.names('init.').map((name) => {
    const { data, shape } = given.value(name);
    return { name: name.slice('init.'.length), shape, data: data instanceof Int32Array ? BigInt64Array.from(data, BigInt) : data };
  }));
  const before = await measure(given, start);
  const net = await networkOf(given, start);
  const course = new Float32Array(given.params.number('steps', 20));
  for (let step = 0; step < course.length; step++) course[step] = net.stepSync(given.tensor('images'), given.integers('labels')).loss;
  const end = net.save();
  net.dispose();
  const after = await measure(given, end);
  const computed: Computed = new Map([
    ['logits0', before.logits],
    ['loss0', before.loss],
    ['losses', { data: course, shape: [course.length] }],
    ['final_logits', after.logits],
    ['final_loss', after.loss],
  ]);
  for (const [name, gradient] of before.gradients) computed.set(`grad0.${name}`, gradient);
  for (const [name, value] of stateOf(end)) computed.set(`final.${name}`, value);
  return computed;
}
