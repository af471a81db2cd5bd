import { ShapeError } from '../core/errors.js';
import { show, type Tensor } from '../core/shape.js';
import { atLeastZero, type Optimizer } from '../training/optimizers.js';
import { checkSize } from './layers.js';
import { planned, update, type Port } from './run.js';

/** Parameters under an optimizer, outside any network. */
export interface Optimization {
  /** One update with the given gradients, shaped like the parameters. */
  step(gradients: readonly Tensor[], lr?: number): void;
  parameters(): Tensor[];
  /** What the optimizer keeps, per parameter, under PyTorch's names. */
  state(): Record<string, Tensor>[];
}

/** Gives `parameters` to `optimizer`: for gradients from elsewhere, for lessons and for tests. */
export function optimize(optimizer: Optimizer, parameters: readonly Tensor[]): Optimization {
  parameters.forEach((parameter, i) => checkSize('optimize', `parameter ${i}`, parameter));
  const values: Float32Array[] = parameters.map((parameter) => parameter.data.slice());
  const states: Record<string, Float32Array>[] = parameters.map((parameter) => Object.fromEntries(optimizer.stateNames.map((name) => [name, new Float32Array(parameter.data.length)])));
  let updates = 0;
  const tensor = (i: number, data: Float32Array): Tensor => ({ data: data.slice(), shape: parameters[i]!.shape });
  return {
    step(gradients, lr = optimizer.lr) {
      atLeastZero('optimize', 'lr', lr);
      if (gradients.length !== parameters.length) throw new ShapeError(`optimize: ${gradients.length} gradients given, expected ${parameters.length}`);
      gradients.forEach((gradient, i) => {
        if (show(gradient.shape) !== show(parameters[i]!.shape)) throw new ShapeError(`optimize: gradient ${i} is ${show(gradient.shape)}, expected ${show(parameters[i]!.shape)}`);
        const after = updateOne(optimizer, values[i]!, gradient.data, states[i]!, lr, updates);
        values[i] = after['parameter']!;
        for (const name of optimizer.stateNames) states[i]![name] = after[name]!;
      });
      updates++;
    },
    parameters: () => values.map((data, i) => tensor(i, data)),
    state: () => states.map((state, i) => Object.fromEntries(Object.entries(state).map(([name, data]) => [name, tensor(i, data)]))),
  };
}

const identities = new WeakMap<Optimizer, number>();
let made = 0;

function updateOne(optimizer: Optimizer, value: Float32Array, gradient: Float32Array, state: Record<string, Float32Array>, lr: number, updates: number): Record<string, Float32Array> {
  if (!identities.has(optimizer)) identities.set(optimizer, made++);
  const plan = planned('optimize', [identities.get(optimizer), value.length], 1, (p) => {
    const parameter = p.parameter('parameter', [value.length], { kind: 'constant', value: 0 });
    const slot = p.store.gradient(parameter);
    optimizer.plan(p, parameter, slot);
    const port = (buffer: Port['buffer']): Port => ({ shape: [value.length], buffer });
    const kept = Object.fromEntries(optimizer.stateNames.map((name) => [name, port(p.store.stateOf(parameter, name))]));
    return { inputs: { parameter: port(parameter.buffer), gradient: port(slot), ...kept }, output: port(parameter.buffer) };
  });
  return update(plan, { parameter: value, gradient, ...state }, lr, updates);
}
