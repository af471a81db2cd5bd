import { PANEL, PRODUCT_BYTES, ROW_BLOCK, ROW_ENTRY, STORE, TERM_BLOCK } from '../../assembly/abi.js';
import { plainEpilogue } from './epilogue.js';
import type { Layout } from './layout.js';
import type { Plan } from './plan.js';
import type { Buffer, Parameter, PlanTensor } from './tensor.js';
import { winogradPasses } from './winograd.js';

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
export type ConvMethod = 'linear' | 'depthwise' | 'winograd4' | 'winograd2' | 'patches';

/** Side of the largest tile that Winograd's transforms may take; false: none. */
export type WinogradTile = 4 | 2 | false;

/**
 * The one table of choices; only the shape of one image enters, and the network's option `winograd`.
 * - linear: the kernel covers the whole image, or is 1x1: rows of a matrix, no patches.
 * - depthwise: one filter per channel.
 * - winograd4, winograd2: 3x3 with stride 1 and many channels, by tiles of 4x4 or 2x2 outputs.
 * - patches: every other convolution, as a product over patches read in place.
 */
export function convMethod(g: ConvGeometry, winograd: WinogradTile = 4): ConvMethod {
  const padded = g.padTop + g.padLeft + g.padBottom + g.padRight > 0;
  const covers = g.kh === g.hi && g.kw === g.wi && g.dilationH === 1 && g.dilationW === 1;
  const pointwise = g.kh === 1 && g.kw === 1 && g.strideH === 1 && g.strideW === 1;
  if (g.groups === 1 && !padded && (covers || pointwise)) return 'linear';
  if (g.groups === g.ci && g.groups === g.co && g.groups > 1) return 'depthwise';
  if (winograd && suitsWinograd(g, winograd)) return winograd === 4 ? 'winograd4' : 'winograd2';
  return 'patches';
}

/** The transforms are paid for: they grow with ci + co, the products that they save with ci · co; and the last tiles of a row or column may stand out. */
function suitsWinograd(g: ConvGeometry, tile: number): boolean {
  if (g.kh !== 3 || g.kw !== 3 || g.strideH !== 1 || g.strideW !== 1 || g.dilationH !== 1 || g.dilationW !== 1 || g.groups !== 1) return false;
  const fits = (h: number, w: number): boolean => h * w >= 16 && Math.ceil(h / tile) * Math.ceil(w / tile) * (tile + 2) ** 2 <= 0.6 * 9 * h * w;
  return g.ci >= 8 && g.co >= 8 && g.ci * g.co >= 256 && fits(g.ho, g.wo) && fits(g.hi, g.wi);
}

