import { OptionError } from './core/errors.js';
import { elements, type Tensor } from './core/shape.js';
import type { Plan } from './plan/plan.js';
import type { PlanTensor } from './plan/tensor.js';

/** The output of layer `name`; throws OptionError where there is none or its memory serves others afterwards. */
export function innerOutput(plan: Plan, name: string, fuse: boolean | undefined): PlanTensor {
  const output = plan.outputs.get(name);
  if (output === undefined) throw new OptionError(`outputs: no layer ${JSON.stringify(name)}, expected one of ${[...plan.outputs.keys()].filter((one) => one !== '').join(', ')}`);
  if (fuse !== false) throw new OptionError(`outputs: the output of ${name} is not kept: give compile fuse: false`);
  return output;
}

/** Tensors of several runs, one after another. */
export function joined(parts: readonly Tensor[], shape: readonly number[]): Tensor {
  const count = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const data = new Float32Array(count * elements(shape));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, shape: [count, ...shape] };
}
