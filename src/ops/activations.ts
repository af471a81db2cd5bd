import { ShapeError } from '../core/errors.js';
import { show, type Tensor } from '../core/shape.js';
import { Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, ReLU6, Softsign } from '../layers/piecewise.js';
import { PReLU } from '../layers/prelu.js';
import { ELU, GELU, Mish, SELU, SiLU, Softplus, type GeluForm } from '../layers/smooth.js';
import { checkSize, elementwise, expectShape, wire } from './layers.js';
import { operate, planned, type OpResult } from './run.js';

// Activations, with the arguments of torch.nn.functional in its order.

/** min(max(x, 0), 6). */
export const relu6 = (x: Tensor): OpResult<'input'> => elementwise('relu6', new ReLU6(), x);

/** x kept between minVal and maxVal. */
export const hardtanh = (x: Tensor, minVal = -1, maxVal = 1): OpResult<'input'> => elementwise('hardtanh', new Hardtanh(minVal, maxVal), x, [minVal, maxVal]);

/** x, or negativeSlope · x below 0. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): OpResult<'input'> => elementwise('leakyRelu', new LeakyReLU(negativeSlope), x, [negativeSlope]);

/** min(max(x + 3, 0), 6) / 6. */
export const hardsigmoid = (x: Tensor): OpResult<'input'> => elementwise('hardsigmoid', new Hardsigmoid(), x);

/** x · min(max(x + 3, 0), 6) / 6. */
export const hardswish = (x: Tensor): OpResult<'input'> => elementwise('hardswish', new Hardswish(), x);

/** x / (1 + |x|). */
export const softsign = (x: Tensor): OpResult<'input'> => elementwise('softsign', new Softsign(), x);

/** x, or alpha (e^x − 1) below 0. */
export const elu = (x: Tensor, alpha = 1): OpResult<'input'> => elementwise('elu', new ELU(alpha), x, [alpha]);

/** ELU with the scale and alpha of Klambauer et al. 2017. */
export const selu = (x: Tensor): OpResult<'input'> => elementwise('selu', new SELU(), x);

/** x · Φ(x), or its tanh approximation. */
export const gelu = (x: Tensor, approximate: GeluForm = 'none'): OpResult<'input'> => elementwise('gelu', new GELU(approximate), x, [approximate]);

/** x · σ(x). */
export const silu = (x: Tensor): OpResult<'input'> => elementwise('silu', new SiLU(), x);

/** log(1 + e^(beta·x)) / beta, or x where beta·x is above `threshold`. */
export const softplus = (x: Tensor, beta = 1, threshold = 20): OpResult<'input'> => elementwise('softplus', new Softplus(beta, threshold), x, [beta, threshold]);

/** x, or weight · x below 0: x [n, c, ...] (or any shape, with one weight), weight [c] or [1]. */
export function prelu(x: Tensor, weight: Tensor): OpResult<'input' | 'weight'> {
  checkSize('prelu', 'input', x);
  checkSize('prelu', 'weight', weight);
  const c = weight.data.length;
  const one = c === 1;
  if (weight.shape.length > 1) throw new ShapeError(`prelu: weight is ${show(weight.shape)}, expected [channels] or [1]`);
  if (!one && x.shape.length < 2) throw new ShapeError(`prelu: input is ${show(x.shape)}, expected [n, ${c}, ...] for ${c} weights`);
  const [n, image] = one ? [1, [x.data.length]] : [x.shape[0]!, x.shape.slice(1)];
  if (!one) expectShape('prelu', 'weight', weight, [image[0]!]);
  const plan = planned('prelu', [n, image, c], n, (p) => wire('prelu', p, p.input('x', image, true), new PReLU(c)));
  return operate<'input' | 'weight'>(plan, { input: x.data, weight: weight.data }, x.shape, { input: x.shape, weight: weight.shape }).result;
}

/** x · tanh(log(1 + e^x)). */
export const mish = (x: Tensor): OpResult<'input'> => elementwise('mish', new Mish(), x);
