import { OptionError, ShapeError } from '../core/errors.js';
import { show, type Tensor } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import { atLeastZero, type Optimizer } from '../training/optimizer.js';
import { checkSize } from './layers.js';
import { planned, update, type OpPlan, type Port, type Wiring } from './run.js';

/** Parameters under an optimizer, outside any network. */
export interface Optimization {
  /** One update with the given gradients, shaped like the parameters. */
  step(gradients: readonly Tensor[], lr?: number): void;
  parameters(): Tensor[];
  /** What the optimizer keeps, per parameter, under PyTorch's names; `step`, a scalar, where PyTorch has it. */
  state(): Record<string, Tensor>[];
}

/** Gives `parameters` to `optimizer`: for gradients from elsewhere, for lessons and for tests. They are named '0', '1', ... to its groups. */
export function optimize(optimizer: Optimizer, parameters: readonly Tensor[]): Optimization {
  if (parameters.length === 0) throw new OptionError('optimize: no parameters given, expected at least one');
  parameters.forEach((parameter, i) => checkSize('optimize', `parameter ${i}`, parameter));
  const plan = (): OpPlan => planOf(optimizer, parameters.map(({ data }) => data.length));
  const names = Object.keys(plan().wiring.inputs);
  let values: Record<string, Float32Array> = Object.fromEntries(names.map((name) => [name, new Float32Array(parameters[Number.parseInt(name, 10)]!.data.length)]));
  parameters.forEach(({ data }, i) => values[i]!.set(data));
  let updates = 0;
  const tensor = (i: number, name: string): Tensor => ({ data: values[name]!.slice(), shape: parameters[i]!.shape });
  return {
    step(gradients, lr = optimizer.lr) {
      atLeastZero('optimize', { lr }, 'lr');
      if (gradients.length !== parameters.length) throw new ShapeError(`optimize: ${gradients.length} gradients given, expected ${parameters.length}`);
      gradients.forEach(({ data, shape }, i) => {
        if (show(shape) !== show(parameters[i]!.shape)) throw new ShapeError(`optimize: gradient ${i} is ${show(shape)}, expected ${show(parameters[i]!.shape)}`);
        values[`${i}${GRADIENT}`] = data;
      });
      values = update(plan(), values, lr, updates);
      updates++;
    },
    parameters: () => parameters.map((_, i) => tensor(i, String(i))),
    state: () => parameters.map((_, i) => {
      const kept = names.filter((name) => name.startsWith(`${i}.`) && !name.endsWith(GRADIENT));
      const step = optimizer.countsSteps ? { step: { data: Float32Array.of(updates), shape: [] } } : {};
      return { ...step, ...Object.fromEntries(kept.map((name) => [name.slice(`${i}.`.length), tensor(i, name)])) };
    }),
  };
}

const GRADIENT = '.gradient';

const identities = new WeakMap<Optimizer, number>();
let made = 0;

/** The update of parameters of these lengths. Its inputs: `0`, `0.gradient`, `0.exp_avg`, ... */
function planOf(optimizer: Optimizer, lengths: readonly number[]): OpPlan {
  if (!identities.has(optimizer)) identities.set(optimizer, made++);
  return planned('optimize', [identities.get(optimizer), lengths], 1, (p) => wire(p, optimizer, lengths));
}

function wire(p: Plan, optimizer: Optimizer, lengths: readonly number[]): Wiring {
  const inputs: Record<string, Port> = {};
  lengths.forEach((length, i) => {
    const parameter = p.parameter(String(i), [length], { kind: 'constant', value: 0 });
    const gradient = p.store.gradient(parameter);
    optimizer.plan(p, parameter, gradient);
    const port = (buffer: Port['buffer']): Port => ({ shape: [length], buffer });
    inputs[i] = port(parameter.buffer);
    inputs[`${i}${GRADIENT}`] = port(gradient);
    for (const [name, buffer] of p.store.state.get(parameter) ?? []) inputs[`${i}.${name}`] = port(buffer);
  });
  return { inputs, output: inputs['0']! };
}