/** How the weights [co, ci/groups, kh, kw] lie for the method; `turned`: for a true convolution. */
export function convLayout(g: ConvGeometry, turned = false): Layout {
  if (convMethod(g) === 'depthwise') return { kind: 'taps', c: g.ci, kh: g.kh, kw: g.kw, turned };
  return { kind: 'panels', groups: g.groups, co: g.co / g.groups, ci: g.ci / g.groups, kh: g.kh, kw: g.kw, turned };
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
export function planConvolution(p: Plan, g: ConvGeometry, { x, w, b, y }: ConvTensors): void {
  p.macs((g.ho * g.wo * g.co * g.ci * g.kh * g.kw) / g.groups);
  const passes = passesOf(p, g, w);
  passes.forward(x, b, y.buffer, STORE);
  p.onBackward(y, (dy) => {
    if (b && p.needsGradient(b)) planBiasGradient(p, b, dy, g.ho * g.wo, g.co);
    if (p.needsGradient(w)) passes.backwardWeight(x, dy, p.gradOfParameter(w));
    if (p.needsGradient(x)) passes.backwardInput(dy, null, p.gradInto(x));
  });
}

/**
 * The transposed convolution of x [ci, hi, wi] is the input gradient of the convolution `g` that maps y's shape to x's: `g` has
 * y's sizes as its input and x's as its output. Its own gradients are that convolution's forward, and its weight gradient with
 * x and dy in each other's place.
 */
export function planTransposedConvolution(p: Plan, g: ConvGeometry, { x, w, b, y }: ConvTensors): void {
  p.macs((g.ho * g.wo * g.co * g.ci * g.kh * g.kw) / g.groups);
  const passes = convMethod(g) === 'linear' ? patchPasses(p, g, w) : passesOf(p, g, w);
  // A 1x1 kernel with output padding makes more pixels than it covers.
  const spreads = convMethod(g) === 'linear' && g.kh === g.hi && g.kw === g.wi;
  if (spreads) planSpread(p, g, { x, w, b, y });
  else passes.backwardInput(x.buffer, b, { dx: y.buffer, accumulate: STORE });
  p.onBackward(y, (dy) => {
    if (b && p.needsGradient(b)) planBiasGradient(p, b, dy, g.hi * g.wi, g.ci);
    if (p.needsGradient(w)) passes.backwardWeight({ buffer: dy }, x.buffer, p.gradOfParameter(w));
    if (!p.needsGradient(x)) return;
    const { dx, accumulate } = p.gradInto(x);
    passes.forward({ buffer: dy }, null, dx, accumulate);
  });
}

/** The transposed convolution of one pixel (the first layer of a generator): a product with the weights as they lie, then the bias. */
function planSpread(p: Plan, g: ConvGeometry, { x, w, b, y }: ConvTensors): void {
  p.step('linearBackwardInput', { dy: x, w, dx: y, rows: 1, ci: g.ci * g.kh * g.kw, co: g.co, accumulate: STORE });
  if (b) p.step('channelAffineForward', { x: y, w: p.constant('ones', new Float32Array(g.ci).fill(1)), b, y, rows: g.hi * g.wi, c: g.ci });
}

/** db += Σ dy over images and rows. */
export function planBiasGradient(p: Plan, b: Parameter, dy: Buffer, rows: number, c: number): void {
  const { dw: db, accumulate } = p.gradOfParameter(b);
  p.step('biasBackward', { dy, db, rows, c, accumulate });
}

interface Operand {
  readonly buffer: Buffer;
}

/** The three passes of a convolution with weights w. Where a bias is given it is added to the result. */
export interface Passes {
  forward(x: Operand, b: Parameter | null, y: Buffer, accumulate: number): void;
  backwardWeight(x: Operand, dy: Buffer, gradient: { dw: Buffer; accumulate: number }): void;
  backwardInput(dy: Buffer, b: Parameter | null, gradient: { dx: Buffer; accumulate: number }): void;
}

function passesOf(p: Plan, g: ConvGeometry, w: Parameter): Passes {
  const method = convMethod(g, p.winograd);
  if (method === 'linear') return linearPasses(p, g, w);
  if (method === 'depthwise') return depthwisePasses(p, g, w);
  return method === 'patches' ? patchPasses(p, g, w) : winogradPasses(p, g, w, method === 'winograd4' ? 4 : 2);
}

/** Pixels of an image from which on the weights are turned for the input gradient. */
const TURNING_PIXELS = 16;

function linearPasses(p: Plan, g: ConvGeometry, w: Parameter): Passes {
  const dense = densePasses(p, w, g.ho * g.wo, g.ci * g.kh * g.kw, g.co);
  return g.ho * g.wo < TURNING_PIXELS ? dense : { ...dense, backwardInput: patchPasses(p, g, w).backwardInput };
}

/** The passes of y[r, co] = x[r, ci] · w + b, `rows` rows per image; weights in one group of panels. Forward stores, and the input
 *  gradient takes no bias: not for a transposed convolution. */
export function densePasses(p: Plan, w: Parameter, rows: number, ci: number, co: number): Passes {
  return {
    forward: (x, b, y) => p.step('linearForward', { x, w, b, y, rows, ci, co, ...plainEpilogue(co), ...p.scratch(PRODUCT_AND_ROWS) }),
    backwardWeight: (x, dy, gradient) => p.step('linearBackwardWeight', { x, dy, rows, ci, co, ...gradient, ...p.scratch(PRODUCT_AND_ROWS) }),
    backwardInput: (dy, _, gradient) => p.step('linearBackwardInput', { dy, w, rows, ci, co, ...gradient }),
  };
}

function depthwisePasses(p: Plan, g: ConvGeometry, w: Parameter): Passes {
  return {
    forward: (x, b, y, accumulate) => planDepthwise(p, g, x, w, b, y, accumulate),
    backwardWeight: (x, dy, gradient) => p.step('depthwise2dBackwardWeight', { ...g, x, dy, ...gradient, ...p.scratch(ROW_3X3_BYTES + 2 * 9 * 16 * Math.ceil(g.ci / 4)) }),
    backwardInput: (dy, b, gradient) => planDepthwiseBackwardInput(p, g, dy, w, b, gradient),
  };
}

/** Bytes of the record that says which row a 3x3 kernel is at, and of a tile of its sums. */
const ROW_3X3_BYTES = 192;

function patchPasses(p: Plan, g: ConvGeometry, w: Parameter): Passes {
  const pixels = g.ho * g.wo;
  const padded = g.padTop + g.padLeft + g.padBottom + g.padRight > 0;
  const imageBytes = padded ? (g.hi + g.padTop + g.padBottom) * (g.wi + g.padLeft + g.padRight) * g.ci * 4 : 0;
  const images = padded ? Math.ceil(ROW_BLOCK / pixels) : ROW_BLOCK;
  const weightImages = Math.ceil(WEIGHT_TERMS / pixels);
  const head = PRODUCT_AND_ROWS + VIEW_AND_PHASE + 64;
  return {
    forward: (x, b, y, accumulate) =>
      p.step('conv2dForward', {
        ...g, x, w, b, y, accumulate, groupImages: images, ...plainEpilogue(g.co),
        ...p.scratch(head + g.kh * g.kw * 4 + Math.min(images, p.batchSize) * imageBytes),
      }),
    backwardWeight: (x, dy, gradient) =>
      p.step('conv2dBackwardWeight', {
        ...g, x, dy, groupImages: weightImages, ...gradient,
        ...p.scratch(head + weightImages * g.ho * 4 + Math.min(weightImages, p.batchSize) * imageBytes + packedBytes(g)),
      }),
    backwardInput: (dy, b, gradient) => {
      const panels = isScattered(g) ? Math.ceil((g.kh * g.kw * g.ci) / PANEL) : g.groups * Math.ceil(g.ci / g.groups / PANEL) * g.kh * g.kw;
      const rotated = p.workspace('rotated', (panels * g.co * PANEL) / g.groups);
      p.step('conv2dRotateWeight', { ...g, w, rotated });
      p.step('conv2dBackwardInput', { ...g, dy, rotated, b, ...gradient, ...p.scratch(head + g.kh * g.kw * 4 + borderedBytes(g)) });
    },
  };
}

/** The shapes that conv2dscatterinput.ts takes. */
function isScattered(g: ConvGeometry): boolean {
  return g.groups === 1 && g.dilationW === 1 && g.ci * 2 <= PANEL && g.co >= PANEL && g.kh * g.kw > 1;
}

/** Bytes of the chunks that the weight gradient copies where channels are many (as conv2dpackedweight.ts has them). */
function packedBytes(g: ConvGeometry): number {
  if (g.groups > 1 || g.ci < 32 || g.co < 64 || g.wo > TERM_BLOCK) return 0;
  return 64 + (ROW_BLOCK + Math.ceil(g.co / PANEL) * PANEL) * TERM_BLOCK * 4;
}

/** Bytes of one image of dy with the zeros that the input gradient reads around it (as `border` in the kernel has them). */
function borderedBytes(g: ConvGeometry): number {
  if (isScattered(g)) {
    // The products of a few rows of dy with all the kernel's terms.
    const rows = Math.floor((15 + g.wo) / g.wo) + 1;
    return rows * g.wo * Math.ceil((g.kh * g.kw * g.ci) / PANEL) * PANEL * 4;
  }
  if (g.groups === 1 && g.strideW === 1 && g.dilationW === 1 && g.kw > 1) return 0; // conv2dexactinput.ts copies nothing
  const along = (kernel: number, dilation: number, stride: number, pad: number, input: number, output: number): number =>
    output + Math.max(0, Math.trunc(((kernel - 1) * dilation) / stride) - Math.trunc(pad / stride)) + Math.max(0, Math.trunc((pad + input - 1) / stride) - (output - 1));
  const high = along(g.kh, g.dilationH, g.strideH, g.padTop, g.hi, g.ho), wide = along(g.kw, g.dilationW, g.strideW, g.padLeft, g.wi, g.wo);
  return high === g.ho && wide === g.wo ? 0 : high * wide * g.co * 4;
}

/** y (+)= one filter per channel over x, and the bias; `w` holds [kh, kw, c]. */
export function planDepthwise(p: Plan, g: ConvGeometry, x: Operand, w: Operand, b: Operand | null, y: Buffer, accumulate: number): void {
  p.step('depthwise2dForward', { ...g, x, w, b, y, accumulate, ...plainEpilogue(g.co), ...p.scratch(ROW_3X3_BYTES) });
}

export function planDepthwiseBackwardInput(p: Plan, g: ConvGeometry, dy: Buffer, w: Operand, b: Operand | null, gradient: { dx: Buffer; accumulate: number }): void {
  p.step('depthwise2dBackwardInput', { ...g, dy, w, b, ...gradient, ...p.scratch(ROW_3X3_BYTES) });
}
