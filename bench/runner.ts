import simd from '#wasm/simd';
import type { Arena } from '../src/plan/arena.js';
import type { Range } from '../src/plan/plan.js';
import { Crew } from '../src/runtime/crew.js';
import { Engine } from '../src/runtime/engine.js';
import { bytesOf } from '../src/runtime/platform/text.js';

// What all rows of a run share: a build of the kernels and a number of threads.

let [text, workers] = [simd, 1];
let compiled = 0;
const crews: Crew[] = [];

/** The threads that programs are planned for. */
export const workersInUse = (): number => workers;

/** Chooses the kernels and the threads of all later rows. Returns why they cannot run here, or null. */
export async function choose(build: string, count: number): Promise<string | null> {
  if (build === 'relaxed' && count > 1) return 'build relaxed: it takes one worker';
  const { default: kernels } = build === 'relaxed' ? await import('#wasm/relaxed') : count > 1 ? await import('#wasm/threads') : { default: simd };
  if (!WebAssembly.validate(bytesOf(kernels))) return `build ${build}: this engine lacks what it needs (${process.version}; relaxed SIMD came with Node 22)`;
  [text, workers] = [kernels, count];
  return null;
}

/**
 * The kernels compiled anew, so that a row's first call is a first call: an engine shares the code of modules with the same bytes, and a
 * custom section with a number makes them differ.
 */
function freshModule(): WebAssembly.Module {
  const number = new TextEncoder().encode(String(compiled++).padStart(8, '0'));
  return new WebAssembly.Module(Uint8Array.from([...bytesOf(text), 0, 9, 0, ...number]));
}

/** A memory, the kernels, and the threads that run programs in it. */
export class Runner {
  readonly engine: Engine;
  readonly #control: number;
  readonly #module: WebAssembly.Module;
  #crew: Crew | null = null;

  constructor({ bytes, control }: Arena) {
    this.#module = freshModule();
    this.#control = control;
    this.engine = new Engine(this.#module, bytes, workers > 1 ? 'shared' : 'fixed');
  }

  /** At once with one worker; else when all have passed the last barrier. The first call starts the threads. */
  run(...ranges: readonly Range[]): void | Promise<void> {
    if (workers > 1) return this.#runAll(ranges);
    for (const { first, last } of ranges) this.engine.run(first, last, this.#control);
  }

  async #runAll(ranges: readonly Range[]): Promise<void> {
    if (this.#crew === null) {
      this.#crew = await Crew.start(this.#module, this.engine, this.#control, { workers, callerWorks: true });
      crews.push(this.#crew);
    }
    for (const { first, last } of ranges) await this.#crew.run(first, last);
  }
}

/** Ends the threads of all rows so far. */
export async function endCrews(): Promise<void> {
  await Promise.all(crews.splice(0).map((crew) => crew.close()));
}
