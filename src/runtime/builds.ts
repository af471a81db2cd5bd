import { OptionError, UnsupportedError } from '../core/errors.js';

/** A build of the kernels: compiled, or the bytes of its file. */
export type Kernels = WebAssembly.Module | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** Where the builds of the kernels come from. Each is asked for at most once, when the first network needs it. */
export interface KernelBuilds {
  readonly simd: Kernels | (() => Kernels);
  /** With atomics, for `workers` above 1. */
  readonly threads?: () => Promise<Kernels>;
  /** With fused multiply-adds: faster where the engine has them, not the same bits everywhere. */
  readonly relaxed?: () => Promise<Kernels>;
}

let builds: KernelBuilds | undefined;
let base: WebAssembly.Module | undefined;
let threads: Promise<WebAssembly.Module> | undefined;
let relaxed: Promise<WebAssembly.Module> | undefined;

/** Says where the kernels come from. Call it before the first network or operator; the entry `convasm` has done so already. */
export function useKernels(given: KernelBuilds): void {
  if (typeof given !== 'object' || given === null || !('simd' in given)) throw new OptionError('useKernels: expected { simd }, a WebAssembly.Module or the bytes of simd.wasm');
  builds = given;
  base = threads = relaxed = undefined;
}

function known(): KernelBuilds {
  if (!builds) throw new UnsupportedError("there are no kernels yet: import 'convasm', which carries them, or hand them to useKernels of 'convasm/slim'");
  return builds;
}

/** Why `bytes`, or those that are not there yet, could not be compiled, and what to do. */
function refused(cause: unknown, bytes?: ArrayBuffer | ArrayBufferView<ArrayBuffer>): UnsupportedError {
  const lacking = typeof WebAssembly !== 'object' || (bytes && !WebAssembly.validate(bytes));
  const remedy = lacking ? 'this engine has no WebAssembly SIMD (use a newer one), or these are not the bytes of a build' : "is WebAssembly refused by the page's CSP? script-src needs 'wasm-unsafe-eval'";
  return new UnsupportedError(`the kernels could not be compiled (${String(cause)}); ${remedy}`);
}

/** Asks for the kernels: text becomes bytes by WebAssembly, too. */
function asked(kernels: () => Kernels): Kernels {
  try {
    return kernels();
  } catch (cause) {
    throw refused(cause);
  }
}

function moduleOf(kernels: Kernels, build: string): WebAssembly.Module {
  if (typeof WebAssembly === 'object' && kernels instanceof WebAssembly.Module) return kernels;
  const bytes = kernels as ArrayBuffer | ArrayBufferView<ArrayBuffer>;
  if (!(bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes))) throw new OptionError(`the ${build} build of the kernels: expected a WebAssembly.Module or bytes`);
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw refused(cause, bytes);
  }
}

/** The base build. */
export function baseModule(): WebAssembly.Module {
  const { simd } = known();
  return (base ??= moduleOf(typeof simd === 'function' ? asked(simd as () => Kernels) : simd, 'simd'));
}

/** Whether there is a build with atomics. */
export function hasThreadsBuild(): boolean {
  return known().threads !== undefined;
}

/** The build with atomics. */
export function threadsModule(): Promise<WebAssembly.Module> {
  return (threads ??= known().threads!().then((kernels) => moduleOf(kernels, 'threads')));
}

/** The build with fused multiply-adds. */
export async function relaxedModule(): Promise<WebAssembly.Module> {
  const from = known().relaxed;
  if (!from) throw new UnsupportedError("build: 'relaxed' is not here: this entry of the package carries the base build alone");
  relaxed ??= from().then((kernels) => {
    if (!(kernels instanceof WebAssembly.Module) && !WebAssembly.validate(kernels)) {
      throw new UnsupportedError("build: 'relaxed' needs relaxed SIMD, which this engine has not (Node 22 has; Node 20 with --experimental-wasm-relaxed-simd)");
    }
    return moduleOf(kernels, 'relaxed');
  });
  return relaxed;
}
