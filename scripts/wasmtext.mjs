// A build of the kernels as text, for a JavaScript module: what unpack/index.ts, which explains it, puts together again.

/** Bytes as text, most of them one character. */
function digitsOf(bytes) {
  const digit = (value) => String.fromCharCode(value === 57 ? 32 : value === 61 ? 33 : value + 35);
  return Array.from(bytes, (byte) => {
    const value = (byte + 3) & 255;
    return (value < 90 ? '' : digit(value < 180 ? 90 : 91)) + digit(value % 90);
  }).join('');
}

/** [numbers of variable length, bytes] after an opcode, as unpack/index.ts has them. */
function operandsOf(op, sub) {
  if (op === 0xfe) return [2, 0];
  if (op === 0xfd) return sub === 12 || sub === 13 ? [0, 16] : [sub < 12 || sub === 92 || sub === 93 ? 2 : sub > 83 && sub < 92 ? 3 : sub > 20 && sub < 35 ? 1 : 0, 0];
  if (op === 0xfc) return [sub === 10 ? 2 : sub === 11 ? 1 : 0, 0];
  if (op === 0x43 || op === 0x44) return [0, op === 0x43 ? 4 : 8];
  if (op >= 0x28 && op < 0x3f) return [2, 0];
  return [(op > 1 && op < 5) || op === 0x0c || op === 0x0d || op === 0x10 || op === 0x41 || op === 0x42 ? 1 : 0, 0];
}

/** The text of a WebAssembly binary: everything but the indices of locals and the sizes of code, a line break, the indices. */
export function textOf(binary) {
  const rest = [...binary.subarray(0, 8)];
  const locals = [];
  let at = 8;
  const number = (into) => {
    let value = 0;
    for (let shift = 0, byte = 128; byte & 128; shift += 7) {
      byte = binary[at++];
      into.push(byte);
      value |= (byte & 127) << shift;
    }
    return value;
  };
  const body = () => {
    for (let groups = number(rest); groups > 0; groups--) {
      number(rest);
      rest.push(binary[at++]);
    }
    for (let depth = 1; depth > 0; ) {
      const op = binary[at++];
      rest.push(op);
      if (op > 1 && op < 5) depth++;
      if (op === 0x0b) depth--;
      if (op >= 0x20 && op < 0x23) number(locals);
      else if (op === 0x0e) for (let targets = number(rest) + 1; targets > 0; targets--) number(rest);
      else {
        let [numbers, bytes] = operandsOf(op, op > 0xfb ? number(rest) : 0);
        for (; numbers > 0; numbers--) number(rest);
        for (; bytes > 0; bytes--) rest.push(binary[at++]);
      }
    }
  };
  while (at < binary.length) {
    const id = binary[at++];
    const size = [];
    const length = number(size);
    rest.push(id);
    if (id === 10) {
      for (let functions = number(rest); functions > 0; functions--) {
        number([]);
        body();
      }
    } else {
      rest.push(...size, ...binary.subarray(at, at + length));
      at += length;
    }
  }
  return `${digitsOf(rest)}\n${digitsOf(locals)}`;
}
