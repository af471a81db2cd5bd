import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show } from '../core/shape.js';
import type { Plan } from '../plan/plan.js';
import type { PlanTensor } from '../plan/tensor.js';
import type { Layer } from './layer.js';
import { known, whole } from '../core/options.js';

export interface RbfOptions {
  /** Whether training moves the centres; then they are the parameter `weight`. Default false, as published. */
  readonly trainable?: boolean;
}

/**
 * Euclidean radial basis functions, LeNet-5's output layer (LeCun et al. 1998, section II.B): [..., in] → [..., out],
 * y_i = −Σ_j (x_j − centre_ij)². The paper's penalty with its sign turned, so that the largest output is the answer, as in every other network.
 */
export class Rbf implements Layer {
  readonly type = 'Rbf';
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly centres: Float32Array;
  readonly trainable: boolean;

  /** @param centres [outFeatures, inFeatures], row-major: `models.digitCodes()` for LeNet-5 */
  constructor(inFeatures: number, outFeatures: number, centres: ArrayLike<number>, options: RbfOptions = {}) {
    known('Rbf', options, ['trainable']);
    this.inFeatures = whole('Rbf', 'inFeatures', inFeatures, 1);
    this.outFeatures = whole('Rbf', 'outFeatures', outFeatures, 1);
    this.trainable = options.trainable ?? false;
    this.centres = Float32Array.from(centres ?? []);
    if (this.centres.length !== inFeatures * outFeatures) {
      throw new OptionError(`Rbf: ${this.centres.length} numbers of centres given, expected ${inFeatures * outFeatures}, [${outFeatures}, ${inFeatures}]`);
    }
    if (!this.centres.every(Number.isFinite)) throw new OptionError('Rbf: centres hold a number that is not finite');
  }

  plan(p: Plan, input: PlanTensor): PlanTensor {
    const [ci, co] = [this.inFeatures, this.outFeatures];
    if (input.shape.at(-1) !== ci) throw new ShapeError(`${p.path}: input has ${input.shape.at(-1)} features, expected ${ci} (input ${show(input.shape)})`);
    const x = p.plain(input);
    const rows = elements(x.shape) / ci;
    const parameter = this.trainable ? p.parameter('weight', [co, ci], { kind: 'values', values: this.centres }) : null;
    const w = parameter ?? p.constant('centres', this.centres);
    const y = p.activation([...x.shape.slice(0, -1), co], x, { order: null, field: null });
    p.macs(rows * ci * co);
    p.step('rbfForward', { x, w, y, rows, ci, co });
    p.onBackward(y, (dy) => {
      if (parameter && p.needsGradient(parameter)) p.step('rbfBackwardWeight', { x, w, dy, rows, ci, co, ...p.gradOfParameter(parameter) });
      if (p.needsGradient(x)) p.step('rbfBackwardInput', { x, w, dy, rows, ci, co, ...p.gradInto(x) });
    });
    return y;
  }
}
