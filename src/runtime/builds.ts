import simd from '#wasm/simd';
import { UnsupportedError } from '../core/errors.js';

// The kernels' builds, carried as text so that no second file is fetched; compiled once for all networks.

let compiled: WebAssembly.Module | undefined;
let relaxed: WebAssembly.Module | undefined;
let threaded: Promise<WebAssembly.Module> | undefined;

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  const digit = (at: number): number => {
    const code = hex.charCodeAt(at);
    return code < 58 ? code - 48 : code - 87; // '0' to '9', 'a' to 'f'
  };
  for (let i = 0; i < bytes.length; i++) bytes[i] = digit(2 * i) * 16 + digit(2 * i + 1);
  return bytes;
}

function refused(cause: unknown): UnsupportedError {
  const lacksSimd = typeof WebAssembly === 'object' && !WebAssembly.validate(bytesOf(simd));
  const why = lacksSimd ? 'this engine has no WebAssembly SIMD: use a newer one' : "is WebAssembly refused by the page's CSP? script-src needs 'wasm-unsafe-eval'";
  return new UnsupportedError(`the kernels could not be compiled (${String(cause)}); ${why}`);
}

/** The base build, compiled at the first call. */
export function baseModule(): WebAssembly.Module {
  try {
    return (compiled ??= new WebAssembly.Module(bytesOf(simd)));
  } catch (cause) {
    throw refused(cause);
  }
}

/** The build with atomics, a file of its own that is imported at the first call. */
export function threadsModule(): Promise<WebAssembly.Module> {
  return (threaded ??= import('#wasm/threads').then(({ default: text }) => new WebAssembly.Module(bytesOf(text))));
}

/** The build with fused multiply-adds, a file of its own: faster where the engine has them, not the same bits everywhere. */
export async function relaxedModule(): Promise<WebAssembly.Module> {
  const { default: text } = await import('#wasm/relaxed');
  const bytes = bytesOf(text);
  if (!WebAssembly.validate(bytes)) throw new UnsupportedError("build: 'relaxed' needs relaxed SIMD, which this engine has not (Node 22 has; Node 20 with --experimental-wasm-relaxed-simd)");
  return (relaxed ??= new WebAssembly.Module(bytes));
}
