import { UnsupportedError } from '../../src/core/errors.js';
import { elements, type Tensor } from '../../src/core/shape.js';
import { ops, optimizers } from '../../src/index.js';
import type { Params } from './params.js';
import type { Computed, Given } from './given.js';

/** One entry per optimizer of the set: its parameters in the library's words. */
const makers: Readonly<Record<string, (params: Params) => optimizers.Optimizer>> = {
  SGD: (params) =>
    optimizers.sgd({
      lr: params.number('lr', 0.001),
      momentum: params.number('momentum', 0),
      dampening: params.number('dampening', 0),
      nesterov: params.boolean('nesterov', false),
      weightDecay: params.number('weight_decay', 0),
      maximize: params.boolean('maximize', false),
    }),
  Adam: (params) => optimizers.adam({ ...adamOptions(params), weightDecay: params.number('weight_decay', 0) }),
  AdamW: (params) => optimizers.adamw({ ...adamOptions(params), weightDecay: params.number('weight_decay', 0.01) }),
  RMSprop: (params) =>
    optimizers.rmsprop({
      lr: params.number('lr', 0.01),
      alpha: params.number('alpha', 0.99),
      eps: params.number('eps', 1e-8),
      momentum: params.number('momentum', 0),
      centered: params.boolean('centered', false),
      weightDecay: params.number('weight_decay', 0),
      maximize: params.boolean('maximize', false),
    }),
  Adagrad: (params) =>
    optimizers.adagrad({
      lr: params.number('lr', 0.01),
      lrDecay: params.number('lr_decay', 0),
      weightDecay: params.number('weight_decay', 0),
      initialAccumulatorValue: params.number('initial_accumulator_value', 0),
      eps: params.number('eps', 1e-10),
      maximize: params.boolean('maximize', false),
    }),
};

/** What Adam and AdamW share. */
function adamOptions(params: Params): optimizers.AdamOptions {
  return {
    lr: params.number('lr', 0.001),
    betas: params.pair('betas', [0.9, 0.999]),
    eps: params.number('eps', 1e-8),
    amsgrad: params.boolean('amsgrad', false),
    maximize: params.boolean('maximize', false),
  };
}

/** The optimizers that the driver can run. */
export const optimizerNames: readonly string[] = Object.keys(makers);

/** The library's optimizer for a case. Throws UnsupportedError for one that it does not have. */
export function optimizerOf(name: string, params: Params): optimizers.Optimizer {
  const maker = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (maker === undefined) throw new UnsupportedError(`optimizer ${name} is not supported`);
  return maker(params);
}

/** Slice `step` of a tensor [steps, ...]. */
function sliceOf({ data, shape }: Tensor, step: number): Tensor {
  const inner = shape.slice(1);
  const length = elements(inner);
  return { data: data.slice(step * length, (step + 1) * length), shape: inner };
}

/** paramK_steps [steps, ...] after every step with gradients gradK[step] at rate lr_per_step[step], else lr, and stateK.* after the last. */
export function runOptimizer(given: Given): Computed {
  const starts = given.names('param').map((name) => given.tensor(name));
  const gradients = starts.map((_, k) => given.tensor(`grad${k}`));
  const optimizer = optimizerOf(given.op, given.params);
  const rates = given.has('lr_per_step') ? given.tensor('lr_per_step').data : new Float32Array(gradients[0]?.shape[0] ?? 0).fill(optimizer.lr);
  const run = ops.optimize(optimizer, starts);
  const paths = gradients.map(({ data }) => new Float32Array(data.length));
  rates.forEach((lr, step) => {
    run.step(gradients.map((gradient) => sliceOf(gradient, step)), lr);
    run.parameters().forEach(({ data }, k) => paths[k]!.set(data, step * data.length));
  });
  const computed: Computed = new Map(paths.map((data, k) => [`param${k}_steps`, { data, shape: gradients[k]!.shape }]));
  run.state().forEach((state, k) => {
    for (const [name, { data, shape }] of Object.entries(state)) computed.set(`state${k}.${name}`, { data, shape });
  });
  return computed;
}
