import { FormatError } from '../core/errors.js';

/** Bytes of one element of every dtype that a file may hold. */
export const DTYPE_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 } as const;

/** Element type of a stored tensor. */
export type Dtype = keyof typeof DTYPE_BYTES;

/** What the header says of one tensor; `offset` is where in the file it says so. */
export interface Entry {
  readonly offset: number;
  readonly dtype: Dtype;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

/** The file begins with its header's length, a 64-bit number. */
export const LENGTH_BYTES = 8;

/** A name out of a file, as errors print it: control characters escaped, and cut where it is long. */
export const quote = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);

const isDtype = (name: string): name is Dtype => Object.hasOwn(DTYPE_BYTES, name);

/**
 * Reads the header's grammar and nothing wider:
 *   {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"key": "value"}}
 * JSON.parse would keep the last of two equal keys without a word; this refuses the second.
 */
export class HeaderReader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #counted = 0;
  #countedBytes = LENGTH_BYTES;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  read(): { entries: Map<string, Entry>; metadata: Record<string, string> } {
    const entries = new Map<string, Entry>();
    const metadata: Record<string, string> = Object.create(null);
    this.#object((name, at) => {
      if (name === '__metadata__') this.#object((key) => void (metadata[key] = this.#string('a string')));
      else entries.set(name, this.#entry(name, at));
    });
    this.#skipSpace();
    if (this.#at !== this.#text.length) this.#fail(`text follows the header's closing brace, expected spaces`);
    return { entries, metadata };
  }

  #entry(name: string, at: number): Entry {
    let dtype: Dtype | undefined;
    let shape: number[] | undefined;
    let range: number[] | undefined;
    this.#object((field, start) => {
      if (field === 'dtype') dtype = this.#dtype(name);
      else if (field === 'shape') shape = this.#integers();
      else if (field === 'data_offsets') range = this.#integers();
      else this.#fail(`tensor ${quote(name)} has a field ${quote(field)}, expected dtype, shape and data_offsets`, start);
    });
    if (dtype === undefined || shape === undefined || range === undefined)
      return this.#fail(`tensor ${quote(name)} lacks dtype, shape or data_offsets`, at);
    if (range.length !== 2) return this.#fail(`tensor ${quote(name)} has ${range.length} data_offsets, expected [begin, end]`, at);
    return { offset: this.#offset(at), dtype, shape, begin: range[0]!, end: range[1]! };
  }

  #dtype(name: string): Dtype {
    const at = this.#at;
    const dtype = this.#string('a dtype');
    return isDtype(dtype) ? dtype : this.#fail(`tensor ${quote(name)} has dtype ${quote(dtype)}, expected one of ${Object.keys(DTYPE_BYTES).join(', ')}`, at);
  }

  /** `{"key": value, ...}`; `member` reads the value. */
  #object(member: (key: string, at: number) => void): void {
    const keys = new Set<string>();
    this.#expect('{');
    if (this.#took('}')) return;
    do {
      this.#skipSpace();
      const at = this.#at;
      const key = this.#string('a name in quotes');
      if (keys.has(key)) this.#fail(`${quote(key)} comes twice, expected every name once`, at);
      if (key === '__proto__') this.#fail(`"__proto__" is not allowed as a name`, at);
      keys.add(key);
      this.#expect(':');
      member(key, at);
    } while (this.#took(','));
    this.#expect('}');
  }

  #integers(): number[] {
    const numbers: number[] = [];
    this.#expect('[');
    if (this.#took(']')) return numbers;
    do numbers.push(this.#integer());
    while (this.#took(','));
    this.#expect(']');
    return numbers;
  }

  #integer(): number {
    this.#skipSpace();
    const token = /^[-+.\w]*/.exec(this.#text.slice(this.#at, this.#at + 24))![0];
    const value = /^(0|[1-9]\d*)$/.test(token) ? Number(token) : NaN;
    if (!Number.isSafeInteger(value)) return this.#fail(`found ${token || this.#next()}, expected an integer from 0 to 2^53 - 1`);
    this.#at += token.length;
    return value;
  }

  #string(what: string): string {
    this.#skipSpace();
    const at = this.#at;
    if (this.#text[at] !== '"') return this.#fail(`found ${this.#next()}, expected ${what}`);
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#text[this.#at] === '\\') this.#at++;
      if (this.#at >= this.#text.length) return this.#fail('a string has no end, expected a quote');
    }
    const token = this.#text.slice(at, ++this.#at);
    try {
      return JSON.parse(token) as string;
    } catch {
      return this.#fail(`a string is not JSON, expected ${what}`, at);
    }
  }

  #took(symbol: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#took(symbol)) this.#fail(`found ${this.#next()}, expected "${symbol}"`);
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '.')) this.#at++;
  }

  #next(): string {
    return this.#at < this.#text.length ? JSON.stringify(this.#text[this.#at]) : 'the end of the header';
  }

  /** Offset in the file of the header's character `at`; counts on from the last call, so that all calls together read the header once. */
  #offset(at: number): number {
    if (at < this.#counted) [this.#counted, this.#countedBytes] = [0, LENGTH_BYTES];
    this.#countedBytes += new TextEncoder().encode(this.#text.slice(this.#counted, at)).length;
    this.#counted = at;
    return this.#countedBytes;
  }

  #fail(problem: string, at = this.#at): never {
    throw new FormatError(`${this.#file}: offset ${this.#offset(at)}: ${problem}`);
  }
}
