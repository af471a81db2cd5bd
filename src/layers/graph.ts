import type { Plan } from '../plan/plan.js';
import { planAdd, planConcat } from '../plan/join.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { named } from './sequential.js';

/** A graph's layers as functions: `m.conv1(x)`. */
export type Calls<L> = { readonly [Name in keyof L]: (x: PlanTensor) => PlanTensor };

/** What joins branches in a graph. */
export interface Joins {
  /** The sum of tensors of one shape. */
  add(...terms: PlanTensor[]): PlanTensor;
  /** The channels of tensors [c, ...] one after another. */
  concat(...parts: PlanTensor[]): PlanTensor;
  /** x with `zeros` channels of zeros behind its own. */
  pad(x: PlanTensor, zeros: number): PlanTensor;
  /** A layer without a name of its own, as those of `torch.nn.functional`; parameters inside it have the graph's. */
  apply(layer: Layer, x: PlanTensor): PlanTensor;
  /** Logits of the layer `name` for x, whose loss times `weight` counts while training. Predicting leaves them out, and loading passes over their weights. */
  auxiliary(name: string, x: PlanTensor, weight: number): void;
}

/**
 * Layers joined at will: `forward` says which reads what, as that of a torch.nn.Module does. It runs once for each program, when a network is compiled.
 * A layer may be called several times, it then shares its weights. The state_dict has the layers in the order of their first call.
 *
 *     new Graph({ conv1, relu, conv2 }, (m, x, { add }) => m.relu(add(m.conv2(m.relu(m.conv1(x))), x)));
 */
export class Graph<L extends Readonly<Record<string, Layer>>> implements Layer {
  readonly type: string;
  readonly layers: L;
  readonly #named: ReadonlyMap<string, Layer>;
  readonly #forward: (m: Calls<L>, x: PlanTensor, joins: Joins) => PlanTensor;

  /** @param layers by name  @param forward the output, made from x with the layers and joins  @param type what a summary calls it */
  constructor(layers: L, forward: (m: Calls<L>, x: PlanTensor, joins: Joins) => PlanTensor, type = 'Graph') {
    this.type = type;
    this.layers = layers;
    this.#named = named(type, layers);
    this.#forward = forward;
  }

  plan(p: Plan, x: PlanTensor): PlanTensor {
    const calls = Object.fromEntries([...this.#named].map(([name, layer]) => [name, (input: PlanTensor) => p.layer(name, layer, input)]));
    return this.#forward(calls as Calls<L>, x, {
      add: (...terms) => planAdd(p, terms), concat: (...parts) => planConcat(p, parts), pad: (input, zeros) => planConcat(p, [input], zeros),
      apply: (layer, input) => layer.plan(p, input),
      auxiliary: (name, input, weight) => {
        if (p.training) p.auxiliary.push({ name, x: calls[name]!(input), weight });
        else p.store.spare.push(`${p.path === '' ? '' : `${p.path}.`}${name}.`);
      },
    });
  }
}
