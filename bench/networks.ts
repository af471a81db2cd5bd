import { planNetwork, type Blueprint } from '../src/blueprint.js';
import { FormatError } from '../src/core/errors.js';
import { elements } from '../src/core/shape.js';
import { Network } from '../src/network.js';
import { layOut } from '../src/plan/arena.js';
import type { Range } from '../src/plan/plan.js';
import { recompute } from '../src/plan/recompute.js';
import { crossEntropy } from '../src/training/losses.js';
import { sgd } from '../src/training/optimizers.js';
import type { Case } from './case.js';
import { buildGraph } from './graph.js';
import { crossEntropyOf, forwardGraph } from './graphreference.js';
import { writeControl } from './kernel.js';
import { Runner, workersInUse } from './runner.js';
import { numbers } from './numbers.js';
import { sizeOf, type Node, type Workload, type WorkloadList } from './workloads.js';

// Whole networks: predicting (kind infer) and one step of training (kind train).

/** Largest error of an output, as a part of the largest exact one. */
const OUTPUT_TOLERANCE = 2e-5;
/** Largest error of a gradient, as a part of its parameter's largest one. */
const GRADIENT_TOLERANCE = 2e-3;
/** Runs of a training step before the weights are put back: on one batch the loss would fall to nothing. */
export const STEPS_PER_RESET = 64;

/** The plan of a workload's network: to train with cross-entropy and momentum, or to predict. Throws where a node cannot be built. */
export function planWorkload(workload: Workload, { nets }: WorkloadList): Blueprint {
  const nodes = nets[String(workload.net)];
  if (!nodes) throw new FormatError(`${workload.id}: no network ${String(workload.net)} among ${Object.keys(nets).join(', ')}`);
  const training = workload.kind !== 'infer';
  const { model, input } = buildGraph(nodes, training);
  const optimizer = sgd({ lr: workload.lr ?? 0.01, momentum: workload.momentum ?? 0.9 });
  return planNetwork(model, { input, batchSize: sizeOf(workload, 'N')[0]!, workers: workersInUse(), ...(training ? { loss: crossEntropy(), optimizer, memory: workload.memory ?? 'full' } : {}) }, recompute);
}

/** The same plan with memory of its own for what is written from outside: the program runs again and again on it. */
function keepInputs(blueprint: Blueprint): Blueprint {
  const { predict, train, store } = blueprint;
  const inputs = [[predict.images.buffer]];
  if (train) inputs.unshift([train.images.buffer, train.lossTensors!.target, train.lossTensors!.gradient]);
  for (const buffer of inputs.flat()) buffer.kept = true;
  const plans = train ? [train.plan, predict.plan] : [predict.plan];
  return { ...blueprint, arena: layOut(plans, store, inputs) };
}

/** A network with weights, images and labels in place. */
export class Bench {
  readonly nodes: readonly Node[];
  readonly network: Network;
  readonly images: Float32Array;
  readonly labels: Int32Array;
  readonly n: number;
  readonly rate: number;
  readonly #runner: Runner;
  #updates = 0;
  #start: [Float32Array, Float32Array][] = [];

  constructor(workload: Workload, list: WorkloadList) {
    const blueprint = keepInputs(planWorkload(workload, list));
    this.#runner = new Runner(blueprint.arena);
    this.network = new Network(blueprint, this.#runner.engine, null);
    this.nodes = list.nets[workload.net!]!;
    this.n = this.network.batchSize;
    this.rate = this.network.learningRate;
    // He's bound keeps the numbers of deep networks alive: outputs that are all bias would hide errors.
    this.network.parameters.forEach(({ name, shape, write }, i) => {
      const values = numbers(elements(shape), i + 1, shape.length > 1 ? Math.sqrt(6 / elements(shape.slice(1))) : 0.1);
      write(/^bn\d+\.weight$/.test(name) ? values.map((value) => 1 + value) : values);
    });
    this.images = numbers(this.n * elements(this.network.inputShape), 99);
    this.labels = Int32Array.from({ length: this.n }, (_, i) => i % this.network.outputShape[0]!);
    this.#writeInputs();
    this.#start = this.#lasting().map((view) => [view, view.slice()]);
    this.control();
  }

  #writeInputs(): void {
    const { engine } = this.network;
    const { predict, train } = this.blueprint;
    engine.floats(predict.images.buffer.address, this.images.length).set(this.images);
    if (!train) return;
    engine.floats(train.images.buffer.address, this.images.length).set(this.images);
    engine.integers(train.lossTensors!.target.address, this.n).set(this.labels);
    engine.floats(train.lossTensors!.gradient.address, 1)[0] = 1;
  }

