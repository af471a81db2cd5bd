import { FormatError } from '../core/errors.js';
import { quote } from './headerreader.js';

/** What a pickle may hold here. Dictionaries are Maps, so a name like __proto__ is a name; tuples are arrays. */
export type Pickled = null | boolean | number | string | readonly Pickled[] | Map<Pickled, Pickled> | PickledObject;

/** What calls and persistent ids make. */
export type PickledObject = object;

/** What a pickle may refer to, by name: everything else is refused. */
export interface Admitted {
  /** `module name` of a class or function to what stands for it. */
  readonly globals: ReadonlyMap<string, PickledObject>;
  call(callee: PickledObject, args: readonly Pickled[], fail: (problem: string) => never): Pickled;
  persistent(id: Pickled, fail: (problem: string) => never): PickledObject;
}

/** Opcodes by the names of Python's pickletools, those of all protocols: what is refused is named. */
const OPCODES = new Map(`( MARK|. STOP|0 POP|1 POP_MARK|2 DUP|F FLOAT|I INT|J BININT|K BININT1|L LONG|M BININT2|N NONE|P PERSID|Q BINPERSID|R REDUCE|S STRING|T BINSTRING|U SHORT_BINSTRING|V UNICODE|X BINUNICODE|a APPEND|b BUILD|c GLOBAL|d DICT|} EMPTY_DICT|e APPENDS|g GET|h BINGET|i INST|j LONG_BINGET|l LIST|] EMPTY_LIST|o OBJ|p PUT|q BINPUT|r LONG_BINPUT|s SETITEM|t TUPLE|) EMPTY_TUPLE|u SETITEMS|G BINFLOAT|B BINBYTES|C SHORT_BINBYTES`
  .split('|').map((entry) => [entry.charCodeAt(0), entry.slice(2)] as const));
const LATER = 'PROTO NEWOBJ EXT1 EXT2 EXT4 TUPLE1 TUPLE2 TUPLE3 NEWTRUE NEWFALSE LONG1 LONG4 SHORT_BINUNICODE BINUNICODE8 BINBYTES8 EMPTY_SET ADDITEMS FROZENSET NEWOBJ_EX STACK_GLOBAL MEMOIZE FRAME BYTEARRAY8 NEXT_BUFFER READONLY_BUFFER'.split(' ');
LATER.forEach((name, i) => OPCODES.set(0x80 + i, name));

const MARK = Symbol('mark');
type Item = Pickled | typeof MARK;

/**
 * Runs a pickle of protocol 2 that builds dictionaries, lists, tuples, strings, integers and what `admitted` names, and nothing else:
 * no opcode can reach code. Returns what it built, and how many bytes it took.
 * Throws FormatError naming `file`, the offset (`base` + place) and the opcode or name refused.
 */
export function unpickle(bytes: Uint8Array, file: string, base: number, admitted: Admitted): { value: Pickled; length: number } {
  return new Unpickler(bytes, file, base, admitted).run();
}

class Unpickler {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #base: number;
  readonly #admitted: Admitted;
  readonly #stack: Item[] = [];
  readonly #memo = new Map<number, Pickled>();
  #at = 0;
  #opcode = 0;

