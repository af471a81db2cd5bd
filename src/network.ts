import type { Blueprint } from './blueprint.js';
import { elements, type Tensor } from './core/shape.js';
import { Turns } from './core/turns.js';
import type { Dataset } from './data/dataset.js';
import { evaluate, type EvaluateOptions } from './evaluate.js';
import { readImages, type Images } from './images.js';
import { innerOutput, joined } from './inner.js';
import { printSteps } from './plan/print.js';
import type { Crew } from './runtime/crew.js';
import type { Engine } from './runtime/engine.js';
import { readTensor, Session } from './session.js';
import type { Batches } from './source.js';
import { Steps, type RunOptions } from './steps.js';
import { Summary, type SummaryOptions } from './summary.js';
import type { Evaluation } from './training/metrics.js';

/** A compiled network: its programs, its weights, one memory. Made by `compile`. */
export class Network extends Steps {

  constructor(blueprint: Blueprint, engine: Engine, crew: Crew | null) {
    super(blueprint, new Session(blueprint, engine, crew));
  }

  /** Bytes of the network's memory; constant. */
  get memoryBytes(): number {
    return this.engine.byteLength;
  }

  /** Outputs [n, ...] for any number of images, at once; for workers: 1. Throws ShapeError where the images do not fit. */
  predictSync(images: Images): Tensor {
    this.refuseSync('predict');
    const chunks = this.#chunks(images);
    for (const { live, write, read } of chunks.each) {
      write();
      this.session.predict(live);
      read();
    }
    return chunks.result;
  }

  /** Outputs [n, ...] for any number of images; with `outputs` those of inner layers by their names, of a network compiled with fuse: false.
   *  What takes long gives the thread a turn every 40 ms; a signal ends it there, with its reason. */
  predict(images: Images, options?: RunOptions): Promise<Tensor>;
  predict(images: Images, options: RunOptions & { readonly outputs: readonly string[] }): Promise<Map<string, Tensor>>;
  async predict(images: Images, { outputs, signal }: RunOptions & { readonly outputs?: readonly string[] } = {}): Promise<Tensor | Map<string, Tensor>> {
    const { predict, options } = this.blueprint;
    const inner = (outputs ?? []).map((name) => ({ name, x: innerOutput(predict.plan, name, options.fuse), parts: [] as Tensor[] }));
    return this.session.inTurn(async () => {
      signal?.throwIfAborted();
      const chunks = this.#chunks(images);
      const turns = new Turns();
      for (const [i, { live, write, read }] of chunks.each.entries()) {
        if (i > 0) {
          await turns.take();
          signal?.throwIfAborted();
        }
        write();
        await this.session.predictAll(live, signal);
        read();
        for (const { x, parts } of inner) parts.push(readTensor(this.session, x, live));
      }
      return outputs === undefined ? chunks.result : new Map(inner.map(({ name, x, parts }) => [name, joined(parts, x.shape)]));
    });
  }

  /** The images cut into runs of at most batchSize. */
  #chunks(images: Images): { result: Tensor; each: { live: number; write(): void; read(): void }[] } {
    const { data, count } = readImages(images, this.inputShape, 'predict');
    const { predict } = this.blueprint;
    const inSize = elements(this.inputShape);
    const outSize = elements(this.outputShape);
    const result = new Float32Array(count * outSize);
    const each = Array.from({ length: Math.ceil(count / this.batchSize) }, (_, i) => {
      const from = i * this.batchSize;
      const live = Math.min(this.batchSize, count - from);
      return {
        live,
        write: () => this.session.floats(predict.images.buffer).set(data.subarray(from * inSize, (from + live) * inSize)),
        read: () => result.set(this.session.floats(predict.output.buffer, live * outSize), from * outSize),
      };
    });
    return { result: { data: result, shape: [count, ...this.outputShape] }, each };
  }

  /** Loss, accuracy, top-5 and confusion over a data set, or batches with class labels. */
  async evaluate(data: Dataset | Batches, options: EvaluateOptions = {}): Promise<Evaluation> {
    return evaluate(this, data, options);
  }

  /** Layers with shapes, parameters, multiply-accumulates, receptive fields; memory to train and to predict.
   *  `compare: true` adds what convolutions would take without shared weights. */
  summary(options: SummaryOptions = {}): Summary {
    return new Summary(this.blueprint, options);
  }

  /** The programs, step by step, as text. */
  program(): string {
    const { train, predict } = this.blueprint;
    return printSteps([...(train?.plan.steps ?? []), ...predict.plan.steps]);
  }

  /** Ends the workers and gives the memory back. Any later call throws. Await it to know that the workers have ended. */
  async dispose(): Promise<void> {
    await this.session.dispose();
  }
}
