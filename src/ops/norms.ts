import { OptionError, ShapeError } from '../core/errors.js';
import { elements, show, type Shape, type Tensor } from '../core/shape.js';
import { BatchNorm2d, epsilon } from '../layers/batchnorm.js';
import { LocalResponseNorm, type LocalResponseNormOptions } from '../layers/lrn.js';
import { GroupNorm, LayerNorm } from '../layers/norm.js';
import { byChannel, planChannelNorm, planTracking } from '../plan/channelnorm.js';
import type { Plan } from '../plan/plan.js';
import { planRowNorm } from '../plan/rownorm.js';
import type { Parameter, PlanTensor } from '../plan/tensor.js';
import { checkSize } from './layers.js';
import { operate, planned, type OpResult, type Port, type Values, type Wiring } from './run.js';

// Normalisations.

type Affine = 'input' | 'weight' | 'bias';

/** [n, c, ...] as n images [c, ...] of at least `rank` axes. */
function channels(op: string, x: Tensor, rank: number): { n: number; image: Shape; c: number } {
  checkSize(op, 'input', x);
  if (x.shape.length <= rank) throw new ShapeError(`${op}: input is ${show(x.shape)}, expected [n, channels${rank > 1 ? ', ...' : ''}]`);
  return { n: x.shape[0]!, image: x.shape.slice(1), c: x.shape[1]! };
}

function expectShape(op: string, name: string, x: Tensor | null, shape: Shape): void {
  if (x === null) return;
  checkSize(op, name, x);
  if (show(x.shape) !== show(shape)) throw new ShapeError(`${op}: ${name} is ${show(x.shape)}, expected ${show(shape)}`);
}

/** The operands weight and bias of a plan, where they are given. */
function operands(p: Plan, weight: Tensor | null, bias: Tensor | null, shape: Shape): { w: Parameter | null; b: Parameter | null; ports: Record<string, Port> } {
  const parameter = (name: string, x: Tensor | null): Parameter | null => x && p.parameter(name, shape, { kind: 'constant', value: 0 });
  const [w, b] = [parameter('weight', weight), parameter('bias', bias)];
  return { w, b, ports: { ...(w && { weight: w }), ...(b && { bias: b }) } };
}

const valuesOf = (x: Tensor, weight: Tensor | null, bias: Tensor | null): Record<string, Values> => ({
  input: x.data, ...(weight && { weight: weight.data }), ...(bias && { bias: bias.data }),
});

export interface BatchNormOpOptions {
  readonly runningMean?: Tensor | null;
  readonly runningVar?: Tensor | null;
  /** Normalises by x's own statistics and moves the running ones; default false: by the running ones. */
  readonly training?: boolean;
  /** Default 0.1; null: as the first batch of a cumulative mean. */
  readonly momentum?: number | null;
  readonly eps?: number;
}

export interface BatchNormResult extends OpResult<Affine> {
  /** The running statistics afterwards, where there were any. */
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
}

/** Batch normalisation of x [n, c, ...], as torch.nn.functional.batch_norm; weight and bias [c] or null. */
export function batchNorm(x: Tensor, weight: Tensor | null = null, bias: Tensor | null = null, options: BatchNormOpOptions = {}): BatchNormResult {
  const { n, image, c } = channels('batchNorm', x, 1);
  const { runningMean = null, runningVar = null, training = false, momentum: given = 0.1 } = options;
  const { eps, momentum } = new BatchNorm2d(c, { eps: options.eps ?? 1e-5, momentum: given });
  if ((runningMean === null) !== (runningVar === null)) throw new OptionError('batchNorm: one of runningMean and runningVar is given, expected both or none');
  if (!training && runningMean === null) throw new OptionError('batchNorm: training is false without runningMean and runningVar, expected running statistics to use');
  for (const [name, one] of Object.entries({ weight, bias, runningMean, runningVar })) expectShape('batchNorm', name, one, [c]);
  if (training && x.data.length === c) throw new ShapeError(`batchNorm: input is ${show(x.shape)}, expected more than one value per channel when training`);
  const tracks = runningMean !== null;
  const plan = planned('batchNorm', [x.shape, weight !== null, bias !== null, tracks, training, momentum, eps], n, (p) =>
    wireBatchNorm(p, image, { weight, bias, tracks, training, momentum, eps }));
  const running = tracks ? { runningMean: runningMean.data, runningVar: runningVar!.data, batches: new Int32Array(2) } : {};
  const values = { ...valuesOf(x, weight, bias), ...running };
  const { result, engine } = operate<Affine>(plan, values, x.shape, { input: x.shape, weight: [c], bias: [c] });
  const after = (name: string): Tensor | null => (tracks ? { data: engine.floats(plan.wiring.inputs[name]!.buffer.address, c).slice(), shape: [c] } : null);
  return { ...result, runningMean: after('runningMean'), runningVar: after('runningVar') };
}

interface BatchNormPlan {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly tracks: boolean;
  readonly training: boolean;
  readonly momentum: number | null;
  readonly eps: number;
}

