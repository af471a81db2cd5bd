import { planNetwork, type Blueprint, type CompileOptions } from './blueprint.js';
import { known } from './core/options.js';
import { elements } from './core/shape.js';
import { Convolution } from './layers/convolution.js';
import type { Layer } from './layers/layer.js';
import type { LayerRecord } from './plan/plan.js';
import type { Buffer, ReceptiveField } from './plan/tensor.js';

/** One layer of a summary. */
export interface SummaryRow {
  readonly name: string;
  readonly type: string;
  /** Without the batch. */
  readonly outputShape: readonly number[];
  readonly params: number;
  /** Multiply-accumulates for one image. */
  readonly macs: number;
  /** Input pixels that one output sees, [height, width], and the step between neighbours; null: all of them. */
  readonly receptiveField: { readonly size: readonly [number, number]; readonly step: readonly [number, number] } | null;
  readonly depth: number;
  /** True where rows below describe its inside. */
  readonly composite: boolean;
  /** What it would take without shared weights, where `compare` asks for it. */
  readonly unshared?: Unshared;
}

/** Parameters, were a convolution not to share its weights between places; those of other layers stay as they are. */
export interface Unshared {
  /** Locally connected: every output pixel has kernels and biases of its own, (kh·kw·ci/groups + 1)·co·ho·wo. */
  readonly local: number;
  /** Fully connected: every output sees every input, (ci·hi·wi + 1)·co·ho·wo. */
  readonly full: number;
}

export interface SummaryOptions {
  /** Compares the parameters of convolutions with those of locally and fully connected layers of the same shapes. Default false. */
  readonly compare?: boolean;
}

export interface SummaryMemory {
  /** Bytes to predict at batchSize: `weights`, `derived` and `activations` together. */
  readonly predict: number;
  /** Bytes of parameters and running statistics. */
  readonly weights: number;
  /** Bytes of what predicting derives from them once. */
  readonly derived: number;
  /** Bytes of it that are weights transformed for Winograd's convolutions, and bytes to predict with `winograd: false`, which has none. */
  readonly winograd: number;
  readonly withoutWinograd: number;
  /** Bytes of what predicting computes, scratch included. */
  readonly activations: number;
  /** Bytes to train at batchSize: weights, gradients, optimizer state, activations; null where compiled to predict only. */
  readonly train: number | null;
  readonly batchSize: number;
}

function field(of: ReceptiveField | null): SummaryRow['receptiveField'] {
  return of && { size: [of.height, of.width], step: [of.stepHeight, of.stepWidth] };
}

/** The record's parameters, and those of every convolution in it unshared. */
function unshare(of: LayerRecord, all: readonly LayerRecord[]): Unshared {
  let [local, full] = [of.parameters, of.parameters];
  for (const { path, layer, input, output, parameters } of all) {
    // A layer that is called again counts where it was first.
    if (!(layer instanceof Convolution) || parameters === 0 || !(path === of.path || of.path === '' || path.startsWith(`${of.path}.`))) continue;
    const outputs = elements(output.shape);
    local += parameters * (outputs / layer.outChannels - 1);
    full += outputs * (elements(input.shape) + Number(layer.bias)) - parameters;
  }
  return { local, full };
}

function row(record: LayerRecord): SummaryRow {
  return {
    name: record.path, type: record.type, outputShape: record.output.shape, params: record.parameters, macs: record.macs,
    receptiveField: field(record.output.field), depth: record.depth, composite: record.composite,
  };
}

/** Bytes to predict by convolutions as they are. */
function withoutWinograd(model: Layer, { options: { input, batchSize, workers, seed, fuse } }: Blueprint): number {
  return new Summary(planNetwork(model, { input, batchSize, workers, seed, fuse: fuse !== false, winograd: false })).memory.predict;
}

const count = (n: number): string => n.toLocaleString('en');
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;

/** What a network consists of: prints as a table, turns into JSON, or is read as a value. */
export class Summary {
  readonly model: string;
  readonly layers: readonly SummaryRow[];
  readonly params: number;
  readonly macs: number;
  readonly memory: SummaryMemory;
  readonly unshared?: Unshared;

