import { cos, log } from './math.js';
import { OptionError } from './errors.js';

const GOLDEN = 0x9e3779b9;

/** One round of the 32-bit finaliser of MurmurHash3 (Appleby): every input bit reaches every output bit. */
function mix(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** FNV-1a hash of a string's UTF-16 units: gives every parameter name a stream of its own. */
export function hashName(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * Seeded generator xoshiro128** (Blackman and Vigna, 2018): integer arithmetic only, so every engine draws the same numbers.
 * `stream` gives independent sequences under one seed.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed a safe integer >= 0  @param stream an integer 0..2^32-1 */
  constructor(seed: number, stream = 0) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new OptionError(`seed is ${seed}, expected an integer from 0 to 2^53 - 1`);
    const low = seed >>> 0;
    const high = Math.floor(seed / 0x100000000);
    const start = mix(low ^ mix((high + GOLDEN) | 0)) ^ mix((stream ^ 0x5bd1e995) | 0);
    this.#a = mix((start + GOLDEN) | 0);
    this.#b = mix((start + 2 * GOLDEN) | 0);
    this.#c = mix((start + 3 * GOLDEN) | 0);
    this.#d = mix((start + 4 * GOLDEN) | 0) | 1;
  }

  /** The next 32 random bits, 0..2^32-1. */
  bits(): number {
    const b = this.#b;
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b = b ^ this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1): a multiple of 2^-24, exact in float32. */
  uniform(): number {
    return (this.bits() >>> 8) / 16777216;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A uniform integer 0..count-1, for count up to 2^32. */
  integer(count: number): number {
    return Math.floor((this.bits() / 0x100000000) * count);
  }

  /** Normal with mean 0 and deviation 1 (Box and Muller, 1958; one of the pair). */
  normal(): number {
    const u = (this.bits() + 1) / 0x100000000;
    return Math.sqrt(-2 * log(u)) * cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle<T extends { [index: number]: number; length: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = items[i]!;
      items[i] = items[j]!;
      items[j] = held;
    }
    return items;
  }
}