  /** Weights and optimizer state, where there is training to change them. */
  #lasting(): Float32Array[] {
    const { store, train } = this.blueprint;
    if (!train) return [];
    const state = [...store.state.values()].flatMap((states) => [...states.values()]);
    return [...[...store.parameters.values()].map(({ buffer }) => buffer), ...state].map(({ address, words }) => this.network.engine.floats(address, words));
  }

  get blueprint(): Blueprint {
    return this.network.blueprint;
  }

  /** Puts weights and optimizer state back to the start. */
  reset(): void {
    for (const [view, values] of this.#start) view.set(values);
    this.#updates = 0;
    this.control();
  }

  control(): void {
    writeControl(this.network.engine, this.blueprint.arena.control, { live: this.n, rate: this.rate, updates: this.#updates });
  }

  run(range: Range): void | Promise<void> {
    return this.#runner.run(range);
  }

  /** One whole step of training. */
  step(): void | Promise<void> {
    const stepped = (): void => {
      if (this.#updates++ === 0) this.control();
    };
    const pending = this.run(this.blueprint.train!.all);
    return pending ? pending.then(stepped) : stepped();
  }

  /** The parameters as they are, in float64, by name. */
  weights(): Map<string, Float64Array> {
    return new Map(this.network.parameters.map(({ name, read }) => [name, Float64Array.from(read())]));
  }
}

/** Predicting: the program of prediction, weights prepared beforehand, without copying images in or outputs out. */
export function inferCase(workload: Workload, list: WorkloadList): Case {
  const bench = new Bench(workload, list);
  const { prepare, all, output } = bench.blueprint.predict;
  let prepared = false;
  return {
    id: workload.id, flops: workload.flops ?? 0, bytes: 0, images: bench.n,
    run: () => {
      const range = { first: prepared ? all.first : prepare.first, last: all.last };
      prepared = true;
      return bench.run(range);
    },
    check: () => {
      const expected = forwardGraph(bench.nodes, bench.weights(), bench.images, bench.n);
      return farApart('output', bench.network.engine.floats(output.buffer.address, expected.length), expected, OUTPUT_TOLERANCE);
    },
  };
}

function farApart(name: string, got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): string | null {
  let most = 0;
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(got[i]! - expected[i]!) <= tolerance * most)) return `${name}[${i}] is ${got[i]}, expected ${expected[i]}`;
  }
  return null;
}

/** One whole step: forward, loss, backward, update in one call. */
export function trainCase(workload: Workload, list: WorkloadList): Case {
  const bench = new Bench(workload, list);
  let steps = 0;
  return {
    id: workload.id, flops: workload.flops ?? 0, bytes: 0, images: bench.n,
    run: () => {
      steps++;
      return bench.step();
    },
    check: () => checkStep(bench),
    between: () => {
      if (steps < STEPS_PER_RESET) return;
      bench.reset();
      steps = 0;
    },
  };
}

/**
 * Checks the loss and gradients of a first step: the loss against float64, and for the largest gradients of some parameters
 * g ≈ (L(w + h) − L(w − h)) / 2h, both losses in float64. At most about two seconds.
 */
export function checkStep(bench: Bench, losses = lossAt): string | null {
  const gradients = bench.network.gradients();
  const got = bench.network.engine.floats(bench.blueprint.train!.lossTensors!.loss.address, 1)[0]!;
  bench.reset();
  const weights = bench.weights();
  const expected = losses(bench, weights);
  if (!(Math.abs(got - expected) <= OUTPUT_TOLERANCE * Math.max(1, Math.abs(expected)))) return `loss is ${got}, expected ${expected}`;
  const start = performance.now();
  for (const [name, gradient] of [...gradients].reverse()) {
    const wrong = checkGradient(bench, weights, name, gradient.data, losses);
    if (wrong !== null) return wrong;
    if (performance.now() - start > 2000) break;
  }
  return null;
}

function lossAt(bench: Bench, weights: Map<string, Float64Array>): number {
  return crossEntropyOf(forwardGraph(bench.nodes, weights, bench.images, bench.n), bench.labels);
}

function checkGradient(bench: Bench, weights: Map<string, Float64Array>, name: string, gradient: Float32Array, losses: typeof lossAt): string | null {
  const w = weights.get(name)!;
  let at = 0;
  for (let i = 0; i < gradient.length; i++) if (!(Math.abs(gradient[i]!) <= Math.abs(gradient[at]!))) at = i;
  const [held, h] = [w[at]!, 1e-5];
  w[at] = held + h;
  const above = losses(bench, weights);
  w[at] = held - h;
  const below = losses(bench, weights);
  w[at] = held;
  const expected = (above - below) / (2 * h);
  const close = Math.abs(gradient[at]! - expected) <= GRADIENT_TOLERANCE * Math.abs(expected) + 1e-6;
  return close ? null : `d ${name}[${at}] is ${gradient[at]}, expected ${expected}`;
}
