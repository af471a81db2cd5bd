import { CONTROL_ACCUMULATE, CONTROL_LIVE, CONTROL_RATE, CONTROL_SEED, CONTROL_UPDATES, RUN_NOT_FINITE } from '../assembly/abi.js';
import type { Blueprint, TrainPlan } from './blueprint.js';
import { DivergedError, OptionError, ShapeError, UnsupportedError } from './core/errors.js';
import { initialValues } from './core/init.js';
import { elements, show, type Shape, type Tensor } from './core/shape.js';
import type { Dataset } from './data/dataset.js';
import { evaluate, type EvaluateOptions } from './evaluate.js';
import { readImages, type Images } from './images.js';
import { digestOf, loadCheckpoint, loadSlots, saveCheckpoint, saveSlots, type LoadReport, type Slot } from './io/weights.js';
import { PLAIN, fromLayout, intoLayout, type Layout } from './plan/layout.js';
import { printSteps } from './plan/print.js';
import { encode } from './plan/program.js';
import type { Range } from './plan/plan.js';
import type { Buffer } from './plan/tensor.js';
import { baseModule } from './runtime/builds.js';
import { Engine } from './runtime/engine.js';
import { Summary } from './summary.js';
import { firstNotFinite } from './trace.js';
import type { Evaluation } from './training/metrics.js';
import type { Targets } from './training/targets.js';

/** A compiled network: its programs, its weights, one memory. Made by `compile`. */
export class Network {
  readonly blueprint: Blueprint;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly batchSize: number;
  #engine: Engine | null;
  #updates = 0;
  /** Drew the start weights and draws the masks of dropout: compile's, or the restored checkpoint's. */
  #seed: number;
  #rate: number;
  /** Gradients of an earlier backward wait for the update. */
  #pending = false;
  /** Images of the last forward. */
  #live = 0;

  constructor(blueprint: Blueprint) {
    const { options, predict, train, arena, store } = blueprint;
    this.blueprint = blueprint;
    this.inputShape = predict.images.shape;
    this.outputShape = predict.output.shape;
    this.batchSize = options.batchSize;
    this.#seed = options.seed;
    this.#rate = options.optimizer?.lr ?? 0;
    this.#engine = new Engine(baseModule(), arena.bytes);
    const steps = [...(train?.plan.steps ?? []), ...predict.plan.steps];
    const program = encode(steps, arena);
    this.#engine.bytes(arena.control, program.length).set(program);
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

  #training(what: string): TrainPlan {
    const { train } = this.blueprint;
    if (!train) throw new OptionError(`${what}: the network was compiled to predict only; give compile a loss or an optimizer`);
    return train;
  }

  /** Runs a range of the program over `live` images. */
  #run(range: Range, live: number): number {
    const engine = this.#alive;
    const { control } = this.blueprint.arena;
    const words = engine.integers(control, (CONTROL_SEED >> 2) + 2);
    words[CONTROL_LIVE >> 2] = live;
    words[CONTROL_UPDATES >> 2] = this.#updates;
    words[CONTROL_ACCUMULATE >> 2] = Number(this.#pending);
    words[CONTROL_SEED >> 2] = this.#seed;
    words[(CONTROL_SEED >> 2) + 1] = this.#seed / 2 ** 32;
    engine.floats(control + CONTROL_RATE, 1)[0] = this.#rate;
    return engine.run(range.first, range.last, control);
  }

