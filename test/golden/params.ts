import { FormatError } from '../../src/core/errors.js';

/** A case's parameters. All are strings: decimals, JSON lists, "true", "false", "null" or a word. */
export class Params {
  readonly #values: Readonly<Record<string, string>>;

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = values;
  }

  text(name: string, otherwise: string): string {
    return this.has(name) ? this.#values[name]! : otherwise;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== 'null';
  }

  /** Given as "null": for options whose null is not their default. */
  isNull(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] === 'null';
  }

  /** A list of numbers; a single number is a list of one. */
  list(name: string): number[] {
    let value: unknown;
    try {
      value = JSON.parse(this.text(name, '[]'));
    } catch {
      return this.#fail(name, 'a list of numbers');
    }
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.every((one) => typeof one === 'number') ? list : this.#fail(name, 'a list of numbers');
  }

  number(name: string, otherwise: number): number {
    if (!this.has(name)) return otherwise;
    const text = this.#values[name]!;
    const value = text.trim() === '' ? NaN : Number(text);
    return Number.isNaN(value) ? this.#fail(name, 'a number') : value;
  }

  boolean(name: string, otherwise: boolean): boolean {
    const text = this.text(name, String(otherwise));
    return text === 'true' || text === 'false' ? text === 'true' : this.#fail(name, 'true or false');
  }

  /** A pair [height, width]; a single number counts for both. */
  pair(name: string, otherwise: readonly [number, number]): [number, number] {
    if (!this.has(name)) return [...otherwise];
    let value: unknown;
    try {
      value = JSON.parse(this.#values[name]!);
    } catch {
      return this.#fail(name, 'a list of two numbers');
    }
    const list = Array.isArray(value) ? value : [value];
    const [height, width = height] = list as unknown[];
    return typeof height === 'number' && typeof width === 'number' && list.length <= 2 ? [height, width] : this.#fail(name, 'a list of two numbers');
  }

  #fail(name: string, expected: string): never {
    throw new FormatError(`parameter ${name} is "${this.#values[name]}", expected ${expected}`);
  }
}
