import { CONTROL_ACCUMULATE, CONTROL_LIVE, CONTROL_RATE, CONTROL_UPDATES, RUN_NOT_FINITE } from '../assembly/abi.js';
import type { Blueprint, TrainPlan } from './blueprint.js';
import { DivergedError, OptionError, ShapeError, UnsupportedError } from './core/errors.js';
import { initialValues } from './core/init.js';
import { elements, show, type Shape, type Tensor } from './core/shape.js';
import type { Dataset } from './data/dataset.js';
import { evaluate, type EvaluateOptions } from './evaluate.js';
import { checkLabels, readImages, type Images, type Labels } from './images.js';
import { digestOf, loadCheckpoint, loadSlots, saveCheckpoint, saveSlots, type LoadReport, type Slot } from './io/weights.js';
import { fromLayout, intoLayout } from './plan/layout.js';
import { printSteps } from './plan/print.js';
import { encode } from './plan/program.js';
import type { Range } from './plan/plan.js';
import type { Buffer } from './plan/tensor.js';
import type { Crew } from './runtime/crew.js';
import type { Engine } from './runtime/engine.js';
import { parameterSlots, stateSlots } from './slots.js';
import { Summary } from './summary.js';
import { firstNotFinite } from './trace.js';
import type { Evaluation } from './training/metrics.js';

/** A compiled network: its programs, its weights, one memory. Made by `compile`. */
export class Network {
  readonly blueprint: Blueprint;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly batchSize: number;
  #engine: Engine | null;
  readonly #crew: Crew | null;
  #updates = 0;
  #rate: number;
  /** Gradients of an earlier backward wait for the update. */
  #pending = false;
  /** Images of the last forward. */
  #live = 0;

  constructor(blueprint: Blueprint, engine: Engine, crew: Crew | null) {
    const { options, predict, train, arena, store } = blueprint;
    this.blueprint = blueprint;
    this.inputShape = predict.images.shape;
    this.outputShape = predict.output.shape;
    this.batchSize = options.batchSize;
    this.#rate = options.optimizer?.lr ?? 0;
    this.#engine = engine;
    this.#crew = crew;
    const steps = [...(train?.plan.steps ?? []), ...predict.plan.steps];
    const program = encode(steps, arena);
    engine.bytes(arena.control, program.length).set(program);
    for (const { buffer, values } of store.constants.values()) this.#floats(buffer).set(values);
    for (const { name, shape, layout, init, buffer } of store.parameters.values()) {
      intoLayout(layout, shape, initialValues(init, shape, options.seed, name), this.#floats(buffer));
    }
  }

  get #alive(): Engine {
    if (this.#engine === null) throw new UnsupportedError('this network was disposed: compile a new one');
    return this.#engine;
  }

  /** The memory and kernels below; for tests, benches and tracing. */
  get engine(): Engine {
    return this.#alive;
  }

  #floats(buffer: Buffer): Float32Array<ArrayBuffer> {
    return this.#alive.floats(buffer.address, buffer.words);
  }

  /** Updates done so far. */
  get steps(): number {
    return this.#updates;
  }

  /** Bytes of the network's memory; constant. */
  get memoryBytes(): number {
    return this.#alive.byteLength;
  }

  get learningRate(): number {
    return this.#rate;
  }

  set learningRate(rate: number) {
    if (!(Number.isFinite(rate) && rate >= 0)) throw new OptionError(`learningRate is ${rate}, expected a number of at least 0`);
    this.#rate = rate;
  }

  /** Norm of all gradients at the last update, before clipping. Throws OptionError unless compile was given `clip: { norm }`. */
  get gradientNorm(): number {
    const { gradientNorm: norm } = this.#training('gradientNorm');
    if (!norm) throw new OptionError('gradientNorm: compile was not given clip: { norm }; a norm of Infinity measures without clipping');
    const { buffer, byteOffset } = this.#alive.bytes(norm.address, 8);
    return new DataView(buffer, byteOffset).getFloat64(0, true);
  }

