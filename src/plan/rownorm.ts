import { elements } from '../core/shape.js';
import { planBiasGradient } from './convolution.js';
import type { Plan } from './plan.js';
import type { Parameter, PlanTensor } from './tensor.js';

/** xhat = (x − mean) / √(variance + eps) over each run of `length` neighbouring numbers, then xhat·w + b, [length] both. */
export function planRowNorm(p: Plan, x: PlanTensor, length: number, eps: number, w: Parameter | null, b: Parameter | null): PlanTensor {
  const rows = elements(x.shape) / length;
  const xhat = p.activation(x.shape, x, { replaces: x, field: null });
  const rstd = p.workspace('rstd', p.batchSize * rows);
  p.step('rowNormForward', { x, y: xhat, rstd, rows, length, eps });
  p.onBackward(xhat, (dy) => {
    if (p.needsGradient(x)) p.step('rowNormBackward', { y: xhat, dy, rstd, rows, length, ...p.gradInto(x, dy) });
  });
  return w || b ? planAffine(p, xhat, length, w, b) : xhat;
}

function planAffine(p: Plan, x: PlanTensor, c: number, w: Parameter | null, b: Parameter | null): PlanTensor {
  const rows = elements(x.shape) / c;
  const y = p.activation(x.shape, x, { replaces: x });
  const factor = w ?? { buffer: p.constant('one', new Float32Array(c).fill(1)) };
  p.step('channelAffineForward', { x, w: factor, b: b ?? { buffer: p.constant('zero', new Float32Array(c)) }, y, rows, c });
  p.onBackward(y, (dy) => {
    if (b && p.needsGradient(b)) planBiasGradient(p, b, dy, rows, c);
    if (w && p.needsGradient(w)) p.step('channelAffineBackwardWeight', { x, dy, rows, c, ...p.gradOfParameter(w) });
    if (p.needsGradient(x)) p.step('channelAffineBackwardInput', { dy, w: factor, rows, c, ...p.gradInto(x, dy) });
  });
  return y;
}
