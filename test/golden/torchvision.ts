import { FormatError, UnsupportedError } from '../../src/core/errors.js';
import { elements, show, type Shape } from '../../src/core/shape.js';
import { modelNamed } from '../../src/cli/models.js';
import { planNetwork } from '../../src/blueprint.js';
import { compile, losses, type Network } from '../../src/index.js';
import { BatchNorm1d, BatchNorm2d, Dropout, Dropout2d, type Layer } from '../../src/layers/index.js';
import type { LayerRecord } from '../../src/plan/plan.js';
import type { PlanTensor } from '../../src/plan/tensor.js';
import { checkOf, labelsOf, units, weightOf } from './formula.js';
import { Report } from './report.js';

// The kinds of the torchvision cases: what a network consists of, its outputs module by module, its gradients.

/** A case's file. Fields beyond these belong to one kind or are information. */
export interface TorchvisionCase {
  readonly kind: string;
  readonly model: string;
  readonly aux_logits: boolean | null;
  readonly input_shape: readonly number[];
  readonly [field: string]: unknown;
}

interface Module {
  readonly name: string;
  readonly call: number;
  readonly output_shape: Shape;
  readonly macs?: number;
}

interface Numbers {
  readonly name: string;
  readonly call: number;
  readonly shape: Shape;
  readonly mean: number;
  readonly std: number;
  readonly norm: number;
  readonly first8: readonly number[];
  readonly f32_max_abs_err: number;
  readonly max_abs: number;
  readonly atol: number;
}

const modelOf = ({ model, aux_logits: auxLogits }: TorchvisionCase): Promise<Layer> => modelNamed(model).build(auxLogits === null ? {} : { auxLogits });

/** The layers below the root by name and call, as `layer1.0.relu#1`. */
function modulesOf(records: readonly LayerRecord[]): Map<string, LayerRecord> {
  const calls = new Map<string, number>();
  const modules = new Map<string, LayerRecord>();
  for (const record of records) {
    if (record.path === '') continue;
    const call = calls.get(record.path) ?? 0;
    calls.set(record.path, call + 1);
    modules.set(`${record.path}#${call}`, record);
  }
  return modules;
}

/** torchvision_meta: state_dict, layers, counts; all exact. */
export async function runMeta(stored: TorchvisionCase): Promise<Report> {
  const report = new Report();
  const [n, ...input] = stored.input_shape as [number, ...number[]];
  const training = stored.aux_logits === true;
  const { store, train, predict } = planNetwork(await modelOf(stored), { input, batchSize: Math.max(n, 2), ...(training ? { loss: losses.crossEntropy() } : {}) });
  const { plan, output } = train ?? predict;
  const outputs = { logits: [n, ...output.shape], ...Object.fromEntries(plan.auxiliary.map(({ name, x }) => [`aux_logits${/\d*$/.exec(name)![0]}`, [n, ...x.shape]])) };
  const saved = store.saved.map((one) => [one.name, one.shape, 'dtype' in one && one.dtype === 'i64' ? 'int64' : 'float32', 'layout' in one ? 'parameter' : 'buffer']);
  const count = (kind: string): number => saved.filter((one) => one[3] === kind).reduce((sum, one) => sum + elements(one[1] as Shape), 0);
  report.equal('parameter_count', count('parameter'), stored['parameter_count']);
  report.equal('buffer_count', count('buffer'), stored['buffer_count']);
  report.equal('state_dict_keys', saved.length, stored['state_dict_keys']);
  (stored['state_dict'] as unknown[]).forEach((entry, i) => report.equal(`state_dict[${i}]`, saved[i], entry));
  report.equal('total_macs', plan.layers[0]!.macs, stored['total_macs']);
  report.equal('output_shape', sorted(training ? outputs : outputs.logits), sorted(stored['output_shape']));
  const modules = modulesOf(plan.layers);
  const layers = stored['layers'] as Module[];
  report.equal('layers', modules.size, layers.length);
  for (const { name, call, output_shape: shape, macs } of layers) {
    const record = modules.get(`${name}#${call}`);
    report.equal(`${name}, call ${call}: output_shape`, record && sorted(shapeOf(record, n, outputs, shape)), sorted(shape));
    if (macs !== undefined) report.equal(`${name}, call ${call}: macs`, record?.macs, macs);
  }
  return report;
}

