import { RUN_NOT_FINITE } from '../assembly/abi.js';
import type { Blueprint, TrainPlan } from './blueprint.js';
import { OptionError, ShapeError } from './core/errors.js';
import { elements, show, type Shape, type Tensor } from './core/shape.js';
import type { Dataset } from './data/dataset.js';
import { evaluate, type EvaluateOptions } from './evaluate.js';
import { readImages, type Images } from './images.js';
import { innerOutput, joined } from './inner.js';
import { printSteps } from './plan/print.js';
import type { PlanTensor } from './plan/tensor.js';
import type { Crew } from './runtime/crew.js';
import type { Engine } from './runtime/engine.js';
import { readTensor, Session } from './session.js';
import { gradientSlots } from './slots.js';
import { Stored } from './stored.js';
import type { Batches } from './source.js';
import { Summary, type SummaryOptions } from './summary.js';
import { divergence } from './trace.js';
import type { Evaluation } from './training/metrics.js';
import type { Targets } from './training/targets.js';

/** A compiled network: its programs, its weights, one memory. Made by `compile`. */
export class Network extends Stored {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly batchSize: number;
  /** Images of the last forward. */
  #live = 0;
  /** What `forward` keeps for `backward` is there: backward gives its memory to gradients. */
  #forwarded = false;

  constructor(blueprint: Blueprint, engine: Engine, crew: Crew | null) {
    super(blueprint, new Session(blueprint, engine, crew));
    this.inputShape = blueprint.predict.images.shape;
    this.outputShape = blueprint.predict.output.shape;
    this.batchSize = blueprint.options.batchSize;
  }

  /** The memory and kernels below; for tests, benches and tracing. */
  get engine(): Engine {
    return this.session.engine;
  }

  /** Updates done so far. */
  get steps(): number {
    return this.session.updates;
  }

  /** Threads that run its steps: fewer than were asked for where the platform has none. */
  get workers(): number {
    return this.session.crew?.workers ?? 1;
  }

  /** Bytes of the network's memory; constant. */
  get memoryBytes(): number {
    return this.engine.byteLength;
  }

  get learningRate(): number {
    return this.session.rate;
  }

  set learningRate(rate: number) {
    if (!(Number.isFinite(rate) && rate >= 0)) throw new OptionError(`learningRate is ${rate}, expected a number of at least 0`);
    this.session.rate = rate;
  }

  /** Norm of all gradients at the last update, before clipping. Throws OptionError unless compile was given `clip: { norm }`. */
  get gradientNorm(): number {
    return this.session.gradientNorm;
  }

