import type { Tensor } from '../../src/core/shape.js';
import type { Given } from './given.js';

/** What every operator returns: a tensor that can be differentiated. */
export interface Result extends Tensor {
  backward(gradOutput: Tensor): object;
}

export const optional = (given: Given, name: string): Tensor | null => (given.has(name) ? given.tensor(name) : null);