/** A layer's output, that of a network with auxiliary heads under the outputs' names. */
const shapeOf = (record: LayerRecord, n: number, outputs: object, expected: unknown): unknown => (Array.isArray(expected) ? [n, ...record.output.shape] : outputs);

/** The same with an object's keys in order. */
const sorted = (value: unknown): unknown => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value);

/** Fills the network with the formula's weights and checks them and the images against what the file says. */
function fill(net: Network, stored: TorchvisionCase, report: Report): Float32Array<ArrayBuffer> {
  const seed = stored['seed'] as number;
  const names = new Set(net.stateDict.map(({ name }) => name));
  const checks = stored['weights_check'] as Record<string, { shape: Shape; first4: number[]; sum_u32: number }>;
  for (const { name, shape, dtype, write } of net.stateDict) {
    const values = weightOf(seed, name, shape, name.endsWith('weight') && names.has(name.replace(/weight$/, 'running_mean')));
    if (dtype !== 'I64') report.equal(`weights_check ${name}`, { shape, ...checkOf(values) }, checks[name]);
    write(dtype === 'I64' ? BigInt64Array.from(values, (value) => BigInt(value)) : values);
  }
  const missing = Object.keys(checks).filter((name) => !names.has(name));
  report.equal('weights that the network lacks', missing, []);
  const images = units(`${seed}:input`, elements(stored.input_shape));
  report.equal('input_check', checkOf(images), stored['input_check']);
  return images;
}

/** A tensor of the plan as users see it, `n` images of it. */
function valuesOf(net: Network, { buffer, shape, order }: PlanTensor, n: number): Float32Array {
  const size = elements(shape);
  const lying = net.engine.floats(buffer.address, n * size);
  if (order === null) return lying.slice();
  const { channels, pixels } = order;
  return Float32Array.from({ length: n * size }, (_, i) => {
    const [image, c, pixel] = [Math.floor(i / size), Math.floor((i % size) / pixels), i % pixels];
    return lying[image * size + pixel * channels + c]!;
  });
}

function compareModule(report: Report, label: string, values: Float32Array, expected: Numbers): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const atol = Math.max(32 * expected.f32_max_abs_err, 256 * 2 ** -23 * expected.max_abs);
  report.near(`${label}: mean`, mean, expected.mean, 1e-4, atol);
  report.near(`${label}: std`, std, expected.std, 1e-4, atol);
  expected.first8.forEach((one, i) => report.near(`${label}: first8[${i}]`, values[i], one, 1e-4, atol));
}

/** torchvision_forward: every module's output with nothing fused, and the logits, that way and as users run it. */
export async function runForward(stored: TorchvisionCase): Promise<Report> {
  const report = new Report();
  const [n, ...input] = stored.input_shape as [number, ...number[]];
  for (const fuse of [false, true]) {
    const net = await compile(await modelOf(stored), { input, batchSize: n, fuse });
    const logits = net.predictSync(fill(net, stored, report));
    report.equal('logits_shape', logits.shape, stored['logits_shape']);
    (stored['logits'] as number[]).forEach((one, i) => report.near(`${fuse ? '' : 'unfused '}logits[${i}]`, logits.data[i], one, stored['rtol'] as number, stored['atol'] as number));
    report.computed.set('logits', logits);
    if (!fuse) compareModules(report, net, stored['modules'] as Numbers[], n);
    await net.dispose();
  }
  return report;
}

