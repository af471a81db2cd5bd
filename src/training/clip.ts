import { ADD, NORM_CHUNK, STORE } from '../../assembly/abi.js';
import { OptionError } from '../core/errors.js';
import type { Plan } from '../plan/plan.js';
import type { Buffer } from '../plan/tensor.js';

/** How large gradients may be at an update. */
export type Clip =
  /** Their norm, over all parameters together (torch's clip_grad_norm_); Infinity only measures it. */
  | { readonly norm: number }
  /** Each of their numbers (torch's clip_grad_value_). */
  | { readonly value: number };

/** Throws OptionError unless `clip` is { norm } or { value } with a number above 0. */
export function checkClip(clip: Clip): void {
  const [[name, limit] = ['', NaN], ...more] = Object.entries(clip) as [string, number][];
  if (more.length > 0 || (name !== 'norm' && name !== 'value')) throw new OptionError(`compile: clip has ${Object.keys(clip).join(', ') || 'nothing'}, expected either norm or value`);
  if (!(limit > 0)) throw new OptionError(`compile: clip.${name} is ${limit}, expected a number above 0`);
}

/** States the steps that clip `gradients` in place. Returns where their norm before that will be, an f64; null where none is computed. */
export function planClip(p: Plan, gradients: readonly Buffer[], clip: Clip): Buffer | null {
  if ('value' in clip) {
    for (const dw of gradients) p.step('clipValue', { dw, length: dw.words, limit: clip.value });
    return null;
  }
  if (gradients.length === 0) return null;
  const norm = p.workspace('norm', 5);
  norm.kept = true;
  gradients.forEach((dw, i) => {
    const count = Math.ceil(dw.words / NORM_CHUNK);
    const sums = p.workspace('sums', 2 * count);
    p.step('squareSum', { dw, sums, length: dw.words });
    p.step('gradientNorm', { sums, norm, count, limit: clip.norm, accumulate: i === 0 ? STORE : ADD });
  });
  if (clip.norm !== Infinity) for (const dw of gradients) p.step('clipScale', { norm, dw, length: dw.words });
  return norm;
}
