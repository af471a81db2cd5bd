import { OptionError } from '../core/errors.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';

/** Layers by name, an array's by number. Throws OptionError where there are none, or a name is none. */
export function named(type: string, layers: Readonly<Record<string, Layer>> | readonly Layer[]): ReadonlyMap<string, Layer> {
  const map = new Map(Object.entries(layers));
  if (map.size === 0) throw new OptionError(`${type}: no layers given, expected at least one`);
  for (const name of map.keys()) {
    if (name === '' || name.includes('.')) throw new OptionError(`${type}: a layer is named '${name}', expected a name without dots`);
  }
  return map;
}

/** Layers one after another (torch.nn.Sequential). Names become the parts of state_dict names: `{ c1: new Conv2d(…) }` gives `c1.weight`. */
export class Sequential implements Layer {
  readonly type: string;
  readonly layers: ReadonlyMap<string, Layer>;

  /** @param layers layers by name, in order; an array numbers them from 0  @param type what a summary calls it */
  constructor(layers: Readonly<Record<string, Layer>> | readonly Layer[], type = 'Sequential') {
    this.type = type;
    this.layers = named(type, layers);
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    let y = x;
    for (const [name, layer] of this.layers) y = p.layer(name, layer, y);
    return y;
  }
}
