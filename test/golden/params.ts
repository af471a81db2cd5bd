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
    const value = text.trim() === '' ? NaN : Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));
    return Number.isNaN(value) ? this.#fail(name, 'a number') : value;
  }

  boolean(name: string, otherwise: boolean): boolean {
    const text = this.text(name, String(otherwise));
    return text === 'true' || text === 'false' ? text === 'true' : this.#fail(name, 'true or false');
  }

  /** A pair [height, width]; a single number counts for both. */
  pair(name: string, otherwise: readonly [number, number]): [number, number] {
    if (!this.has(name)) return [...otherwise];
    const [height, width = height, ...more] = this.#list(name);
    return typeof height === 'number' && typeof width === 'number' && more.length === 0 ? [height, width] : this.#fail(name, 'a list of two numbers');
  }

  /** One number, in a list or not. */
  single(name: string, otherwise: number): number {
    if (!this.has(name)) return otherwise;
    const [value, ...more] = this.#list(name);
    return typeof value === 'number' && more.length === 0 ? value : this.#fail(name, 'a list of one number');
  }

  /** Output sizes; null keeps the input's. One size stands for `count` of them. */
  sizes(name: string, count: number): (number | null)[] {
    const list = this.has(name) ? this.#list(name) : [null];
    const sizes = list.length === 1 ? Array.from({ length: count }, () => list[0]) : list;
    const right = sizes.length === count && sizes.every((size) => size === null || typeof size === 'number');
    return right ? (sizes as (number | null)[]) : this.#fail(name, `a list of ${count} sizes`);
  }

  #list(name: string): unknown[] {
    try {
      const value: unknown = JSON.parse(this.#values[name]!);
      return Array.isArray(value) ? value : [value];
    } catch {
      return this.#fail(name, 'a list of numbers');
    }
  }

  #fail(name: string, expected: string): never {
    throw new FormatError(`parameter ${name} is "${this.#values[name]}", expected ${expected}`);
  }
}
