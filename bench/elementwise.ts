import { STORE } from '../assembly/abi.js';
import { UnsupportedError } from '../src/core/errors.js';
import { AvgPool2d, ReLU, ScaleShift2d, Sigmoid, Softmax, Tanh, type Layer } from '../src/layers/index.js';
import { PLAIN } from '../src/plan/layout.js';
import type { Plan } from '../src/plan/plan.js';
import { planClip, type Clip } from '../src/training/clip.js';
import { adagrad, adam, rmsprop, sgd, type Optimizer } from '../src/training/optimizers.js';
import { sampled, type Case } from './case.js';
import { imagesLast, Kernel, type Wired } from './kernel.js';
import { numbers } from './numbers.js';
import { channelSumAt, POINTWISE_TOLERANCE, SUM_TOLERANCE, type Check, type Exact } from './reference.js';
import { sizeOf, type Workload } from './workloads.js';

// Steps that touch every number once: their measure is the bandwidth of a copy.

/** x and dy of the row, [n, c, pixels] in row-major order. */
interface Given {
  readonly n: number;
  readonly c: number;
  readonly pixels: number;
  readonly x: Float32Array;
  readonly dy: Float32Array;
}

interface Operator {
  readonly layer: (c: number) => Layer;
  readonly forward: (g: Given, i: number) => Exact;
  readonly backward: (g: Given, i: number) => Exact;
}

const near = (value: number, magnitude = Math.max(1, Math.abs(value))): Exact => ({ value, magnitude });

function pointwise(layer: () => Layer, f: (x: number) => number, slope: (x: number) => number): Operator {
  return { layer, forward: ({ x }, i) => near(f(x[i]!)), backward: ({ x, dy }, i) => near(slope(x[i]!) * dy[i]!) };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const channelOf = ({ c, pixels }: Given, i: number): number => Math.floor(i / pixels) % c;
const scaleOf = (c: number): Float32Array => numbers(c, 7);

/** Softmax over the channels of the pixel of element i; `weigh` sums dy · y over them too. */
function softmaxAt({ c, pixels, x, dy }: Given, i: number): { y: number; weighted: number } {
  const first = Math.floor(i / (c * pixels)) * c * pixels + (i % pixels);
  let [sum, weighted] = [0, 0];
  for (let at = first, k = 0; k < c; at += pixels, k++) {
    sum += Math.exp(x[at]!);
    weighted += Math.exp(x[at]!) * dy[at]!;
  }
  return { y: Math.exp(x[i]!) / sum, weighted: weighted / sum };
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  relu: pointwise(() => new ReLU(), (x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)),
  tanh: pointwise(() => new Tanh(), Math.tanh, (x) => 1 - Math.tanh(x) ** 2),
  sigmoid: pointwise(() => new Sigmoid(), sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))),
  softmax: {
    layer: () => new Softmax(1),
    forward: (g, i) => near(softmaxAt(g, i).y),
    backward: (g, i) => {
      const { y, weighted } = softmaxAt(g, i);
      return near(y * (g.dy[i]! - weighted));
    },
  },
  scale: {
    layer: (c) => new ScaleShift2d(c),
    forward: (g, i) => near(g.x[i]! * scaleOf(g.c)[channelOf(g, i)]! + scaleOf(g.c)[channelOf(g, i)]!),
    backward: (g, i) => near(g.dy[i]! * scaleOf(g.c)[channelOf(g, i)]!),
  },
};

/** Builds the row of `op`: forward, backward (by x), weight or bias gradient. */
export function elementwiseCase(workload: Workload): Case {
  const op = String(workload.op);
  const [n, c, h, w] = sizeOf(workload, 'N', 'C', 'H', 'W') as [number, number, number, number];
  const size = n * c * h * w;
  const given: Given = { n, c, pixels: h * w, x: numbers(size, 1, 3), dy: numbers(size, 2) };
  const pass = workload.pass ?? 'forward';
  if (Object.hasOwn(STEPS, op)) return stepCase(workload.id, STEPS[op]!, given);
  if (op === 'avgpool') return averageCase(workload.id, given, h, w, pass);
  if (!Object.hasOwn(OPERATORS, op)) {
    throw new UnsupportedError(`unknown operator ${op}, expected one of ${[...Object.keys(OPERATORS), ...Object.keys(STEPS), 'avgpool'].join(', ')}`);
  }
  return layerCase(workload.id, OPERATORS[op]!, given, [c, h, w], pass);
}

