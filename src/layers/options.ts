import { OptionError } from '../core/errors.js';
import type { Pair } from './layer.js';

/** `value` as [height, width], each an integer >= `least`. */
export function pair(layer: string, name: string, value: Pair, least: number): [number, number] {
  const both = typeof value === 'number' ? [value, value] : [...value];
  if (both.length !== 2) throw new OptionError(`${layer}: ${name} is [${both.join(', ')}], expected one number or [height, width]`);
  for (const one of both) whole(layer, name, one, least);
  return both as [number, number];
}

/** `value`, an integer >= `least`. */
export function whole(layer: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least || value > 2 ** 31 - 1) {
    throw new OptionError(`${layer}: ${name} is ${value}, expected an integer of at least ${least}`);
  }
  return value;
}

/** Refuses option names that the layer does not know. */
export function known(layer: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new OptionError(`${layer}: unknown option ${name}, expected one of ${names.join(', ')}`);
  }
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
