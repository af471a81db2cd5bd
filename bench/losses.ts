import { UnsupportedError } from '../src/core/errors.js';
import { elements, type Shape } from '../src/core/shape.js';
import { bceWithLogits, crossEntropy, huber, l1, mse, nll, rbf, smoothL1, type Loss } from '../src/training/losses.js';
import type { Exact, Numbers } from '../test/oracle/array.js';
import { crossEntropyBackward, crossEntropyForward } from '../test/oracle/crossentropy.js';
import * as pairs from '../test/oracle/losses.js';
import { rbfLossBackward, rbfLossForward } from '../test/oracle/rbf.js';
import type { Case } from './case.js';
import { imagesLast, Kernel } from './kernel.js';
import { against } from './layers.js';
import { numbers } from './numbers.js';
import { sizeOf, type Workload } from './workloads.js';

// Losses, their mean: over classes x [n, classes, ...] with a class for each row, or number by number.

interface LossOperator {
  readonly loss: Loss;
  /** Targets are classes. */
  readonly classes: boolean;
  readonly forward: (x: Numbers, target: Numbers) => Exact;
  readonly backward: (x: Numbers, target: Numbers, dy: Numbers) => Exact;
}

const rows = { weight: null, reduction: 'mean', ignoreIndex: -100, labelSmoothing: 0 } as const;
const scores = { criterion: 'map', j: 1, reduction: 'mean' } as const;

function pairwise(loss: Loss, of: pairs.PairLoss | 'bce'): LossOperator {
  return {
    loss, classes: false,
    forward: (x, target) => pairs.pairLossForward(of, x, target, 'mean'), backward: (x, target, dy) => pairs.pairLossBackward(of, x, target, dy, 'mean'),
  };
}

const LOSSES: Readonly<Record<string, LossOperator>> = {
  cross_entropy: { loss: crossEntropy(), classes: true, forward: (x, t) => crossEntropyForward(x, t.data, rows), backward: (x, t, dy) => crossEntropyBackward(x, t.data, dy, rows) },
  nll: { loss: nll(), classes: true, forward: (x, t) => pairs.nllForward(x, t.data, rows), backward: (x, t, dy) => pairs.nllBackward(x, t.data, dy, rows) },
  rbf: { loss: rbf(), classes: true, forward: (x, t) => rbfLossForward(x, t.data, scores), backward: (x, t, dy) => rbfLossBackward(x, t.data, dy, scores) },
  mse: pairwise(mse(), pairs.mse),
  l1: pairwise(l1(), pairs.l1),
  smooth_l1: pairwise(smoothL1(), pairs.smoothL1(1)),
  huber: pairwise(huber(), pairs.huber(1)),
  bce: pairwise(bceWithLogits(), 'bce'),
};

/** Builds the row of a loss: forward, or backward by its input. Sizes beside N and C may be absent. */
export function lossCase(workload: Workload): Case {
  const { id, pass = 'forward' } = workload;
  const op = String(workload.op);
  const operator = Object.hasOwn(LOSSES, op) ? LOSSES[op] : undefined;
  if (!operator) throw new UnsupportedError(`unknown loss ${op}, expected one of ${Object.keys(LOSSES).join(', ')}`);
  const [n, c] = sizeOf(workload, 'N', 'C') as [number, number];
  const shape = workload.H === undefined ? [c] : [c, ...sizeOf(workload, 'H', 'W')];
  const { kernel, x, target } = stand(operator, n, shape);
  const dy: Numbers = { data: Float32Array.of(1), shape: [] };
  const size = x.data.length;
  const moved = operator.classes ? 4 * size : 8 * size;
  if (pass === 'forward') {
    return { id, flops: 0, bytes: moved, run: () => kernel.run(kernel.forward), check: against('loss', () => kernel.read(kernel.wired.output).subarray(0, 1), () => operator.forward(x, target)) };
  }
  kernel.run(kernel.forward);
  const input = kernel.wired.inputs['x']!;
  const dx = kernel.gradient(input);
  return { id, flops: 0, bytes: moved + 4 * size, run: kernel.runnerFor(kernel.backward, dx), check: against('dx', () => kernel.read(input, dx), () => operator.backward(x, target, dy)) };
}

function stand({ loss, classes }: LossOperator, n: number, shape: Shape): { kernel: Kernel; x: Numbers; target: Numbers } {
  const kernel = new Kernel(n, true, (p) => {
    const x = imagesLast(p, 'x', shape, true);
    const { target, loss: value, gradient } = loss.plan(p, x);
    const plain = { order: null, field: null };
    const inputs = { x, target: { name: 'target', shape: classes ? shape.slice(1) : shape, buffer: target, ...plain }, gradient: { name: 'gradient', shape: [], buffer: gradient, ...plain } };
    return { inputs, output: { name: 'loss', shape: [], buffer: value, ...plain } };
  });
  const x = { data: numbers(n * elements(shape), 1, 3), shape: [n, ...shape] };
  kernel.write(kernel.wired.inputs['x']!, x.data);
  const place = kernel.wired.inputs['target']!;
  const drawn = numbers(n * elements(place.shape), 5).map((value) => (classes ? Math.floor(Math.abs(value) * shape[0]!) : Math.abs(value)));
  if (classes) kernel.integers(place.buffer).set(drawn);
  else kernel.floats(place.buffer).set(drawn);
  kernel.floats(kernel.wired.inputs['gradient']!.buffer)[0] = 1;
  return { kernel, x, target: { data: drawn, shape: [n, ...place.shape] } };
}
