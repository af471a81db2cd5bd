import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY } from '../../assembly/abi.js';
import type { Layout } from './layout.js';
import type { Plan } from './plan.js';
import type { Buffer, Parameter, PlanTensor } from './tensor.js';

/** A convolution over channels-last images; sizes as the kernels' records name them. `ci` and `co` count all groups. */
export interface ConvGeometry {
  readonly ci: number;
  readonly hi: number;
  readonly wi: number;
  readonly co: number;
  readonly ho: number;
  readonly wo: number;
  readonly kh: number;
  readonly kw: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly padBottom: number;
  readonly padRight: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly groups: number;
}

/** Which kernels compute a convolution. */
export type ConvMethod = 'linear' | 'depthwise' | 'patches';

/**
 * The one table of choices; only the shape of one image enters.
 * - linear: the kernel covers the whole image, or is 1x1: rows of a matrix, no patches.
 * - depthwise: one filter per channel.
 * - patches: every other convolution, as a product over patches read in place.
 */
export function convMethod(g: ConvGeometry): ConvMethod {
  const padded = g.padTop + g.padLeft + g.padBottom + g.padRight > 0;
  const covers = g.kh === g.hi && g.kw === g.wi && g.dilationH === 1 && g.dilationW === 1;
  const pointwise = g.kh === 1 && g.kw === 1 && g.strideH === 1 && g.strideW === 1;
  if (g.groups === 1 && !padded && (covers || pointwise)) return 'linear';
  if (g.groups === g.ci && g.groups === g.co && g.groups > 1) return 'depthwise';
  return 'patches';
}

/** How the weights [co, ci/groups, kh, kw] lie for the method. */
export function convLayout(g: ConvGeometry): Layout {
  if (convMethod(g) === 'depthwise') return { kind: 'taps', c: g.ci, kh: g.kh, kw: g.kw };
  return { kind: 'panels', groups: g.groups, co: g.co / g.groups, ci: g.ci / g.groups, kh: g.kh, kw: g.kw };
}

/** Bytes at the start of a worker's scratch: the product record and the row table. */
const PRODUCT_AND_ROWS = PRODUCT_BYTES + ROW_BLOCK * ROW_ENTRY;
const VIEW_AND_PHASE = 128;
/** Pixels of neighbouring images that a weight gradient adds up before it joins the total. */
const WEIGHT_TERMS = 256;

export interface ConvTensors {
  readonly x: PlanTensor;
  readonly w: Parameter;
  readonly b: Parameter | null;
  readonly y: PlanTensor;
}

/** Emits the forward steps now and the backward steps for later. x and y lie channels last. */
export function planConvolution(p: Plan, g: ConvGeometry, t: ConvTensors): void {
  p.macs((g.ho * g.wo * g.co * g.ci * g.kh * g.kw) / g.groups);
  const method = convMethod(g);
  const passes = method === 'linear' ? linearPasses(p, g, t) : method === 'depthwise' ? depthwisePasses(p, g, t) : patchPasses(p, g, t);
  passes.forward();
  p.onBackward(t.y, (dy) => {
    if (t.b && p.needsGradient(t.b)) planBiasGradient(p, t.b, dy, g.ho * g.wo, g.co);
    if (p.needsGradient(t.w)) passes.backwardWeight(dy);
    if (p.needsGradient(t.x)) passes.backwardInput(dy);
  });
}

/** db += Σ dy over images and rows. */
export function planBiasGradient(p: Plan, b: Parameter, dy: Buffer, rows: number, c: number): void {
  const { dw: db, accumulate } = p.gradOfParameter(b);
  p.step('biasBackward', { dy, db, rows, c, accumulate });
}

interface Passes {
  forward(): void;
  backwardWeight(dy: Buffer): void;
  backwardInput(dy: Buffer): void;
}

function linearPasses(p: Plan, g: ConvGeometry, t: ConvTensors): Passes {
  return denseSteps(p, t, g.ho * g.wo, g.ci * g.kh * g.kw, g.co);
}