  #predicting(): Range {
    const offset = this.blueprint.train?.plan.steps.length ?? 0;
    const { all } = this.blueprint.predict;
    return { first: all.first + offset, last: all.last + offset };
  }

  /** Outputs [n, ...] for any number of images; runs at once. Throws ShapeError where they do not fit. */
  predictSync(images: Images): Tensor {
    const { data, count } = readImages(images, this.inputShape, 'predict');
    const { predict } = this.blueprint;
    const inSize = elements(this.inputShape);
    const outSize = elements(this.outputShape);
    const result = new Float32Array(count * outSize);
    for (let from = 0; from < count; from += this.batchSize) {
      const live = Math.min(this.batchSize, count - from);
      this.#floats(predict.images.buffer).set(data.subarray(from * inSize, (from + live) * inSize));
      this.#run(this.#predicting(), live);
      result.set(this.#alive.floats(predict.output.buffer.address, live * outSize), from * outSize);
    }
    return { data: result, shape: [count, ...this.outputShape] };
  }

  /** Outputs [n, ...] for any number of images. */
  async predict(images: Images): Promise<Tensor> {
    return this.predictSync(images);
  }

  /** Forward, loss, backward and update in one call of the kernels, over at most `batchSize` images. Throws DivergedError, the weights
   *  left as they were, when the loss is not finite. */
  stepSync(images: Images, targets: Targets): { loss: number } {
    const train = this.#training('step');
    if (!this.blueprint.options.optimizer) throw new OptionError('step: compile was given no optimizer');
    this.#writeBatch(train, images, targets);
    this.#finish(train, train.all);
    this.#updates++;
    this.#pending = false;
    return { loss: this.#loss(train) };
  }

  /** As `stepSync`. */
  async step(images: Images, targets: Targets): Promise<{ loss: number }> {
    return this.stepSync(images, targets);
  }

  /** Loss and gradients without an update; gradients add up until `update`. */
  lossAndGradients(images: Images, targets: Targets): { loss: number; gradients: Map<string, Tensor> } {
    const train = this.#training('lossAndGradients');
    this.#writeBatch(train, images, targets);
    this.#finish(train, { first: 0, last: train.backward.last });
    this.#pending = true;
    return { loss: this.#loss(train), gradients: this.gradients() };
  }

  #writeImages(train: TrainPlan, images: Images): void {
    const { data, count } = readImages(images, this.inputShape, 'images');
    if (count > this.batchSize) throw new ShapeError(`images: ${count} given, expected at most the batchSize of ${this.batchSize}`);
    this.#floats(train.images.buffer).set(data);
    this.#live = count;
  }

  #writeBatch(train: TrainPlan, images: Images, targets: Targets): void {
    const loss = train.lossTensors;
    if (!loss) throw new OptionError('compile was given no loss: use forward, backward and update');
    this.#writeImages(train, images);
    const numbers = loss.readTargets(targets, this.#live);
    if (numbers instanceof Int32Array) this.#alive.integers(loss.target.address, loss.target.words).set(numbers);
    else this.#floats(loss.target).set(numbers);
    this.#floats(loss.gradient).fill(1);
  }

  #finish(train: TrainPlan, range: Range): void {
    if (this.#run(range, this.#live) !== RUN_NOT_FINITE) return;
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

  #slot(name: string, shape: Shape, layout: Layout, buffer: Buffer): Slot {
    return {
      name, shape,
      read: () => fromLayout(layout, shape, this.#floats(buffer)),
      write: (values) => intoLayout(layout, shape, values, this.#floats(buffer)),
    };
  }

  /** The parameters, in state_dict order. */
  get parameters(): Slot[] {
    return [...this.blueprint.store.parameters.values()].map(({ name, shape, layout, buffer }) => this.#slot(name, shape, layout, buffer));
  }

  /** What the optimizer keeps, as `c1.weight.momentum_buffer`. */
  get optimizerState(): Slot[] {
    const slots: Slot[] = [];
    for (const [parameter, states] of this.blueprint.store.state) {
      for (const [name, buffer] of states) slots.push(this.#slot(`${parameter.name}.${name}`, parameter.shape, parameter.layout ?? PLAIN, buffer));
    }
    return slots;
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
    return saveCheckpoint(this.parameters, this.optimizerState, { updates: this.#updates, learningRate: this.#rate, seed: this.#seed, extra: { ...extra } });
  }

  /** Puts a checkpoint back and returns its `extra`. */
  restore(bytes: Uint8Array, file = 'checkpoint'): Record<string, string> {
    const { updates, learningRate, seed, extra } = loadCheckpoint(this.parameters, this.optimizerState, bytes, file);
    this.#updates = updates;
    this.#rate = learningRate;
    this.#seed = seed ?? this.#seed;
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

  /** Gives the memory back. Any later call throws. */
  dispose(): void {
    this.#engine = null;
  }
}
