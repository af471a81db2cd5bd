import { OptionError } from '../core/errors.js';
import { whole } from '../core/options.js';
import type { Pair } from './layer.js';

/** `value` as [height, width], each an integer >= `least`. */
export function pair(layer: string, name: string, value: Pair, least: number): [number, number] {
  const both = typeof value === 'number' ? [value, value] : [...value];
  if (both.length !== 2) throw new OptionError(`${layer}: ${name} is [${both.join(', ')}], expected one number or [height, width]`);
  for (const one of both) whole(layer, name, one, least);
  return both as [number, number];
}

/** `3x5`, or `3` where both sides are alike and `short`. */
export function times([height, width]: readonly [number, number]): string {
  return `${height}x${width}`;
}

interface Bounds {
  readonly above?: number;
  readonly least?: number;
  readonly below?: number;
  readonly most?: number;
}

/** `value`, a finite number; `more` narrows it: `{ above: 0 }`, `{ least: 0, below: 1 }`. */
export function number(layer: string, name: string, value: number, more: Bounds = {}): number {
  const { above = -Infinity, least = -Infinity, below = Infinity, most = Infinity } = more;
  if (typeof value === 'number' && Number.isFinite(value) && value > above && value >= least && value < below && value <= most) return value;
  const bounds = [above > -Infinity && `above ${above}`, least > -Infinity && `of at least ${least}`, below < Infinity && `below ${below}`, most < Infinity && `at most ${most}`].filter(Boolean);
  throw new OptionError(`${layer}: ${name} is ${String(value)}, expected a finite number${bounds.length > 0 ? ` ${bounds.join(' and ')}` : ''}`);
}