function layerKernel(layer: Layer, given: Given, shape: readonly number[]): Kernel {
  const kernel = new Kernel(given.n, true, (p) => {
    const x = imagesLast(p, 'x', shape, true);
    return { inputs: { x }, output: p.layer('layer', layer, x) };
  });
  kernel.write(kernel.wired.inputs['x']!, given.x);
  for (const parameter of kernel.plan.store.parameters.values()) kernel.writeParameter(parameter, scaleOf(given.c));
  return kernel;
}

function layerCase(id: string, operator: Operator, given: Given, shape: readonly number[], pass: string): Case {
  const kernel = layerKernel(operator.layer(given.c), given, shape);
  const { inputs, output } = kernel.wired;
  const x = inputs['x']!;
  kernel.write(kernel.residual, given.dy);
  const size = given.x.length;
  if (pass === 'forward') {
    const check = (): Check => ({ name: 'y', got: kernel.read(output), expected: (i) => operator.forward(given, i), tolerance: POINTWISE_TOLERANCE });
    return { id, flops: 0, bytes: 8 * size, run: () => kernel.run(kernel.forward), check: sampled(check) };
  }
  kernel.run(kernel.forward);
  if (pass === 'backward') {
    const dx = kernel.gradient(x);
    const check = (): Check => ({ name: 'dx', got: kernel.read(x, dx), expected: (i) => operator.backward(given, i), tolerance: POINTWISE_TOLERANCE });
    return { id, flops: 0, bytes: 12 * size, run: kernel.runnerFor(kernel.backward, dx), check: sampled(check) };
  }
  const parameter = kernel.parameter(`layer.${pass}`);
  if (!parameter) throw new UnsupportedError(`unknown pass ${pass}, expected forward, backward, weight or bias`);
  const factor = pass === 'weight' ? (i: number): number => given.x[i]! : (): number => 1;
  const check = (): Check => ({
    name: `d ${pass}`, got: kernel.readGradient(parameter), expected: (k) => channelSumAt(given.dy, given.c, given.pixels, k, factor), tolerance: SUM_TOLERANCE,
  });
  return { id, flops: 0, bytes: (pass === 'weight' ? 8 : 4) * size, run: kernel.runnerFor(kernel.backward, kernel.gradient(parameter)), check: sampled(check) };
}

/** 2x2 windows at stride 2. */
function averageCase(id: string, given: Given, h: number, w: number, pass: string): Case {
  const kernel = layerKernel(new AvgPool2d(2), given, [given.c, h, w]);
  const { inputs, output } = kernel.wired;
  const [x, [ho, wo]] = [inputs['x']!, [h >> 1, w >> 1]];
  const planes = given.n * given.c;
  const dy = numbers(planes * ho * wo, 3);
  kernel.write(kernel.residual, dy);
  const dx = kernel.gradient(x);
  const forwardAt = (i: number): Exact => {
    const at = Math.floor(i / (ho * wo)) * h * w + 2 * Math.floor((i % (ho * wo)) / wo) * w + 2 * (i % wo);
    return near((given.x[at]! + given.x[at + 1]! + given.x[at + w]! + given.x[at + w + 1]!) / 4);
  };
  const backwardAt = (i: number): Exact => {
    const [row, column] = [Math.floor((i % (h * w)) / w) >> 1, (i % w) >> 1];
    return near(row < ho && column < wo ? dy[(Math.floor(i / (h * w)) * ho + row) * wo + column]! / 4 : 0);
  };
  const bytes = 4 * (given.x.length + dy.length);
  return pass === 'forward'
    ? { id, flops: 0, bytes, run: () => kernel.run(kernel.forward), check: sampled(() => ({ name: 'y', got: kernel.read(output), expected: forwardAt, tolerance: POINTWISE_TOLERANCE })) }
    : { id, flops: 0, bytes, run: kernel.runnerFor(kernel.backward, dx), check: sampled(() => ({ name: 'dx', got: kernel.read(x, dx), expected: backwardAt, tolerance: POINTWISE_TOLERANCE })) };
}

/** Steps that no layer of one operand states. */
interface StepOperator {
  /** Tensors read and written. */
  readonly passes: number;
  /** Numbers of the result, where it is no tensor like x. */
  readonly results?: number;
  readonly build: (p: Plan, g: Given) => Wired;
  readonly expected: (g: Given, i: number) => Exact;
}

function operands(p: Plan, g: Given): { x: ReturnType<Plan['input']>; z: ReturnType<Plan['input']> } {
  return { x: p.input('x', [g.c * g.pixels]), z: p.input('z', [g.c * g.pixels]) };
}

