import unpack from '#wasm/unpack';

const PAGE = 65536;

/** The build of the kernels that `text` stands for, put together by a module of a kilobyte (unpack/index.ts). */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  // The binary has fewer bytes than its text; it goes behind it.
  const memory = new WebAssembly.Memory({ initial: Math.ceil((2 * text.length) / PAGE) });
  const module = new WebAssembly.Module(Uint8Array.from(atob(unpack), (char) => char.charCodeAt(0)));
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as { unpack(text: number, out: number): number };
  const bytes = new Uint8Array(memory.buffer);
  new TextEncoder().encodeInto(text, bytes);
  return bytes.slice(text.length, text.length + exports.unpack(0, text.length));
}