  #training(what: string): TrainPlan {
    const { train } = this.blueprint;
    if (!train) throw new OptionError(`${what}: the network was compiled to predict only; give compile a loss or an optimizer`);
    return train;
  }

  /** Sync calls run on the calling thread; with a crew they would leave it idle. */
  #refuseCrew(what: string, instead: string): void {
    if (this.session.crew) throw new OptionError(`${what}: the network ${this.workers > 1 ? `has ${this.workers} workers` : 'runs in a worker'}; use ${instead}, or compile with workers: 1${this.workers > 1 ? '' : ' and without inWorker'}`);
  }

  /** Outputs [n, ...] for any number of images, at once; for workers: 1. Throws ShapeError where the images do not fit. */
  predictSync(images: Images): Tensor {
    this.#refuseCrew('predictSync', 'predict');
    const chunks = this.#chunks(images);
    for (const { live, write, read } of chunks.each) {
      write();
      this.session.predict(live);
      read();
    }
    return chunks.result;
  }

  /** Outputs [n, ...] for any number of images; with `outputs` those of inner layers by their names, of a network compiled with fuse: false. */
  predict(images: Images): Promise<Tensor>;
  predict(images: Images, options: { readonly outputs: readonly string[] }): Promise<Map<string, Tensor>>;
  async predict(images: Images, { outputs }: { readonly outputs?: readonly string[] } = {}): Promise<Tensor | Map<string, Tensor>> {
    if (!this.session.crew && outputs === undefined) return this.predictSync(images);
    const { predict, options } = this.blueprint;
    const inner = (outputs ?? []).map((name) => ({ name, x: innerOutput(predict.plan, name, options.fuse), parts: [] as Tensor[] }));
    return this.session.inTurn(async () => {
      const chunks = this.#chunks(images);
      for (const { live, write, read } of chunks.each) {
        write();
        await this.session.predictAll(live);
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

  /** As `step`, at once; for workers: 1. */
  stepSync(images: Images, targets: Targets): { loss: number } {
    this.#refuseCrew('stepSync', 'step');
    const train = this.#prepareStep(images, targets);
    return this.#finishStep(train, this.session.run(train.all, this.#live));
  }

  /** Forward, loss, backward and update in one call of the kernels, over at most `batchSize` images. Throws DivergedError, the weights
   *  left as they were, when the loss is not finite. */
  async step(images: Images, targets: Targets): Promise<{ loss: number }> {
    if (!this.session.crew) return this.stepSync(images, targets);
    return this.session.inTurn(async () => {
      const train = this.#prepareStep(images, targets);
      return this.#finishStep(train, await this.session.runAll(train.all, this.#live));
    });
  }

  #prepareStep(images: Images, targets: Targets): TrainPlan {
    const train = this.#training('step');
    if (!this.blueprint.options.optimizer) throw new OptionError('step: compile was given no optimizer');
    this.#writeBatch(train, images, targets);
    return train;
  }

  #finishStep(train: TrainPlan, code: number): { loss: number } {
    if (code === RUN_NOT_FINITE) throw divergence(this, train, this.#live);
    this.session.updated();
    return { loss: this.#loss(train) };
  }

  /** Loss and gradients without an update; gradients add up until `update`. */
  lossAndGradients(images: Images, targets: Targets): { loss: number; gradients: Map<string, Tensor> } {
    const train = this.#training('lossAndGradients');
    this.#writeBatch(train, images, targets);
    const code = this.session.run({ first: 0, last: train.backward.last }, this.#live);
    if (code === RUN_NOT_FINITE) throw divergence(this, train, this.#live);
    this.session.pending = true;
    return { loss: this.#loss(train), gradients: this.gradients() };
  }

  #writeImages(train: TrainPlan, images: Images): void {
    const { data, count } = readImages(images, this.inputShape, 'images');
    if (count > this.batchSize) throw new ShapeError(`images: ${count} given, expected at most the batchSize of ${this.batchSize}`);
    const { images: fewest, layer } = train.plan.fewest;
    if (count < fewest) {
      throw new ShapeError(`${layer}: needs more than one value per channel when training, given ${count} image of one value, expected at least ${fewest} images (fit: dropLast)`);
    }
    this.session.floats(train.images.buffer).set(data);
    this.#live = count;
    this.#forwarded = false;
  }

  #writeBatch(train: TrainPlan, images: Images, targets: Targets): void {
    const loss = train.lossTensors;
    if (!loss) throw new OptionError('compile was given no loss: use forward, backward and update');
    this.#writeImages(train, images);
    const numbers = loss.readTargets(targets, this.#live);
    for (const { target, gradient, weight } of train.losses) {
      if (numbers instanceof Int32Array) this.engine.integers(target.address, target.words).set(numbers);
      else this.session.floats(target).set(numbers);
      this.session.floats(gradient).fill(weight);
    }
  }

  #loss(train: TrainPlan): number {
    return this.session.floats(train.lossTensors!.loss)[0]!;
  }

  /** The outputs of the training program, for a loss of one's own. */
  forward(images: Images): Tensor {
    const train = this.#training('forward');
    this.#writeImages(train, images);
    this.session.run(train.forward, this.#live);
    this.#forwarded = true;
    const size = elements(this.outputShape);
    return { data: this.session.floats(train.output.buffer, this.#live * size).slice(), shape: [this.#live, ...this.outputShape] };
  }

  /** Gradients of everything, from the loss's gradient by the outputs of the last `forward`, once each. They add up until `update`. */
  backward(gradOutput: Tensor | Float32Array): void {
    const train = this.#training('backward');
    const data = gradOutput instanceof Float32Array ? gradOutput : gradOutput.data;
    const expected = this.#live * elements(this.outputShape);
    if (!this.#forwarded) throw new OptionError('backward: call forward first');
    if (data.length !== expected) throw new ShapeError(`backward: ${data.length} numbers given, expected ${expected} (${show([this.#live, ...this.outputShape])})`);
    this.session.floats(train.outputGradient).set(data);
    this.session.run(train.backward, this.#live);
    this.#forwarded = false;
    this.session.pending = true;
  }

  /** One update with the gradients as they stand. */
  update(): void {
    const train = this.#training('update');
    if (!this.blueprint.options.optimizer) throw new OptionError('update: compile was given no optimizer');
    this.session.run(train.update, this.#live);
    this.session.updated();
  }

  /** Drops the gradients that wait for an update. */
  zeroGradients(): void {
    this.#training('zeroGradients');
    this.session.pending = false;
  }

  /** The gradient of every parameter, by its name. */
  gradients(): Map<string, Tensor> {
    const slots = gradientSlots(this.blueprint.store, this.session);
    return new Map(slots.map(({ name, shape, read }) => [name, { data: read(), shape }]));
  }

  /** The gradient of the last batch's images, where compile was asked for it. */
  inputGradient(): Tensor {
    const train = this.#training('inputGradient');
    const buffer = train.plan.gradientOf(train.images);
    if (!buffer) throw new OptionError('inputGradient: compile was not given inputGradient: true');
    return { data: this.session.floats(buffer, this.#live * elements(this.inputShape)).slice(), shape: [this.#live, ...this.inputShape] };
  }

  /** What a layer that compile was told to watch put out at the last `forward` or `step`: [n, ...]. Throws OptionError for other layers. */
  output(layer: string): Tensor {
    return readTensor(this.session, this.#watched('output', layer), this.#live);
  }

  /** The gradient by that output, after `backward` or `step`. */
  outputGradient(layer: string): Tensor {
    const { plan } = this.#training('outputGradient');
    const output = this.#watched('outputGradient', layer);
    return readTensor(this.session, { ...output, buffer: plan.gradientOf(output)! }, this.#live);
  }

  #watched(what: string, layer: string): PlanTensor {
    const { plan } = this.#training(what);
    if (!this.blueprint.options.watch?.includes(layer)) throw new OptionError(`${what}: compile was not told to watch '${layer}', expected watch: ['${layer}']`);
    return plan.outputs.get(layer)!;
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