/** The second update of x by the gradient z, from means of 0; `by` is how far it moves against a gradient. */
function optimizerOperator(passes: number, optimizer: Optimizer, by: (gradient: number) => number): StepOperator {
  return {
    passes,
    build: (p, g) => {
      const { x, z } = operands(p, g);
      const parameter = { name: 'x', shape: [g.x.length], layout: PLAIN, init: { kind: 'constant', value: 0 }, buffer: x.buffer, trainable: true, count: g.x.length } as const;
      optimizer.plan(p, parameter, z.buffer);
      return { inputs: { x, z }, output: x };
    },
    expected: ({ x, dy }, i) => near(x[i]! - by(dy[i]!)),
  };
}

/** Gradients clipped in place; by their norm they are read twice. */
function clipOperator(passes: number, clip: Clip, clipped: (x: number, norm: () => number) => number): StepOperator {
  return {
    passes,
    build: (p, g) => {
      const { x, z } = operands(p, g);
      planClip(p, [x.buffer], clip);
      return { inputs: { x, z }, output: x };
    },
    expected: ({ x }, i) => near(clipped(x[i]!, () => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0)))),
  };
}

const STEPS: Readonly<Record<string, StepOperator>> = {
  clip_norm: clipOperator(3, { norm: 1 }, (x, norm) => x / norm()),
  clip_value: clipOperator(2, { value: 1 }, (x) => Math.max(-1, Math.min(1, x))),
  add: {
    passes: 3,
    build: (p, g) => {
      const { x, z } = operands(p, g);
      const output = p.activation(x.shape, x, { name: 'y' });
      const columns = g.c * g.pixels;
      p.step('axpby', { x, z, y: output, rows: g.n, columns, zRow: columns, zColumn: 1, alpha: 1, beta: 1 });
      return { inputs: { x, z }, output };
    },
    expected: ({ x, dy }, i) => near(x[i]! + dy[i]!),
  },
  multiply: {
    passes: 3,
    build: (p, g) => {
      const { x, z } = operands(p, g);
      const output = p.activation(x.shape, x, { name: 'y' });
      p.step('multiply', { x, by: z, y: output, length: g.x.length });
      return { inputs: { x, z }, output };
    },
    expected: ({ x, dy }, i) => near(x[i]! * dy[i]!),
  },
  transpose: {
    passes: 2,
    build: (p, g) => {
      const { x, z } = operands(p, g);
      const output = p.activation([g.pixels, g.c], x, { name: 'y' });
      p.step('transpose', { x, y: output, rows: g.c, columns: g.pixels, accumulate: STORE });
      return { inputs: { x, z }, output };
    },
    expected: ({ x, c, pixels }, i) => near(x[Math.floor(i / (c * pixels)) * c * pixels + (i % c) * pixels + (Math.floor(i / c) % pixels)]!),
  },
  sum: {
    passes: 1, results: 1,
    build: (p, g) => {
      const { x, z } = operands(p, g);
      const output = { ...x, shape: [1], buffer: p.workspace('y', g.n) };
      p.step('sumTo', {
        x, y: output, s0: 1, s1: 1, s2: 1, s3: g.x.length, keep0: 0, keep1: 0, keep2: 0, keep3: 0, alpha: 1, accumulate: STORE,
      });
      return { inputs: { x, z }, output };
    },
    expected: ({ x }) => channelSumAt(x, 1, x.length, 0),
  },
  sgd: optimizerOperator(5, sgd({ lr: 0.01, momentum: 0.9 }), (g) => 0.01 * g),
  adam: optimizerOperator(7, adam({ lr: 0.01 }), (g) => (0.01 * 0.1 * g) / 0.19 / (Math.sqrt((0.001 * g * g) / (1 - 0.999 ** 2)) + 1e-8)),
  rmsprop: optimizerOperator(5, rmsprop({ lr: 0.01 }), (g) => (0.01 * g) / (Math.sqrt(0.01 * g * g) + 1e-8)),
  adagrad: optimizerOperator(5, adagrad({ lr: 0.01 }), (g) => (0.01 * g) / (Math.abs(g) + 1e-10)),
};

function stepCase(id: string, operator: StepOperator, given: Given): Case {
  const kernel = new Kernel(given.n, false, (p) => operator.build(p, given));
  const { inputs, output } = kernel.wired;
  kernel.write(inputs['x']!, given.x);
  kernel.write(inputs['z']!, given.dy);
  return {
    id, flops: 0, bytes: 4 * operator.passes * given.x.length,
    run: () => kernel.run(kernel.forward),
    check: sampled(() => ({ name: 'y', got: kernel.read(output).subarray(0, operator.results), expected: (i) => operator.expected(given, i), tolerance: POINTWISE_TOLERANCE })),
  };
}
