import { UnsupportedError } from '../src/core/errors.js';
import { elements, type Shape } from '../src/core/shape.js';
import { Dropout, Dropout2d, type Layer } from '../src/layers/index.js';
import type { Exact, Numbers } from '../test/oracle/array.js';
import { sampled, type Case } from './case.js';
import { imagesLast, Kernel } from './kernel.js';
import { LAYERS, type LayerOperator, type Weights } from './layerops.js';
import { numbers } from './numbers.js';
import { SUM_TOLERANCE, type Check } from './reference.js';
import { sizeOf, type Workload } from './workloads.js';

// One layer of one operand per row: forward, backward (by the input), or the gradient of its weight.

/** A layer in a memory of its own, with input, weights and residual written. */
interface Standing {
  readonly kernel: Kernel;
  readonly x: Numbers & { readonly data: Float32Array };
  readonly dy: Numbers & { readonly data: Float32Array };
  readonly weights: Weights;
}

function stand(layer: Layer, n: number, shape: Shape): Standing {
  const kernel = new Kernel(n, true, (p) => {
    const x = imagesLast(p, 'x', shape, true);
    return { inputs: { x }, output: p.layer('layer', layer, x) };
  });
  const x = numbers(n * elements(shape), 1, 3);
  kernel.write(kernel.wired.inputs['x']!, x);
  const weights: Record<string, Numbers> = {};
  for (const [name, parameter] of kernel.plan.store.parameters) {
    const data = numbers(elements(parameter.shape), 7);
    kernel.writeParameter(parameter, data);
    weights[name.slice('layer.'.length)] = { data, shape: parameter.shape };
  }
  const out = kernel.wired.output.shape;
  const dy = numbers(n * elements(out), 2);
  kernel.write(kernel.residual, dy);
  return { kernel, x: { data: x, shape: [n, ...shape] }, dy: { data: dy, shape: [n, ...out] }, weights };
}

/** The check against the whole of an exact result. */
export function against(name: string, got: () => Float32Array, exact: () => Exact): () => string | null {
  return sampled((): Check => {
    const { data, magnitude } = exact();
    return { name, got: got(), expected: (i) => ({ value: data[i]!, magnitude: magnitude[i]! }), tolerance: SUM_TOLERANCE };
  });
}

/** Builds the row of a layer. Throws UnsupportedError for an operator or a pass that this bench does not know. */
export function layerCase(workload: Workload): Case {
  const op = String(workload.op);
  const [n, c, w] = sizeOf(workload, 'N', 'C', 'W') as [number, number, number];
  if (Object.hasOwn(DROPOUTS, op)) return dropoutCase(workload, DROPOUTS[op]!(), n, [c, ...sizeOf(workload, 'H'), w]);
  const operator = Object.hasOwn(LAYERS, op) ? LAYERS[op] : undefined;
  if (!operator) throw new UnsupportedError(`unknown layer ${op}, expected one of ${[...Object.keys(LAYERS), ...Object.keys(DROPOUTS)].join(', ')}`);
  const shape = operator.sequence ? [c, w] : [c, ...sizeOf(workload, 'H'), w];
  return passCase(workload, operator, stand(operator.layer(workload), n, shape));
}

function passCase(workload: Workload, operator: LayerOperator, { kernel, x, dy, weights }: Standing): Case {
  const { id, pass = 'forward' } = workload;
  const flops = 2 * dy.data.length * (operator.terms?.(workload) ?? 0);
  const moved = flops > 0 ? 0 : 4 * (x.data.length + dy.data.length);
  if (pass === 'forward') {
    const check = against('y', () => kernel.read(kernel.wired.output), () => operator.forward(x, weights, workload));
    return { id, flops, bytes: moved, run: () => kernel.run(kernel.forward), check };
  }
  kernel.run(kernel.forward);
  const expected = (name: string) => (): Exact => operator.backward(x, dy, weights, workload)[name]!;
  if (pass === 'backward') {
    const input = kernel.wired.inputs['x']!;
    const dx = kernel.gradient(input);
    // An element-wise slope needs x or y beside dy; a pooling or an upsampling needs neither.
    const reread = moved > 0 && x.data.length === dy.data.length ? 4 * x.data.length : 0;
    return { id, flops, bytes: moved + reread, run: kernel.runnerFor(kernel.backward, dx), check: against('dx', () => kernel.read(input, dx), expected('input')) };
  }
  const parameter = kernel.parameter(`layer.${pass}`);
  if (!parameter) throw new UnsupportedError(`unknown pass ${pass}, expected forward, backward, or a weight's name`);
  return { id, flops, bytes: moved, run: kernel.runnerFor(kernel.backward, kernel.gradient(parameter)), check: against(`d ${pass}`, () => kernel.readGradient(parameter), expected(pass)) };
}

const DROPOUTS: Readonly<Record<string, () => Layer>> = { dropout: () => new Dropout(0.5), dropout2d: () => new Dropout2d(0.5) };

/** Each number is 0 or doubled, and half of them are 0, within six deviations of what is drawn. */
function dropoutCase({ id, pass = 'forward' }: Workload, layer: Layer, n: number, shape: Shape): Case {
  const { kernel, x, dy } = stand(layer, n, shape);
  const input = kernel.wired.inputs['x']!;
  const forward = pass === 'forward';
  const check = (): string | null => {
    const [from, got] = forward ? [x.data, kernel.read(kernel.wired.output)] : [dy.data, kernel.read(input, kernel.gradient(input))];
    const wrong = got.findIndex((value, i) => value !== 0 && value !== 2 * from[i]!);
    if (wrong >= 0) return `y[${wrong}] is ${got[wrong]}, expected 0 or ${2 * from[wrong]!}`;
    const draws = layer instanceof Dropout2d ? n * shape[0]! : got.length;
    const zeros = got.reduce((sum, value) => sum + Number(value === 0), 0) / got.length;
    return Math.abs(zeros - 0.5) <= 3 / Math.sqrt(draws) ? null : `a fraction of ${zeros} is 0, expected about 0.5`;
  };
  const run = forward ? () => kernel.run(kernel.forward) : kernel.runnerFor(kernel.backward, kernel.gradient(input));
  return { id, flops: 0, bytes: 8 * x.data.length, run, check };
}
