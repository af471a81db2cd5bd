/** Bytes that one character stands for; the others are told by a character before them. */
const PAGE = 90;

/**
 * The bytes that `text` stands for, as scripts/build.mjs writes it. Characters are digits 0 to 91: codes 35 to 126, with space and ! in place
 * of backslash and backtick, which strings would escape. A digit d below 90 is the byte d − 3, after digit 90 the byte 90 + d − 3, after 91
 * the byte 180 + d − 3, all modulo 256: most bytes of wasm take one character, and what repeats stays alike, so it compresses like the binary.
 */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let page = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = (code === 32 ? 92 : code === 33 ? 96 : code) - 35;
    if (digit >= PAGE) {
      page = digit - PAGE + 1;
    } else {
      bytes[length++] = page * PAGE + digit - 3;
      page = 0;
    }
  }
  return bytes.slice(0, length);
}