  #training(what: string): TrainPlan {
    const { train } = this.blueprint;
    if (!train) throw new OptionError(`${what}: the network was compiled to predict only; give compile a loss or an optimizer`);
    return train;
  }

  /** Runs a range of the program over `live` images, on the calling thread alone. */
  #run(range: Range, live: number): number {
    this.#setControl(live);
    return this.#alive.run(range.first, range.last, this.blueprint.arena.control);
  }

  /** The same with all workers. */
  async #runAll(range: Range, live: number): Promise<number> {
    if (this.#crew === null) return this.#run(range, live);
    this.#setControl(live);
    return this.#crew.run(range.first, range.last);
  }

  #setControl(live: number): void {
    const engine = this.#alive;
    const { control } = this.blueprint.arena;
    const words = engine.integers(control, 5);
    words[CONTROL_LIVE >> 2] = live;
    words[CONTROL_UPDATES >> 2] = this.#updates;
    words[CONTROL_ACCUMULATE >> 2] = Number(this.#pending);
    engine.floats(control + CONTROL_RATE, 1)[0] = this.#rate;
  }

  #predicting(): Range {
    const offset = this.blueprint.train?.plan.steps.length ?? 0;
    const { all } = this.blueprint.predict;
    return { first: all.first + offset, last: all.last + offset };
  }

  /** Sync calls run on the calling thread; with a crew they would leave it idle. */
  #refuseCrew(what: string, instead: string): void {
    if (this.#crew) throw new OptionError(`${what}: the network has ${this.#crew.workers} workers; use ${instead}, or compile with workers: 1`);
  }

  /** Outputs [n, ...] for any number of images, at once; for workers: 1. Throws ShapeError where the images do not fit. */
  predictSync(images: Images): Tensor {
    this.#refuseCrew('predictSync', 'predict');
    const chunks = this.#chunks(images);
    for (const { live, write, read } of chunks.each) {
      write();
      this.#run(this.#predicting(), live);
      read();
    }
    return chunks.result;
  }

  /** Outputs [n, ...] for any number of images. */
  async predict(images: Images): Promise<Tensor> {
    const chunks = this.#chunks(images);
    for (const { live, write, read } of chunks.each) {
      write();
      await this.#runAll(this.#predicting(), live);
      read();
    }
    return chunks.result;
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
        write: () => this.#floats(predict.images.buffer).set(data.subarray(from * inSize, (from + live) * inSize)),
        read: () => result.set(this.#alive.floats(predict.output.buffer.address, live * outSize), from * outSize),
      };
    });
    return { result: { data: result, shape: [count, ...this.outputShape] }, each };
  }

  /** As `step`, at once; for workers: 1. */
  stepSync(images: Images, labels: Labels | Tensor): { loss: number } {
    this.#refuseCrew('stepSync', 'step');
    const train = this.#prepareStep(images, labels);
    return this.#finishStep(train, this.#run(train.all, this.#live));
  }

  /** Forward, loss, backward and update in one call of the kernels, over at most `batchSize` images. Throws DivergedError, the weights
   *  left as they were, when the loss is not finite. */
  async step(images: Images, labels: Labels | Tensor): Promise<{ loss: number }> {
    const train = this.#prepareStep(images, labels);
    return this.#finishStep(train, await this.#runAll(train.all, this.#live));
  }

  #prepareStep(images: Images, labels: Labels | Tensor): TrainPlan {
    const train = this.#training('step');
    if (!this.blueprint.options.optimizer) throw new OptionError('step: compile was given no optimizer');
    this.#writeBatch(train, images, labels);
    return train;
  }

  #finishStep(train: TrainPlan, code: number): { loss: number } {
    this.#checkFinite(train, code);
    this.#updates++;
    this.#pending = false;
    return { loss: this.#loss(train) };
  }

  /** Loss and gradients without an update; gradients add up until `update`. */
  lossAndGradients(images: Images, labels: Labels | Tensor): { loss: number; gradients: Map<string, Tensor> } {
    const train = this.#training('lossAndGradients');
    this.#writeBatch(train, images, labels);
    this.#checkFinite(train, this.#run({ first: 0, last: train.backward.last }, this.#live));
    this.#pending = true;
    return { loss: this.#loss(train), gradients: this.gradients() };
  }

  #writeImages(train: TrainPlan, images: Images): void {
    const { data, count } = readImages(images, this.inputShape, 'images');
    if (count > this.batchSize) throw new ShapeError(`images: ${count} given, expected at most the batchSize of ${this.batchSize}`);
    this.#floats(train.images.buffer).set(data);
    this.#live = count;
  }

  #writeBatch(train: TrainPlan, images: Images, labels: Labels | Tensor): void {
    const loss = train.lossTensors;
    if (!loss) throw new OptionError('compile was given no loss: use forward, backward and update');
    this.#writeImages(train, images);
    if ('data' in labels) {
      this.#floats(loss.target).set(labels.data);
    } else {
      checkLabels(labels, this.#live * loss.rowsPerImage, loss.classes);
      this.#alive.integers(loss.target.address, loss.target.words).set(labels);
    }
    this.#floats(loss.gradient).fill(1);
  }

  #checkFinite(train: TrainPlan, code: number): void {
    if (code !== RUN_NOT_FINITE) return;
    const layer = firstNotFinite(this, train, this.#live);
    const found = layer === null ? '' : `; first layer with such an output: ${layer}`;
    throw new DivergedError(`Training stopped: loss is not finite at step ${this.#updates + 1}${found}. Try a smaller learning rate (now ${this.#rate}).`, this.#updates + 1, layer);
  }

  #loss(train: TrainPlan): number {
    return this.#floats(train.lossTensors!.loss)[0]!;
  }

  /** The outputs of the training program, for a loss of one's own. */
  forward(images: Images): Tensor {
    const train = this.#training('forward');
    this.#writeImages(train, images);
    this.#run(train.forward, this.#live);
    const size = elements(this.outputShape);
    return { data: this.#alive.floats(train.output.buffer.address, this.#live * size).slice(), shape: [this.#live, ...this.outputShape] };
  }

  /** Gradients of everything, from the loss's gradient by the outputs of the last `forward`. They add up until `update`. */
  backward(gradOutput: Tensor | Float32Array): void {
    const train = this.#training('backward');
    const data = gradOutput instanceof Float32Array ? gradOutput : gradOutput.data;
    const expected = this.#live * elements(this.outputShape);
    if (this.#live === 0) throw new OptionError('backward: call forward first');
    if (data.length !== expected) throw new ShapeError(`backward: ${data.length} numbers given, expected ${expected} (${show([this.#live, ...this.outputShape])})`);
    this.#floats(train.outputGradient).set(data);
    this.#run(train.backward, this.#live);
    this.#pending = true;
  }

  /** One update with the gradients as they stand. */
  update(): void {
    const train = this.#training('update');
    this.#run(train.update, this.#live);
    this.#updates++;
    this.#pending = false;
  }

  /** Drops the gradients that wait for an update. */
  zeroGradients(): void {
    this.#training('zeroGradients');
    this.#pending = false;
  }

  /** The gradient of every parameter, by its name. */
  gradients(): Map<string, Tensor> {
    const result = new Map<string, Tensor>();
    for (const [{ name, shape, layout }, buffer] of this.blueprint.store.gradients) {
      result.set(name, { data: fromLayout(layout, shape, this.#floats(buffer)), shape });
    }
    return result;
  }

  /** The gradient of the last batch's images, where compile was asked for it. */
  inputGradient(): Tensor {
    const train = this.#training('inputGradient');
    const buffer = train.plan.gradientOf(train.images);
    if (!buffer) throw new OptionError('inputGradient: compile was not given inputGradient: true');
    return { data: this.#alive.floats(buffer.address, this.#live * elements(this.inputShape)).slice(), shape: [this.#live, ...this.inputShape] };
  }

  /** Loss, accuracy, top-5 and confusion over a data set. */
  async evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
    return evaluate(this, data, options);
  }

  /** The parameters, in state_dict order. */
  get parameters(): Slot[] {
    return parameterSlots(this.blueprint.store, (buffer) => this.#floats(buffer));
  }

  /** What the optimizer keeps, as `c1.weight.momentum_buffer`. */
  get optimizerState(): Slot[] {
    return stateSlots(this.blueprint.store, (buffer) => this.#floats(buffer));
  }

  /** The weights as a safetensors file. */
  save(options: { readonly metadata?: Readonly<Record<string, string>> } = {}): Uint8Array {
    return saveSlots(this.parameters, options.metadata ?? {});
  }

  /** Loads weights; nothing changes unless they fit (`strict` false: those that do). Returns what was missing and unexpected. */
  load(bytes: Uint8Array, options: { readonly strict?: boolean; readonly file?: string } = {}): LoadReport {
    return loadSlots(this.parameters, bytes, options.strict ?? true, options.file ?? 'weights');
  }

  /** SHA-256 of the weights' bytes, 64 hexadecimal digits: equal on every engine. */
  async digest(): Promise<string> {
    return digestOf(this.save());
  }

  /** Everything that training needs to go on: weights, optimizer state, counters, and `extra`. */
  checkpoint(extra: Readonly<Record<string, string>> = {}): Uint8Array {
    return saveCheckpoint(this.parameters, this.optimizerState, { updates: this.#updates, learningRate: this.#rate, extra: { ...extra } });
  }

  /** Puts a checkpoint back and returns its `extra`. */
  restore(bytes: Uint8Array, file = 'checkpoint'): Record<string, string> {
    const { updates, learningRate, extra } = loadCheckpoint(this.parameters, this.optimizerState, bytes, file);
    this.#updates = updates;
    this.#rate = learningRate;
    this.#pending = false;
    return extra;
  }

  /** Layers with shapes, parameters, multiply-accumulates, receptive fields; memory to train and to predict. */
  summary(): Summary {
    return new Summary(this.blueprint);
  }

  /** The programs, step by step, as text. */
  program(): string {
    const { train, predict } = this.blueprint;
    return printSteps([...(train?.plan.steps ?? []), ...predict.plan.steps]);
  }

  /** Ends the workers and gives the memory back. Any later call throws. Await it to know that the workers have ended. */
  async dispose(): Promise<void> {
    this.#engine = null;
    await this.#crew?.close();
  }
}
