// Puts a build of the kernels together from the text that it travels as (scripts/wasmtext.mjs): the binary without the sizes of its code,
// which follow from the instructions, and with the indices of locals in a line of their own, because they compress better when they are not
// strewn among opcodes.
//
// Characters are digits 0 to 91: codes 35 to 126, with space and ! in place of backslash and backtick, which strings would escape. A digit d
// below 90 is the byte d − 3, after digit 90 the byte 90 + d − 3, after 91 the byte 180 + d − 3, all modulo 256: most bytes of wasm take one
// character, and what repeats stays alike.

const PAGE: u32 = 90;
const LINE_BREAK: u32 = 10;
/** Section of the functions' bodies. */
const CODE: u32 = 10;

/** The next characters of the line of locals and of the other one, and where the next byte of the binary goes. */
let locals: usize = 0, rest: usize = 0, at: usize = 0;

function digitAt(from: usize): u32 {
  const code: u32 = load<u8>(from);
  return (code == 32 ? 92 : code == 33 ? 96 : code) - 35;
}

/** The next byte of a line. */
function next(ofLocals: bool): u32 {
  let from = ofLocals ? locals : rest, digit = digitAt(from++), page: u32 = 0;
  if (digit >= PAGE) {
    page = (digit - PAGE + 1) * PAGE;
    digit = digitAt(from++);
  }
  if (ofLocals) locals = from;
  else rest = from;
  return (page + digit - 3) & 255;
}

/** Copies bytes, and returns the last. */
function copy(count: i32): u32 {
  let byte: u32 = 0;
  for (; count > 0; count--) store<u8>(at++, byte = next(false));
  return byte;
}

/** Copies a number: LEB128, seven bits a byte, the low ones first. */
function number(ofLocals: bool): u32 {
  let value: u32 = 0, byte: u32 = 128;
  for (let shift = 0; byte > 127; shift += 7) {
    store<u8>(at++, byte = next(ofLocals));
    value |= (byte & 127) << shift;
  }
  return value;
}

/** Puts the number of bytes since `start` before them. */
function size(start: usize): void {
  let left = at - start, digits: usize = 1;
  for (let more = left >> 7; more; more >>= 7) digits++;
  memory.copy(start + digits, start, left);
  at += digits;
  for (; left > 127; left >>= 7) store<u8>(start++, left & 127 | 128);
  store<u8>(start, left);
}

/** What follows an opcode, of the families from 0xfc on with number `sub`: n numbers, or −n bytes. */
function operandsOf(op: u32, sub: u32): i32 {
  if (op == 0xfe) return 2;                                                              // atomics
  if (op == 0xfd) {                                                                      // vectors: loads, stores, constants, shuffles, lanes
    if (sub == 12 || sub == 13) return -16;
    return sub < 12 || sub == 92 || sub == 93 ? 2 : sub > 83 && sub < 92 ? 3 : i32(sub > 20 && sub < 35);
  }
  if (op == 0xfc) return sub == 10 ? 2 : i32(sub == 11);                                 // memory.copy, memory.fill
  if (op == 0x43) return -4;                                                             // f32.const
  if (op == 0x44) return -8;                                                             // f64.const
  if (op > 0x27) return op < 0x3f ? 2 : i32(op == 0x41 || op == 0x42);                   // loads and stores; i32.const, i64.const
  return i32((op > 1 && op < 5) || op == 0x0c || op == 0x0d || op == 0x10);              // block, loop, if; br, br_if, call
}

/** A function: its locals by type, then instructions up to the end that closes it. */
function body(): void {
  const start = at;
  for (let groups = number(false); groups > 0; groups--) number(false), copy(1);
  for (let depth = 1; depth > 0; ) {
    const op = copy(1);
    if (op > 1 && op < 5) depth++;                                                       // block, loop, if
    if (op == 0x0b) depth--;                                                             // end
    if (op > 0x1f && op < 0x23) {                                                        // local.get, local.set, local.tee
      number(true);
    } else {
      const numbers = op == 0x0e ? number(false) + 1 : operandsOf(op, op > 0xfb ? number(false) : 0);   // br_table
      for (let left = <i32>numbers; left > 0; left--) number(false);
      copy(-numbers);
    }
  }
  size(start);
}

/** Reads the text at `text`, writes the binary at `out`, and returns its length. */
export function unpack(text: usize, out: usize): i32 {
  rest = locals = text;
  while (load<u8>(locals++) != LINE_BREAK) {}
  at = out;
  copy(8);
  while (load<u8>(rest) != LINE_BREAK) {
    const section = copy(1), start = at;
    if (section == CODE) {
      for (let functions = number(false); functions > 0; functions--) body();
      size(start);
    } else {
      copy(number(false));
    }
  }
  return <i32>(at - out);
}