/** The three passes of y[r, co] = x[r, ci] · w + b, `rows` rows per image; weights in one group of panels. */
export function denseSteps(p: Plan, { x, w, b, y }: ConvTensors, rows: number, ci: number, co: number): Passes {
  return {
    forward: () => p.step('linearForward', { x, w, b, y, rows, ci, co, relu: 0, ...p.scratch(PRODUCT_AND_ROWS) }),
    backwardWeight: (dy) => p.step('linearBackwardWeight', { x, dy, rows, ci, co, ...p.gradOfParameter(w), ...p.scratch(PRODUCT_AND_ROWS) }),
    backwardInput: (dy) => p.step('linearBackwardInput', { dy, w, rows, ci, co, ...p.gradInto(x) }),
  };
}

function depthwisePasses(p: Plan, g: ConvGeometry, { x, w, b, y }: ConvTensors): Passes {
  return {
    forward: () => planDepthwise(p, g, x, w, b, y),
    backwardWeight: (dy) => p.step('depthwise2dBackwardWeight', { ...g, x, dy, ...p.gradOfParameter(w), ...p.scratch(ROW_3X3_BYTES + 9 * g.ci * 4 + 16) }),
    backwardInput: (dy) => planDepthwiseBackwardInput(p, g, x, w, dy),
  };
}

/** Bytes of the record that says which row a 3x3 kernel is at. */
const ROW_3X3_BYTES = 64;

/** y = one filter per channel over x; `w` holds [kh, kw, c]. */
export function planDepthwise(p: Plan, g: ConvGeometry, x: PlanTensor, w: { buffer: Buffer }, b: { buffer: Buffer } | null, y: PlanTensor): void {
  p.step('depthwise2dForward', { ...g, x, w, b, y, relu: 0, ...p.scratch(ROW_3X3_BYTES) });
}

export function planDepthwiseBackwardInput(p: Plan, g: ConvGeometry, x: PlanTensor, w: { buffer: Buffer }, dy: Buffer): void {
  p.step('depthwise2dBackwardInput', { ...g, dy, w, ...p.gradInto(x), ...p.scratch(ROW_3X3_BYTES) });
}

function patchPasses(p: Plan, g: ConvGeometry, { x, w, b, y }: ConvTensors): Passes {
  const pixels = g.ho * g.wo;
  const padded = g.padTop + g.padLeft + g.padBottom + g.padRight > 0;
  const imageBytes = padded ? (g.hi + g.padTop + g.padBottom) * (g.wi + g.padLeft + g.padRight) * g.ci * 4 : 0;
  const images = padded ? Math.ceil(ROW_BLOCK / pixels) : ROW_BLOCK;
  const weightImages = Math.ceil(WEIGHT_TERMS / pixels);
  const head = PRODUCT_AND_ROWS + VIEW_AND_PHASE + 64;
  return {
    forward: () =>
      p.step('conv2dForward', {
        ...g, x, w, b, y, relu: 0, groupImages: images, ...p.scratch(head + g.kh * g.kw * 4 + Math.min(images, p.batchSize) * imageBytes),
      }),
    backwardWeight: (dy) =>
      p.step('conv2dBackwardWeight', {
        ...g, x, dy, groupImages: weightImages, ...p.gradOfParameter(w),
        ...p.scratch(head + weightImages * g.ho * 4 + Math.min(weightImages, p.batchSize) * imageBytes),
      }),
    backwardInput: (dy) => {
      const rotated = p.workspace('rotated', g.groups * Math.ceil(g.ci / g.groups / PANEL) * g.kh * g.kw * (g.co / g.groups) * PANEL);
      p.step('conv2dRotateWeight', { ...g, w, rotated });
      p.step('conv2dBackwardInput', { ...g, dy, rotated, ...p.gradInto(x), ...p.scratch(head + g.kh * g.kw * 4 + borderedBytes(g)) });
    },
  };
}

/** Bytes of one image of dy with the zeros that the input gradient reads around it (as `border` in the kernel has them). */
function borderedBytes(g: ConvGeometry): number {
  const along = (kernel: number, dilation: number, stride: number, pad: number, input: number, output: number): number =>
    output + Math.max(0, Math.trunc(((kernel - 1) * dilation) / stride) - Math.trunc(pad / stride)) + Math.max(0, Math.trunc((pad + input - 1) / stride) - (output - 1));
  return along(g.kh, g.dilationH, g.strideH, g.padTop, g.hi, g.ho) * along(g.kw, g.dilationW, g.strideW, g.padLeft, g.wi, g.wo) * g.co * 4;
}