  constructor(blueprint: Blueprint, options: SummaryOptions = {}) {
    known('summary', options, ['compare']);
    const { compare = false } = options;
    const { predict, train, arena, store } = blueprint;
    const [whole, ...layers] = predict.plan.layers;
    this.model = whole!.type;
    const unshared = (record: LayerRecord) => unshare(record, predict.plan.layers);
    this.layers = (layers.length > 0 ? layers : [whole!]).map((record) => ({ ...row(record), ...(compare && { unshared: unshared(record) }) }));
    if (compare) this.unshared = unshared(whole!);
    this.params = whole!.parameters;
    this.macs = whole!.macs;
    const weights = store.saved.reduce((sum, parameter) => sum + parameter.buffer.words * 4, 0);
    const { prepared: derived, lasting, shared } = arena;
    const activations = shared.at(-1)!;
    const winograd = predict.plan.steps.reduce((sum, { op, fields }) => sum + (op === 'winogradWeights' ? (fields['u'] as Buffer).words * 4 : 0), 0);
    this.memory = {
      predict: weights + derived + activations, weights, derived, activations, winograd,
      withoutWinograd: winograd ? withoutWinograd(whole!.layer, blueprint) : weights + derived + activations,
      train: train ? lasting + shared[0]! : null, batchSize: blueprint.options.batchSize,
    };
  }

  toJSON(): Pick<Summary, 'model' | 'params' | 'macs' | 'memory' | 'layers' | 'unshared'> {
    const { model, params, unshared, macs, memory, layers } = this;
    return { model, params, ...(unshared && { unshared }), macs, memory, layers };
  }

  /** The table, `depth` levels of layers inside layers deep. */
  table(depth = Infinity): string {
    const rows = this.layers.filter((layer) => layer.depth <= depth && !(layer.composite && layer.depth < depth));
    const cells = rows.map((layer) => [
      layer.name, layer.type, layer.outputShape.join('x'), layer.params ? count(layer.params) : '', ...unsharedCells(layer), layer.macs ? count(layer.macs) : '', showField(layer),
    ]);
    const { predict, weights, derived, activations, winograd, withoutWinograd: without, train, batchSize } = this.memory;
    const parts = `weights ${megabytes(weights)}, ${derived ? `derived from them ${megabytes(derived)}, ` : ''}activations ${megabytes(activations)}${winograd ? `; ${megabytes(without)} without Winograd's copies of the weights, ${megabytes(winograd)}` : ''}`;
    const memory = `memory at batch ${batchSize}: predict ${megabytes(predict)} (${parts})${train === null ? '' : `, train ${megabytes(train)}`}`;
    const compared = this.unshared ? ['locally connected', 'fully connected'] : [];
    const head = ['name', 'type', 'output', 'parameters', ...compared, 'MACs', 'receptive field (step)'];
    const total = ['total', '', '', count(this.params), ...unsharedCells(this), count(this.macs), memory];
    return align([head, ...cells, total]);
  }

  toString(): string {
    return this.table();
  }
}

function showField({ receptiveField }: SummaryRow): string {
  if (receptiveField === null) return 'all';
  const both = ([a, b]: readonly [number, number]): string => (a === b ? String(a) : `${a}x${b}`);
  return `${both(receptiveField.size)} (${both(receptiveField.step)})`;
}

function unsharedCells({ unshared }: { readonly unshared?: Unshared }): string[] {
  return unshared ? [unshared.local, unshared.full].map((n) => (n ? count(n) : '')) : [];
}

/** Columns side by side: the first two to the left, the others to the right, the last to the left. */
function align(table: string[][]): string {
  const last = table[0]!.length - 1;
  const widths = table[0]!.map((_, i) => Math.max(...table.slice(0, -1).map((cells) => cells[i]!.length), i < last ? table.at(-1)![i]!.length : 0));
  const cell = (text: string, i: number): string => (i < 2 ? text.padEnd(widths[i]!) : i === last ? text : text.padStart(widths[i]!));
  return table.map((cells) => cells.map(cell).join('  ').trimEnd()).join('\n');
}

/** Summarises a model without reserving its memory. */
export function summarize(model: Layer, options: CompileOptions, show: SummaryOptions = {}): Summary {
  return new Summary(planNetwork(model, options), show);
}
