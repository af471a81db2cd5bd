import { RUN_NOT_FINITE } from '../assembly/abi.js';
import type { Blueprint, TrainPlan } from './blueprint.js';
import { OptionError, ShapeError } from './core/errors.js';
import { elements, show, type Shape, type Tensor } from './core/shape.js';
import { readImages, type Images } from './images.js';
import type { Range } from './plan/plan.js';
import type { PlanTensor } from './plan/tensor.js';
import type { Engine } from './runtime/engine.js';
import { readTensor, type Session } from './session.js';
import { gradientSlots } from './slots.js';
import { Stored } from './stored.js';
import { divergence } from './trace.js';
import type { Targets } from './training/targets.js';

export interface RunOptions {
  /** Ends a long run between two slices of about 40 ms, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A range whose inputs are written, and what its result is made of. */
interface Work<T> {
  readonly range: Range;
  finish(code: number): T;
}

/**
 * A network's training steps, whole or in parts. The calls that return promises run on all workers, take turns, and give the calling thread a turn
 * every 40 ms; those ending in Sync are for `workers: 1` and are done when they return. The update is never cut: at any time parameters
 * are wholly updated or not at all.
 */
export class Steps extends Stored {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly batchSize: number;
  /** Images of the last forward. */
  #live = 0;
  /** What `forward` keeps for `backward` is there: backward gives its memory to gradients. */
  #forwarded = false;

  constructor(blueprint: Blueprint, session: Session) {
    super(blueprint, session);
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

  /** Sync calls run on the calling thread: with a crew they would leave it idle, and between two slices the memory is another call's. */
  protected refuseSync(name: string): void {
    this.session.refuseBusy();
    if (this.session.crew) throw new OptionError(`${name}Sync: the network ${this.workers > 1 ? `has ${this.workers} workers` : 'runs in a worker'}; use ${name}, or compile with workers: 1${this.workers > 1 ? '' : ' and without inWorker'}`);
  }

  #atOnce<T>(name: string, work: () => Work<T>): T {
    this.refuseSync(name);
    const { range, finish } = work();
    return finish(this.session.run(range, this.#live));
  }

  #inTurn<T>(work: () => Work<T>, signal?: AbortSignal): Promise<T> {
    return this.session.inTurn(async () => {
      signal?.throwIfAborted();
      const { range, finish } = work();
      return finish(await this.session.runAll(range, this.#live, signal));
    });
  }

  /**
   * Forward, loss, backward and update over at most `batchSize` images. Throws DivergedError, the weights left as they were, when the loss is
   * not finite. A signal that comes before the update ends it with its reason: weights, optimizer state and running statistics are then
   * those before the step, and gradients that waited for an update are dropped.
   */
  step(images: Images, targets: Targets, { signal }: RunOptions = {}): Promise<{ loss: number }> {
    return this.#inTurn(() => this.#step(images, targets), signal);
  }

  /** As `step`, at once: one call of the kernels. */
  stepSync(images: Images, targets: Targets): { loss: number } {
    return this.#atOnce('step', () => this.#step(images, targets));
  }

  #step(images: Images, targets: Targets): Work<{ loss: number }> {
    const train = this.#training('step');
    if (!this.blueprint.options.optimizer) throw new OptionError('step: compile was given no optimizer');
    this.#writeBatch(train, images, targets);
    return { range: train.all, finish: (code) => {
      const loss = this.#loss(train, code);
      this.session.updated();
      return { loss };
    } };
  }

  /** Loss and gradients without an update; gradients add up until `update`. */
  lossAndGradients(images: Images, targets: Targets, { signal }: RunOptions = {}): Promise<{ loss: number; gradients: Map<string, Tensor> }> {
    return this.#inTurn(() => this.#lossAndGradients(images, targets), signal);
  }

  lossAndGradientsSync(images: Images, targets: Targets): { loss: number; gradients: Map<string, Tensor> } {
    return this.#atOnce('lossAndGradients', () => this.#lossAndGradients(images, targets));
  }

  #lossAndGradients(images: Images, targets: Targets): Work<{ loss: number; gradients: Map<string, Tensor> }> {
    const train = this.#training('lossAndGradients');
    this.#writeBatch(train, images, targets);
    return { range: { first: 0, last: train.backward.last }, finish: (code) => {
      const loss = this.#loss(train, code);
      this.session.pending = true;
      return { loss, gradients: this.gradients() };
    } };
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

  /** The loss of a run that ended with `code`; throws where it is not finite. */
  #loss(train: TrainPlan, code: number): number {
    if (code === RUN_NOT_FINITE) throw divergence(this, train, this.#live);
    return this.session.floats(train.lossTensors!.loss)[0]!;
  }

  /** The outputs of the training program, for a loss of one's own. */
  forward(images: Images, { signal }: RunOptions = {}): Promise<Tensor> {
    return this.#inTurn(() => this.#forward(images), signal);
  }

  forwardSync(images: Images): Tensor {
    return this.#atOnce('forward', () => this.#forward(images));
  }

  #forward(images: Images): Work<Tensor> {
    const train = this.#training('forward');
    this.#writeImages(train, images);
    return { range: train.forward, finish: () => {
      this.#forwarded = true;
      const size = elements(this.outputShape);
      return { data: this.session.floats(train.output.buffer, this.#live * size).slice(), shape: [this.#live, ...this.outputShape] };
    } };
  }

  /** Gradients of everything, from the loss's gradient by the outputs of the last `forward`, once each. They add up until `update`. */
  backward(gradOutput: Tensor | Float32Array, { signal }: RunOptions = {}): Promise<void> {
    return this.#inTurn(() => this.#backward(gradOutput), signal);
  }

  backwardSync(gradOutput: Tensor | Float32Array): void {
    this.#atOnce('backward', () => this.#backward(gradOutput));
  }

  #backward(gradOutput: Tensor | Float32Array): Work<void> {
    const train = this.#training('backward');
    const data = gradOutput instanceof Float32Array ? gradOutput : gradOutput.data;
    const expected = this.#live * elements(this.outputShape);
    if (!this.#forwarded) throw new OptionError('backward: call forward first');
    if (data.length !== expected) throw new ShapeError(`backward: ${data.length} numbers given, expected ${expected} (${show([this.#live, ...this.outputShape])})`);
    this.session.floats(train.outputGradient).set(data);
    this.#forwarded = false;
    return { range: train.backward, finish: () => void (this.session.pending = true) };
  }

  /** One update with the gradients as they stand. */
  update(): Promise<void> {
    return this.#inTurn(() => this.#update());
  }

  updateSync(): void {
    this.#atOnce('update', () => this.#update());
  }

  #update(): Work<void> {
    const { update: range } = this.#training('update');
    if (!this.blueprint.options.optimizer) throw new OptionError('update: compile was given no optimizer');
    return { range, finish: () => this.session.updated() };
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
}
