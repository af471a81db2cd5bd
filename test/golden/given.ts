import { FormatError } from '../../src/core/errors.js';
import type { Tensor } from '../../src/core/shape.js';
import type { GoldenCase, Value } from './cases.js';
import { Params } from './params.js';

/** A case as its runner sees it: the given tensors by name, and the parameters. What is expected stays out of sight. */
export class Given {
  readonly op: string;
  readonly params: Params;
  readonly #values: ReadonlyMap<string, Value>;

  constructor(golden: GoldenCase, stored: ReadonlyMap<string, Value>) {
    this.op = golden.op;
    this.params = new Params(golden.params);
    this.#values = new Map(golden.inputs.flatMap((name) => (stored.has(name) ? [[name, stored.get(name)!] as const] : [])));
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  value(name: string): Value {
    const value = this.#values.get(name);
    if (value === undefined) throw new FormatError(`input ${name} is missing`);
    return value;
  }

  tensor(name: string): Tensor {
    const { data, shape } = this.value(name);
    if (!(data instanceof Float32Array)) throw new FormatError(`input ${name} holds integers, expected F32`);
    return { data, shape };
  }

  integers(name: string): Int32Array {
    const { data } = this.value(name);
    if (!(data instanceof Int32Array)) throw new FormatError(`input ${name} is F32, expected integers`);
    return data;
  }

  /** Names of the inputs that begin with `prefix`, in the order of the index. */
  names(prefix: string): string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix));
  }
}

/** What was computed, by tensor name. */
export type Computed = Map<string, Value>;
