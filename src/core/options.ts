import { OptionError } from './errors.js';

/** `value`, an integer >= `least`. */
export function whole(owner: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least || value > 2 ** 31 - 1) {
    throw new OptionError(`${owner}: ${name} is ${value}, expected an integer of at least ${least}`);
  }
  return value;
}

/** Refuses option names that the owner does not know. */
export function known(owner: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new OptionError(`${owner}: unknown option ${name}, expected one of ${names.join(', ')}`);
  }
}
