import { UnsupportedError } from '../src/core/errors.js';
import { Conv2d, MaxPool2d } from '../src/layers/index.js';
import { matrix, planProduct } from '../src/plan/products.js';
import type { Plan } from '../src/plan/plan.js';
import { sampled, type Case } from './case.js';
import { elementwiseCase } from './elementwise.js';
import { imagesLast, Kernel, type Wired } from './kernel.js';
import { layerCase } from './layers.js';
import { lossCase } from './losses.js';
import { numbers } from './numbers.js';
import { convAt, convInputAt, convWeightAt, gemmAt, maximumAt, maxPoolInputAt, SUM_TOLERANCE, type ConvSizes, type Exact } from './reference.js';
import { sizeOf, type Workload } from './workloads.js';

// One kernel per row: products, convolutions and their gradients, pooling, element-wise steps.

type Prepare = (workload: Workload) => Case;

const KINDS: Readonly<Record<string, Prepare>> = {
  gemm: gemmCase,
  conv: convCase,
  conv_grad_input: convInputCase,
  conv_grad_weight: convWeightCase,
  maxpool: maxPoolCase,
  maxpool_fwd_bwd: maxPoolBothCase,
  elementwise: elementwiseCase,
  layer: layerCase,
  loss: lossCase,
};

/** Builds what a workload times. Throws UnsupportedError for a kind that this bench does not know. */
export function operatorCase(workload: Workload): Case {
  const prepare = Object.hasOwn(KINDS, workload.kind) ? KINDS[workload.kind] : undefined;
  if (!prepare) throw new UnsupportedError(`unknown kind ${workload.kind}, expected one of ${[...Object.keys(KINDS), 'infer', 'train', 'steps'].join(', ')}`);
  return prepare(workload);
}

function gemmCase(workload: Workload): Case {
  const [m, n, k] = sizeOf(workload, 'M', 'N', 'K') as [number, number, number];
  const kernel = new Kernel(1, false, (p) => {
    const [a, b] = [p.input('a', [m, k]), p.input('b', [k, n])];
    const output = p.activation([m, n], a, { name: 'c' });
    planProduct(p, 1, matrix(a), matrix(b), output.buffer);
    return { inputs: { a, b }, output };
  });
  const { inputs, output } = kernel.wired;
  const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
  kernel.write(inputs['a']!, a);
  kernel.write(inputs['b']!, b);
  return {
    id: workload.id, flops: workload.flops ?? 2 * m * n * k, bytes: 0,
    run: () => kernel.run(kernel.forward),
    check: sampled(() => ({ name: 'c', got: kernel.read(output), expected: (i) => gemmAt(a, b, k, n, i), tolerance: SUM_TOLERANCE })),
  };
}

function convSizes(workload: Workload): ConvSizes {
  const names = ['N', 'C', 'H', 'W', 'K', 'R', 'S', 'stride', 'pad', 'groups'] as const;
  const sizes = Object.fromEntries(sizeOf(workload, ...names).map((value, i) => [names[i], value])) as unknown as ConvSizes;
  return withOutput(sizes);
}

function withOutput(g: Omit<ConvSizes, 'P' | 'Q'>): ConvSizes {
  const along = (size: number, kernel: number): number => Math.floor((size + 2 * g.pad - kernel) / g.stride) + 1;
  return { ...g, P: along(g.H, g.R), Q: along(g.W, g.S) };
}

const flopsOf = (g: ConvSizes): number => (2 * g.N * g.P * g.Q * g.K * g.C * g.R * g.S) / g.groups;

function convolution(g: ConvSizes, training: boolean, inputGradient: boolean): Kernel {
  const layer = new Conv2d(g.C, g.K, [g.R, g.S], { stride: g.stride, padding: g.pad, groups: g.groups, bias: false });
  return new Kernel(g.N, training, (p: Plan): Wired => {
    const x = imagesLast(p, 'x', [g.C, g.H, g.W], inputGradient);
    return { inputs: { x }, output: p.layer('conv', layer, x) };
  });
}

const inputOf = (g: ConvSizes): Float32Array => numbers(g.N * g.C * g.H * g.W, 1);
const weightOf = (g: ConvSizes): Float32Array => numbers((g.K * g.C * g.R * g.S) / g.groups, 2);
const residualOf = (g: ConvSizes): Float32Array => numbers(g.N * g.K * g.P * g.Q, 3);

