import { ADD, ADD_IF_ACCUMULATING, STORE } from '../../assembly/abi.js';
import type { Closure } from './records.js';
import type { ParameterStore } from './store.js';
import { Buffer, type Parameter, type PlanTensor } from './tensor.js';

/**
 * The backward part of a plan: which tensors need a gradient, where it goes, and the steps that wait for their turn.
 * Gradients are stored by their first writer and added to by later ones, so nothing is cleared.
 */
export class Backward {
  /** Backward steps are stated. */
  readonly differentiates: boolean;
  readonly store: ParameterStore;
  /** The path of the layer being planned, as errors and state_dict names have it. */
  path = '';
  protected readonly needing = new Set<Buffer>();
  #closures: Closure[] = [];
  #gradients = new Map<Buffer, Buffer>();

  constructor(differentiates: boolean, store: ParameterStore) {
    this.differentiates = differentiates;
    this.store = store;
  }

  needsGradient(x: { readonly buffer: Buffer }): boolean {
    return this.needing.has(x.buffer);
  }

  /** Emits the backward steps of `y` when its turn comes, if anything asked for its gradient. */
  onBackward(y: PlanTensor, emit: (dy: Buffer) => void): void {
    if (this.differentiates) this.#closures.push({ of: y.buffer, layer: this.path, emit });
  }

  /** Where a step adds its part of x's gradient. `replaces`: memory that the gradient may take over. */
  gradInto(x: PlanTensor, replaces: Buffer | null = null): { dx: Buffer; accumulate: number } {
    const present = this.#gradients.get(x.buffer);
    if (present) return { dx: present, accumulate: ADD };
    const dx = new Buffer(`d ${x.buffer.name}`, 'activation', x.buffer.words, replaces);
    this.#gradients.set(x.buffer, dx);
    return { dx, accumulate: STORE };
  }

  /** The same for a parameter: its gradient stays until the update, and may add up over several backward runs. */
  gradOfParameter(parameter: Parameter): { dw: Buffer; accumulate: number } {
    const present = this.#gradients.get(parameter.buffer);
    if (present) return { dw: present, accumulate: ADD };
    const dw = this.store.gradient(parameter);
    this.#gradients.set(parameter.buffer, dw);
    return { dw, accumulate: ADD_IF_ACCUMULATING };
  }

  /** The gradient of x, where one was asked for. */
  gradientOf(x: { readonly buffer: Buffer }): Buffer | undefined {
    return this.#gradients.get(x.buffer);
  }

  /** Gives x a gradient that is written from outside, or by the caller's own steps. */
  seedGradient(x: { readonly buffer: Buffer }, gradient: Buffer): void {
    this.#gradients.set(x.buffer, gradient);
  }

  /** Emits the backward steps stated since `from`, last first. */
  emitBackward(from = 0): void {
    for (const closure of this.#closures.splice(from).reverse()) {
      const dy = this.#gradients.get(closure.of);
      if (dy === undefined || !this.needing.has(closure.of)) continue;
      const outside = this.path;
      this.path = closure.layer;
      closure.emit(dy);
      this.path = outside;
    }
  }

  /** Backward parts stated so far: pass it to `emitBackward` to emit only later ones. */
  get backwardMark(): number {
    return this.#closures.length;
  }
}
