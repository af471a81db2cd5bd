import { CONTROL_WORKERS } from '../../assembly/abi.js';
import { MemoryError } from '../core/errors.js';

const PAGE = 65536;

type Run = (first: number, last: number, control: number, worker: number, workers: number) => number;

/** One memory, one instance of the kernels. Views are made at each use: they end when memory grows. */
export class Engine {
  readonly #memory: WebAssembly.Memory;
  readonly #run: Run;

  /**
   * @param bytes what the arena needs now
   * @param kind `growable` memory may be asked for more later; `shared` memory is for a build with atomics
   */
  constructor(module: WebAssembly.Module, bytes: number, kind: 'fixed' | 'growable' | 'shared' = 'fixed') {
    const pages = Math.ceil(bytes / PAGE);
    try {
      this.#memory = new WebAssembly.Memory({ initial: pages, maximum: kind === 'growable' ? PAGE : pages, shared: kind === 'shared' });
    } catch {
      throw new MemoryError(`the platform refused ${bytes.toLocaleString('en')} bytes for the arena; a smaller batchSize needs less`);
    }
    this.#run = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports['run'] as Run;
  }

  /** Runs the steps `first` to `last` (exclusive) of the program at `control` as one worker of `workers`. */
  run(first: number, last: number, control: number, worker = 0, workers = 1): number {
    return this.#run(first, last, control, worker, workers);
  }

  get memory(): WebAssembly.Memory {
    return this.#memory;
  }

  get byteLength(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Makes room for `bytes`. */
  reserve(bytes: number): void {
    const missing = Math.ceil((bytes - this.byteLength) / PAGE);
    if (missing <= 0) return;
    try {
      this.#memory.grow(missing);
    } catch {
      throw new MemoryError(`the platform refused to grow memory to ${bytes.toLocaleString('en')} bytes; a smaller input needs less`);
    }
  }

  floats(address: number, words: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer as ArrayBuffer, address, words);
  }

  integers(address: number, words: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#memory.buffer as ArrayBuffer, address, words);
  }

  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer, address, length);
  }

  /** The step that a worker was in last: names the layer after a trap. */
  currentStep(control: number, worker = 0): number {
    return this.integers(control + CONTROL_WORKERS + worker * 64, 1)[0]!;
  }
}
