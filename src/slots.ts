import type { Slot } from './io/weights.js';
import { fromLayout, intoLayout } from './plan/layout.js';
import type { ParameterStore } from './plan/store.js';
import type { Buffer, Parameter } from './plan/tensor.js';

/** A network's memory by buffer. */
type Floats = (buffer: Buffer) => Float32Array<ArrayBuffer>;

function slot(name: string, { shape, layout, init }: Parameter, buffer: Buffer, floats: Floats): Slot {
  return {
    name, shape, ...(init.kind === 'masked' && { mask: init.mask }),
    read: () => fromLayout(layout, shape, floats(buffer)),
    write: (values) => intoLayout(layout, shape, values, floats(buffer)),
  };
}

/** The parameters, in state_dict order. */
export function parameterSlots(store: ParameterStore, floats: Floats): Slot[] {
  return [...store.parameters.values()].map((parameter) => slot(parameter.name, parameter, parameter.buffer, floats));
}

/** What the optimizer keeps, as `c1.weight.momentum_buffer`. */
export function stateSlots(store: ParameterStore, floats: Floats): Slot[] {
  return [...store.state].flatMap(([parameter, states]) => [...states].map(([name, buffer]) => slot(`${parameter.name}.${name}`, parameter, buffer, floats)));
}

/** The gradients that are computed, under their parameters' names. */
export function gradientSlots(store: ParameterStore, floats: Floats): Slot[] {
  return [...store.gradients].map(([parameter, buffer]) => slot(parameter.name, parameter, buffer, floats));
}