  constructor(bytes: Uint8Array, file: string, base: number, admitted: Admitted) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    this.#base = base;
    this.#admitted = admitted;
  }

  run(): { value: Pickled; length: number } {
    for (;;) {
      this.#opcode = this.#at;
      const code = this.#bytes[this.#take(1)]!;
      if (code === 0x2e) break;
      this.#execute(OPCODES.get(code) ?? `0x${code.toString(16)}`);
    }
    const value = this.#pop();
    if (this.#stack.length > 0) this.#fail('the pickle ends with more than one value');
    return { value, length: this.#at };
  }

  #execute(name: string): void {
    const { uint8, uint16, uint32 } = this.#reads;
    switch (name) {
      case 'PROTO': if (uint8() !== 2) this.#fail('a pickle of another protocol, expected 2 as torch.save writes it'); return;
      case 'MARK': this.#stack.push(MARK); return;
      case 'NONE': return this.#push(null);
      case 'NEWTRUE': return this.#push(true);
      case 'NEWFALSE': return this.#push(false);
      case 'BININT': return this.#push(uint32() | 0);
      case 'BININT1': return this.#push(uint8());
      case 'BININT2': return this.#push(uint16());
      case 'LONG1': return this.#push(this.#long(uint8()));
      case 'BINUNICODE': return this.#push(this.#text(uint32()));
      case 'EMPTY_DICT': return this.#push(new Map());
      case 'EMPTY_TUPLE': case 'EMPTY_LIST': return this.#push([]);
      case 'TUPLE1': case 'TUPLE2': case 'TUPLE3': return this.#push(this.#popMany(Number(name.at(-1))));
      case 'TUPLE': return this.#push(this.#popToMark());
      case 'APPENDS': return this.#append(this.#popToMark());
      case 'SETITEM': return this.#setItems(this.#popMany(2));
      case 'SETITEMS': return this.#setItems(this.#popToMark());
      case 'BINPUT': return void this.#memo.set(uint8(), this.#top());
      case 'LONG_BINPUT': return void this.#memo.set(uint32(), this.#top());
      case 'BINGET': return this.#push(this.#remembered(uint8()));
      case 'LONG_BINGET': return this.#push(this.#remembered(uint32()));
      case 'GLOBAL': return this.#push(this.#global());
      case 'BINPERSID': return this.#push(this.#admitted.persistent(this.#pop(), (problem) => this.#fail(problem)));
      case 'REDUCE': return this.#reduce();
      case 'BUILD': return this.#build();
      default: this.#fail(`opcode ${name} is not admitted, expected a pickle of tensors alone: torch.save(model.state_dict(), file)`);
    }
  }

  readonly #reads = {
    uint8: (): number => this.#view.getUint8(this.#take(1)),
    uint16: (): number => this.#view.getUint16(this.#take(2), true),
    uint32: (): number => this.#view.getUint32(this.#take(4), true),
  };

  /** Moves on by `count` bytes and returns where they begin. */
  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) this.#fail(`the pickle ends inside an opcode, expected ${count} more bytes`);
    this.#at += count;
    return at;
  }

  #long(count: number): number {
    if (count > 8) this.#fail(`an integer of ${count} bytes, expected at most 8`);
    let value = 0n;
    const at = this.#take(count);
    for (let i = 0; i < count; i++) value |= BigInt(this.#bytes[at + i]!) << BigInt(8 * i);
    const number = Number(BigInt.asIntN(8 * count, value));
    return Number.isSafeInteger(number) ? number : this.#fail(`the integer ${number}, expected one below 2^53`);
  }

  #text(count: number): string {
    const at = this.#take(count);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + count));
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) this.#fail('a name has no end, expected a line');
    const text = this.#text(end - this.#at);
    this.#at++;
    return text;
  }

  #global(): PickledObject {
    const name = `${this.#line()} ${this.#line()}`;
    return this.#admitted.globals.get(name) ?? this.#fail(`the global ${quote(name.replace(' ', '.'))} is not admitted: only tensors are read, nothing that could run`);
  }

  #reduce(): void {
    const [callee, args] = this.#popMany(2);
    if (!Array.isArray(args)) return this.#fail('REDUCE without a tuple of arguments');
    if (callee === null || typeof callee !== 'object') return this.#fail('REDUCE of what is no function');
    this.#push(this.#admitted.call(callee, args as readonly Pickled[], (problem) => this.#fail(problem)));
  }

  /** An OrderedDict may have attributes (`_metadata` of a state_dict): they are read and left. */
  #build(): void {
    const state = this.#pop();
    if (!(state instanceof Map && this.#top() instanceof Map)) this.#fail('BUILD of what is no dictionary');
  }

  #setItems(items: readonly Pickled[]): void {
    const target = this.#top();
    if (!(target instanceof Map) || items.length % 2 !== 0) return this.#fail('SETITEM on what is no dictionary');
    for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
  }

  #append(items: readonly Pickled[]): void {
    const target = this.#top();
    if (!Array.isArray(target)) return this.#fail('APPENDS on what is no list');
    for (const item of items) (target as Pickled[]).push(item);
  }

  #remembered(index: number): Pickled {
    const value = this.#memo.get(index);
    return value === undefined ? this.#fail(`memo ${index} was never written`) : value;
  }

  #push(value: Pickled): void {
    this.#stack.push(value);
  }

  #top(): Pickled {
    const top = this.#stack.at(-1);
    return top === undefined || top === MARK ? this.#fail('the stack is empty') : top;
  }

  #pop(): Pickled {
    const top = this.#top();
    this.#stack.pop();
    return top;
  }

  #popMany(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): Pickled[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) this.#fail('a mark is missing');
    const items = this.#stack.splice(mark).slice(1);
    return items as Pickled[];
  }

  #fail(problem: string): never {
    throw new FormatError(`${this.#file}: offset ${this.#base + this.#opcode}: ${problem}`);
  }
}