function wireBatchNorm(p: Plan, image: Shape, { weight, bias, tracks, training, momentum, eps }: BatchNormPlan): Wiring {
  const c = image[0]!;
  const input = p.input('x', image, true);
  const { w, b, ports } = operands(p, weight, bias, [c]);
  const port = (name: string, dtype: 'f32' | 'i64') => p.runningBuffer(name, dtype === 'f32' ? [c] : [], dtype, 0);
  const running = tracks ? { mean: port('runningMean', 'f32'), variance: port('runningVar', 'f32'), batches: port('batches', 'i64') } : null;
  const x = byChannel(p, input);
  const { y, statistics } = planChannelNorm(p, x, { groups: c, perImage: false, eps, w, b, fixed: training ? null : running });
  if (training && running) planTracking(p, x, statistics, running, momentum);
  const kept = running && { runningMean: running.mean, runningVar: running.variance, batches: running.batches };
  return { inputs: { input, ...ports, ...kept }, output: p.plain(y) };
}

/** Group normalisation of x [n, c, ...], as torch.nn.functional.group_norm; weight and bias [c] or null. */
export function groupNorm(x: Tensor, numGroups: number, weight: Tensor | null = null, bias: Tensor | null = null, options: { readonly eps?: number } = {}): OpResult<Affine> {
  const { n, image, c } = channels('groupNorm', x, 1);
  const { eps } = new GroupNorm(numGroups, c, options);
  return overImage('groupNorm', x, n, image, weight, bias, { groups: numGroups, eps });
}

/** Instance normalisation of x [n, c, ...], as torch.nn.functional.instance_norm without running statistics; weight and bias [c] or null. */
export function instanceNorm(x: Tensor, weight: Tensor | null = null, bias: Tensor | null = null, options: { readonly eps?: number } = {}): OpResult<Affine> {
  const { n, image, c } = channels('instanceNorm', x, 2);
  if (elements(image) === c) throw new ShapeError(`instanceNorm: input is ${show(x.shape)}, expected more than one value per channel`);
  const { eps } = new GroupNorm(c, c, options);
  return overImage('instanceNorm', x, n, image, weight, bias, { groups: c, eps });
}

function overImage(
  op: string, x: Tensor, n: number, image: Shape, weight: Tensor | null, bias: Tensor | null, { groups, eps }: { groups: number; eps: number },
): OpResult<Affine> {
  const c = image[0]!;
  expectShape(op, 'weight', weight, [c]);
  expectShape(op, 'bias', bias, [c]);
  const plan = planned(op, [x.shape, groups, weight !== null, bias !== null, eps], n, (p) => {
    const input = p.input('x', image, true);
    const { w, b, ports } = operands(p, weight, bias, [c]);
    const { y } = planChannelNorm(p, byChannel(p, input), { groups, perImage: true, eps, w, b, fixed: null });
    return { inputs: { input, ...ports }, output: p.plain(y) };
  });
  return operate<Affine>(plan, valuesOf(x, weight, bias), x.shape, { input: x.shape, weight: [c], bias: [c] }).result;
}

/** Layer normalisation over the last axes of x, as torch.nn.functional.layer_norm; weight and bias of `normalizedShape` or null. */
export function layerNorm(
  x: Tensor, normalizedShape: number | Shape, weight: Tensor | null = null, bias: Tensor | null = null, options: { readonly eps?: number } = {},
): OpResult<Affine> {
  checkSize('layerNorm', 'input', x);
  const { normalizedShape: shape } = new LayerNorm(normalizedShape);
  const eps = epsilon('layerNorm', options.eps ?? 1e-5);
  if (show(x.shape.slice(-shape.length)) !== show(shape)) throw new ShapeError(`layerNorm: input is ${show(x.shape)}, expected [..., ${shape.join(', ')}]`);
  expectShape('layerNorm', 'weight', weight, shape);
  expectShape('layerNorm', 'bias', bias, shape);
  const length = elements(shape);
  const plan = planned('layerNorm', [x.data.length, length, weight !== null, bias !== null, eps], 1, (p) => {
    const input = p.input('x', [x.data.length / length, length], true);
    const { w, b, ports } = operands(p, weight, bias, [length]);
    return { inputs: { input, ...ports }, output: planRowNorm(p, input, length, eps, w, b) };
  });
  return operate<Affine>(plan, valuesOf(x, weight, bias), x.shape, { input: x.shape, weight: shape, bias: shape }).result;
}

/** Local response normalisation of x [n, c, ...] across channels, as torch.nn.functional.local_response_norm. */
export function localResponseNorm(x: Tensor, size: number, options: LocalResponseNormOptions = {}): OpResult<'input'> {
  const { n, image } = channels('localResponseNorm', x, 2);
  const layer = new LocalResponseNorm(size, options);
  const plan = planned('localResponseNorm', [x.shape, size, options], n, (p) => {
    const input: PlanTensor = p.input('x', image, true);
    return { inputs: { input }, output: p.plain(p.layer('localResponseNorm', layer, input)) };
  });
  return operate<'input'>(plan, { input: x.data }, x.shape, { input: x.shape }).result;
}