function compareModules(report: Report, net: Network, expected: readonly Numbers[], n: number): void {
  const modules = modulesOf(net.blueprint.predict.plan.layers);
  report.equal('modules', modules.size, expected.length);
  for (const one of expected) {
    const label = `${one.name}, call ${one.call}`;
    const record = modules.get(`${one.name}#${one.call}`);
    report.equal(`${label}: shape`, record && [n, ...record.output.shape], one.shape);
    if (record && show([n, ...record.output.shape]) === show(one.shape)) compareModule(report, label, valuesOf(net, record.output, n), one);
  }
}

/** Every layer inside `layer`, itself included. */
function layersIn(layer: object, found = new Set<object>()): Set<object> {
  if (found.has(layer)) return found;
  found.add(layer);
  const inside = Object.values(layer).flatMap((value: unknown) => (value instanceof Map ? [...value.values()] : [value]));
  for (const value of inside) if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) layersIn(value as object, found);
  return found;
}

/** Without dropout; in mode eval batch normalisation uses the running statistics. */
function prepared(model: Layer, mode: unknown): Layer {
  if (mode !== 'train' && mode !== 'eval') throw new UnsupportedError(`mode ${String(mode)} is not supported`);
  for (const layer of layersIn(model)) {
    if (layer instanceof Dropout || layer instanceof Dropout2d) Object.assign(layer, { p: 0 });
    if (mode === 'eval' && (layer instanceof BatchNorm1d || layer instanceof BatchNorm2d)) Object.assign(layer, { frozen: true });
  }
  return model;
}

/** torchvision_train: loss, gradients and running statistics of one step. */
export async function runTrain(stored: TorchvisionCase): Promise<Report> {
  const report = new Report();
  const [n, ...input] = stored.input_shape as [number, ...number[]];
  const net = await compile(prepared(await modelOf(stored), stored['mode']), { input, batchSize: n, loss: losses.crossEntropy() });
  const images = fill(net, stored, report);
  const labels = labelsOf(stored['seed'] as number, n);
  report.equal('labels', [...labels], stored['labels']);
  const { loss, gradients } = net.lossAndGradientsSync(images, labels);
  report.near('loss', loss, stored['loss'] as number, stored['rtol'] as number, stored['atol'] as number);
  const expected = stored['gradients'] as Numbers[];
  report.equal('gradients', [...gradients.keys()].sort(), expected.map(({ name }) => name).sort());
  for (const one of expected) {
    const gradient = gradients.get(one.name);
    report.equal(`d ${one.name}: shape`, gradient?.shape, one.shape);
    const norm = Math.sqrt(gradient?.data.reduce((sum, value) => sum + value * value, 0) ?? NaN);
    report.near(`d ${one.name}: norm`, norm, one.norm, stored['norm_rtol'] as number, 0);
    one.first8.forEach((value, i) => report.near(`d ${one.name}[${i}]`, gradient?.data[i], value, 1e-3, one.atol));
    if (gradient) report.computed.set(one.name, gradient);
  }
  const state = new Map(net.stateDict.map((slot) => [slot.name, slot]));
  for (const one of stored['buffers_after'] as Numbers[]) {
    const values = state.get(one.name)?.read();
    one.first8.forEach((value, i) => report.near(`${one.name}[${i}]`, Number(values?.[i]), value, 1e-4, one.atol));
  }
  await net.dispose();
  return report;
}

const RUNNERS: Readonly<Record<string, (stored: TorchvisionCase) => Promise<Report>>> = {
  torchvision_meta: runMeta, torchvision_forward: runForward, torchvision_train: runTrain,
};

/** Whether `kind` is one of these. */
export const isTorchvision = (kind: string): boolean => Object.hasOwn(RUNNERS, kind);

/** Runs the case that `text` is. */
export async function runTorchvision(kind: string, text: string): Promise<Report> {
  const stored = JSON.parse(text) as TorchvisionCase;
  if (stored.kind !== kind || !Array.isArray(stored.input_shape)) throw new FormatError(`the file is of kind ${stored.kind}, expected ${kind} with an input_shape`);
  return RUNNERS[kind]!(stored);
}
