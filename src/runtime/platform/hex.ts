/** The bytes that hexadecimal text stands for. */
export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  const digit = (at: number): number => {
    const code = hex.charCodeAt(at);
    return code < 58 ? code - 48 : code - 87; // '0' to '9', 'a' to 'f'
  };
  for (let i = 0; i < bytes.length; i++) bytes[i] = digit(2 * i) * 16 + digit(2 * i + 1);
  return bytes;
}