function convCase(workload: Workload): Case {
  const g = convSizes(workload);
  const kernel = convolution(g, workload.training ?? false, false);
  const [x, w] = [inputOf(g), weightOf(g)];
  kernel.write(kernel.wired.inputs['x']!, x);
  kernel.writeParameter(kernel.parameter('conv.weight'), w);
  const y = kernel.wired.output;
  return {
    id: workload.id, flops: workload.flops ?? flopsOf(g), bytes: g.groups > 1 ? 4 * (x.length + g.N * g.K * g.P * g.Q) : 0,
    run: kernel.runnerFor(kernel.forward, y.buffer),
    check: sampled(() => ({ name: 'y', got: kernel.read(y), expected: (i) => convAt(g, x, w, i), tolerance: SUM_TOLERANCE })),
  };
}

function convInputCase(workload: Workload): Case {
  const g = convSizes(workload);
  const kernel = convolution(g, true, true);
  const [w, dy] = [weightOf(g), residualOf(g)];
  kernel.writeParameter(kernel.parameter('conv.weight'), w);
  kernel.write(kernel.residual, dy);
  const x = kernel.wired.inputs['x']!;
  const dx = kernel.gradient(x);
  return {
    id: workload.id, flops: workload.flops ?? flopsOf(g), bytes: g.groups > 1 ? 4 * (x.buffer.words + dy.length) : 0,
    run: kernel.runnerFor(kernel.backward, dx),
    check: sampled(() => ({ name: 'dx', got: kernel.read(x, dx), expected: (i) => convInputAt(g, dy, w, i), tolerance: SUM_TOLERANCE })),
  };
}

function convWeightCase(workload: Workload): Case {
  const g = convSizes(workload);
  const kernel = convolution(g, true, false);
  const [x, dy] = [inputOf(g), residualOf(g)];
  kernel.write(kernel.wired.inputs['x']!, x);
  kernel.write(kernel.residual, dy);
  const weight = kernel.parameter('conv.weight');
  return {
    id: workload.id, flops: workload.flops ?? flopsOf(g), bytes: g.groups > 1 ? 4 * (x.length + dy.length) : 0,
    run: kernel.runnerFor(kernel.backward, kernel.gradient(weight)),
    check: sampled(() => ({ name: 'dw', got: kernel.readGradient(weight), expected: (i) => convWeightAt(g, x, dy, i), tolerance: SUM_TOLERANCE })),
  };
}

function poolSizes(workload: Workload): ConvSizes {
  const [N, C, H, W, R, S, stride, pad] = sizeOf(workload, 'N', 'C', 'H', 'W', 'R', 'S', 'stride', 'pad') as number[];
  return withOutput({ N, C, H, W, K: C, R, S, stride, pad, groups: C } as ConvSizes);
}

function maxPooling(g: ConvSizes, training: boolean): { kernel: Kernel; x: Float32Array } {
  const kernel = new Kernel(g.N, training, (p) => {
    const x = imagesLast(p, 'x', [g.C, g.H, g.W], training);
    return { inputs: { x }, output: p.layer('pool', new MaxPool2d([g.R, g.S], { stride: g.stride, padding: g.pad }), x) };
  });
  const x = inputOf(g);
  kernel.write(kernel.wired.inputs['x']!, x);
  return { kernel, x };
}

/** A value that is copied, not computed. */
const copied = (value: number): Exact => ({ value, magnitude: Math.abs(value) });

function maxPoolCase(workload: Workload): Case {
  const g = poolSizes(workload);
  const { kernel, x } = maxPooling(g, false);
  const y = kernel.wired.output;
  return {
    id: workload.id, flops: 0, bytes: 4 * (x.length + 2 * y.buffer.words),
    run: () => kernel.run(kernel.forward),
    check: sampled(() => ({ name: 'y', got: kernel.read(y), expected: (i) => copied(x[maximumAt(g, x, i)]!), tolerance: 0 })),
  };
}

function maxPoolBothCase(workload: Workload): Case {
  const g = poolSizes(workload);
  const { kernel, x } = maxPooling(g, true);
  const dy = residualOf(g);
  kernel.write(kernel.residual, dy);
  const input = kernel.wired.inputs['x']!;
  return {
    id: workload.id, flops: 0, bytes: 4 * (2 * x.length + 4 * dy.length),
    run: () => kernel.run(kernel.forward, kernel.backward),
    check: sampled(() => ({ name: 'dx', got: kernel.read(input, kernel.gradient(input)), expected: (i) => maxPoolInputAt(g, x, dy, i), tolerance: SUM_TOLERANCE })),
  };
}
