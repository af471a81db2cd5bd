// One record per kernel, fields in program order; src/plan/ops.ts mirrors them. Addresses are bytes, sizes count f32 elements.
// `perImage` sizes are multiplied by the control block's live images; a step over something else sets `images` to 0 or ignores them.

@unmanaged export class Step {
  op: i32;
}

/** c[i, j] (+)= Σ_k a[i, k] · b[k, j] for a batch of matrices; b in panels. */
@unmanaged export class GemmStep {
  op: i32;
  a: usize; b: usize; c: usize; scratch: usize;
  batch: i32; m: i32; n: i32; k: i32;
  aRow: i32; aTerm: i32;            // elements between rows and between terms of a: (k, 1), or (1, m) when transposed
  aBatch: i32; bBatch: i32;         // elements between the matrices of a batch; 0 where one serves all
  scratchBytes: i32; accumulate: i32;
}

/** Copies b [k, n], plain or transposed, into panels [⌈n/8⌉][k][8], zeros in the last panel's unused columns. */
@unmanaged export class PackPanelsStep {
  op: i32;
  b: usize; panels: usize;
  batch: i32; k: i32; n: i32;
  bTerm: i32; bColumn: i32;         // elements between terms and between columns of b: (n, 1), or (1, k) when transposed
  bBatch: i32;
}

/** y[r, co] = Σ x[r, ci] · w[co, ci] + b[co];  r over images · rows. */
@unmanaged export class LinearForwardStep {
  op: i32;
  x: usize; w: usize; b: usize; y: usize; scratch: usize;
  rows: i32; ci: i32; co: i32;
  scratchBytes: i32; relu: i32;
}

@unmanaged export class LinearBackwardInputStep {
  op: i32;
  dy: usize; w: usize; dx: usize;
  rows: i32; ci: i32; co: i32; accumulate: i32;
}

@unmanaged export class LinearBackwardWeightStep {
  op: i32;
  x: usize; dy: usize; dw: usize; scratch: usize;
  rows: i32; ci: i32; co: i32;
  scratchBytes: i32; accumulate: i32;
}

/** What every pass of a convolution knows. Layouts: x [n, hi, wi, ci], y [n, ho, wo, co], w panels [group][⌈co/8⌉][kh, kw, ci][8]. */
@unmanaged export class Conv2dGeometry {
  op: i32;
  ci: i32; hi: i32; wi: i32; co: i32; ho: i32; wo: i32;
  kh: i32; kw: i32; strideH: i32; strideW: i32;
  padTop: i32; padLeft: i32; padBottom: i32; padRight: i32;
  dilationH: i32; dilationW: i32; groups: i32;
}

@unmanaged export class Conv2dForwardStep extends Conv2dGeometry {
  x: usize; w: usize; b: usize; y: usize; scratch: usize;
  scratchBytes: i32; groupImages: i32; relu: i32; accumulate: i32;
}

/** Weights turned for the input gradient: [group][⌈ci/8⌉][phase, tap, co][8]. */
@unmanaged export class Conv2dRotateWeightStep extends Conv2dGeometry {
  w: usize; rotated: usize;
}

/** `b` is added to dx where it is given: this pass is a transposed convolution's forward. */
@unmanaged export class Conv2dBackwardInputStep extends Conv2dGeometry {
  dy: usize; rotated: usize; b: usize; dx: usize; scratch: usize;
  scratchBytes: i32; accumulate: i32;
}

@unmanaged export class Conv2dBackwardWeightStep extends Conv2dGeometry {
  x: usize; dy: usize; dw: usize; scratch: usize;
  scratchBytes: i32; groupImages: i32; accumulate: i32;
}

/** One filter per channel: w [kh, kw, c]; ci = co = groups = c. */
@unmanaged export class Depthwise2dForwardStep extends Conv2dGeometry {
  x: usize; w: usize; b: usize; y: usize; scratch: usize; scratchBytes: i32; relu: i32; accumulate: i32;
}

/** `b` is added to dx where it is given: this pass is a transposed convolution's forward. */
@unmanaged export class Depthwise2dBackwardInputStep extends Conv2dGeometry {
  dy: usize; w: usize; b: usize; dx: usize; scratch: usize; scratchBytes: i32; accumulate: i32;
}

@unmanaged export class Depthwise2dBackwardWeightStep extends Conv2dGeometry {
  x: usize; dy: usize; dw: usize; scratch: usize; scratchBytes: i32; accumulate: i32;
}

/** db[c] (+)= Σ over images · rows of dy[row, c]. */
@unmanaged export class BiasBackwardStep {
  op: i32;
  dy: usize; db: usize;
  rows: i32; c: i32; accumulate: i32;
}

/** Pooling windows over x [n, hi, wi, c]; `adaptive`: window o of ho covers rows ⌊o·hi/ho⌋ to ⌈(o + 1)·hi/ho⌉ − 1. */
@unmanaged export class Pool2dGeometry {
  op: i32;
  c: i32; hi: i32; wi: i32; ho: i32; wo: i32;
  kh: i32; kw: i32; strideH: i32; strideW: i32; padTop: i32; padLeft: i32;
  dilationH: i32; dilationW: i32; adaptive: i32;
}

/** argmax holds h·wi + w of the window's maximum, i32 [n, ho, wo, c]. */
@unmanaged export class MaxPool2dForwardStep extends Pool2dGeometry {
  x: usize; y: usize; argmax: usize;
}

@unmanaged export class MaxPool2dBackwardStep extends Pool2dGeometry {
  dy: usize; argmax: usize; dx: usize; accumulate: i32;
}

/** A window's sum is divided by `divisor`, or where that is 0 by its elements, padding counted or not. */
@unmanaged export class AvgPool2dGeometry extends Pool2dGeometry {
  padBottom: i32; padRight: i32; countIncludePad: i32; divisor: i32;
}

@unmanaged export class AvgPool2dForwardStep extends AvgPool2dGeometry {
  x: usize; y: usize;
}

@unmanaged export class AvgPool2dBackwardStep extends AvgPool2dGeometry {
  dy: usize; dx: usize; accumulate: i32;
}

/** y = f(x), images · length elements. `alpha` and `beta` are what the kind has for parameters (ops/activation.ts). */
@unmanaged export class ActivationForwardStep {
  op: i32;
  x: usize; y: usize;
  length: i32; kind: i32; alpha: f32; beta: f32;
}

/** dx (+)= dy · f'(x), written with `from`: x, or y for the kinds whose slope y tells. */
@unmanaged export class ActivationBackwardStep {
  op: i32;
  from: usize; dy: usize; dx: usize;
  length: i32; kind: i32; alpha: f32; beta: f32; accumulate: i32;
}

/** Over the middle axis of x [images · outer, length, inner]; `log` asks for the logarithm. */
@unmanaged export class SoftmaxForwardStep {
  op: i32;
  x: usize; y: usize;
  outer: i32; length: i32; inner: i32; log: i32;
}

@unmanaged export class SoftmaxBackwardStep {
  op: i32;
  y: usize; dy: usize; dx: usize;
  outer: i32; length: i32; inner: i32; log: i32; accumulate: i32;
}

/** One row of `classes` logits per image · position. `target` holds classes (i32), or probabilities [row, classes] when `dense`.
 *  rowLoss [row], rowWeight [row] (what the mean divides by), logSum [row, 2] = max x and log Σ e^(x − max). */
@unmanaged export class CrossEntropyForwardStep {
  op: i32;
  x: usize; target: usize; weight: usize; rowLoss: usize; rowWeight: usize; logSum: usize;
  rows: i32; classes: i32; dense: i32; ignoreIndex: i32; smoothing: f32;
}

@unmanaged export class CrossEntropyReduceStep {
  op: i32;
  rowLoss: usize; rowWeight: usize; loss: usize;
  rows: i32; reduction: i32;
}

@unmanaged export class CrossEntropyBackwardStep {
  op: i32;
  x: usize; target: usize; weight: usize; logSum: usize; loss: usize; dloss: usize; dx: usize;
  rows: i32; classes: i32; dense: i32; ignoreIndex: i32; smoothing: f32; reduction: i32; accumulate: i32;
}

/** Ends the run with RUN_NOT_FINITE when x[0] is NaN or infinite. */
@unmanaged export class GuardFiniteStep {
  op: i32;
  x: usize;
}

/** w -= rate · (g or its momentum), as torch.optim.SGD; fresh is 1 - dampening. `rateFactor` times the control block's rate, in every optimizer. */
@unmanaged export class SgdStep {
  op: i32;
  w: usize; dw: usize; velocity: usize;
  length: i32; rateFactor: f32;
  momentum: f32; fresh: f32; weightDecay: f32; nesterov: i32; maximize: i32;
}

/** y[i, j] = alpha · x[i, j] + beta · z[i · zRow + j · zColumn]; beta 0 does not read z. */
@unmanaged export class AxpbyStep {
  op: i32;
  x: usize; z: usize; y: usize;
  rows: i32; columns: i32; zRow: i32; zColumn: i32;
  alpha: f32; beta: f32;
}

/** y[a, b] (+)= alpha · Σ over the other axes of x [s0, s1, s2, s3] kept where keep0..3 is 1: sums a broadcast gradient back. */
@unmanaged export class SumToStep {
  op: i32;
  x: usize; y: usize;
  s0: i32; s1: i32; s2: i32; s3: i32;
  keep0: i32; keep1: i32; keep2: i32; keep3: i32;
  alpha: f32; accumulate: i32;
}

/** y[n, j, i] = x[n, i, j] per image: channels first to last and back. */
@unmanaged export class TransposeStep {
  op: i32;
  x: usize; y: usize;
  rows: i32; columns: i32; accumulate: i32;
}

/** y[i] = x[i] · by[i]. */
@unmanaged export class MultiplyStep {
  op: i32;
  x: usize; by: usize; y: usize;
  length: i32;
}

/** y[row, c] = x[row, c] · w[c] + b[c]. */
@unmanaged export class ChannelAffineForwardStep {
  op: i32;
  x: usize; w: usize; b: usize; y: usize;
  rows: i32; c: i32;
}

@unmanaged export class ChannelAffineBackwardInputStep {
  op: i32;
  dy: usize; w: usize; dx: usize;
  rows: i32; c: i32; accumulate: i32;
}

/** dw[c] (+)= Σ dy · x. */
@unmanaged export class ChannelAffineBackwardWeightStep {
  op: i32;
  x: usize; dy: usize; dw: usize;
  rows: i32; c: i32; accumulate: i32;
}

/** y = x, or w · x where x <= 0: x [images · rows, c], w [c], or [1] when `shared`. */
@unmanaged export class PreluForwardStep {
  op: i32;
  x: usize; w: usize; y: usize;
  rows: i32; c: i32; shared: i32;
}

@unmanaged export class PreluBackwardInputStep {
  op: i32;
  x: usize; w: usize; dy: usize; dx: usize;
  rows: i32; c: i32; shared: i32; accumulate: i32;
}

@unmanaged export class PreluBackwardWeightStep {
  op: i32;
  x: usize; dy: usize; dw: usize;
  rows: i32; c: i32; shared: i32; accumulate: i32;
}

/** y (+)= x · mask · scale over images · length elements; mask 1 where 32 random bits are at least `threshold` (u32). `stream` is the layer's. */
@unmanaged export class DropoutStep {
  op: i32;
  x: usize; y: usize;
  length: i32; stream: i32; threshold: i32; scale: f32; accumulate: i32;
}

/** The same with one bit of mask per image and channel: x [images, pixels, c]. */
@unmanaged export class Dropout2dStep {
  op: i32;
  x: usize; y: usize;
  pixels: i32; c: i32; stream: i32; threshold: i32; scale: f32; accumulate: i32;
}

/** Losses of images · length pairs (x, target), each times `weight` [length] unless 0. `each` [images · length] takes them one by one,
 *  or is 0; `sums` has one number per block of PAIR_BLOCK. `parameter`: beta of smooth L1, delta of Huber. `positive` [length]: the weight of 1s. */
@unmanaged export class PairLossForwardStep {
  op: i32;
  x: usize; target: usize; weight: usize; positive: usize; each: usize; sums: usize;
  length: i32; kind: i32; parameter: f32;
}

/** loss [2]: the reduced loss, and what each gradient is multiplied by. */
@unmanaged export class PairLossReduceStep {
  op: i32;
  sums: usize; loss: usize;
  length: i32; reduction: i32;
}

@unmanaged export class PairLossBackwardStep {
  op: i32;
  x: usize; target: usize; weight: usize; positive: usize; loss: usize; dloss: usize; dx: usize;
  length: i32; kind: i32; parameter: f32; reduction: i32; accumulate: i32;
}

/** loss[row] = −weight[target] · x[row, target]: fields as of CrossEntropyForwardStep. */
@unmanaged export class NllForwardStep {
  op: i32;
  x: usize; target: usize; weight: usize; rowLoss: usize; rowWeight: usize;
  rows: i32; classes: i32; ignoreIndex: i32;
}

@unmanaged export class NllBackwardStep {
  op: i32;
  target: usize; weight: usize; loss: usize; dloss: usize; dx: usize;
  rows: i32; classes: i32; ignoreIndex: i32; reduction: i32; accumulate: i32;
}

/** y[row, co] = −Σ (x[row, ci] − w[co, ci])²;  rows over images · rows. */
@unmanaged export class RbfForwardStep {
  op: i32;
  x: usize; w: usize; y: usize;
  rows: i32; ci: i32; co: i32;
}

@unmanaged export class RbfBackwardInputStep {
  op: i32;
  x: usize; w: usize; dy: usize; dx: usize;
  rows: i32; ci: i32; co: i32; accumulate: i32;
}

@unmanaged export class RbfBackwardWeightStep {
  op: i32;
  x: usize; w: usize; dy: usize; dw: usize;
  rows: i32; ci: i32; co: i32; accumulate: i32;
}

/** loss[row] = −x[row, target], plus log(e^−j + Σ e^x) when `competitive`.
 *  logSum [row, 2] = top, the largest of −j and x, and log(e^(−j − top) + Σ e^(x − top)). */
@unmanaged export class RbfLossForwardStep {
  op: i32;
  x: usize; target: usize; rowLoss: usize; rowWeight: usize; logSum: usize;
  rows: i32; classes: i32; competitive: i32; j: f32;
}

@unmanaged export class RbfLossBackwardStep {
  op: i32;
  x: usize; target: usize; logSum: usize; loss: usize; dloss: usize; dx: usize;
  rows: i32; classes: i32; competitive: i32; reduction: i32; accumulate: i32;
}

@unmanaged export class Upsample2dGeometry {
  op: i32;
  c: i32; hi: i32; wi: i32; ho: i32; wo: i32;
}

/** rows [ho] and columns [wo] hold (i0, i1, w0, w1) as f32: the inputs that an output reads, and their weights. */
@unmanaged export class Upsample2dForwardStep extends Upsample2dGeometry {
  rows: usize; columns: usize; x: usize; y: usize; bilinear: i32;
}

/** rowWindows [hi] and columnWindows [wi] hold (first, one past the last, at) as f32: the outputs that read an input, and where their
 *  weights begin in rowWeights and columnWeights. */
@unmanaged export class Upsample2dBackwardStep extends Upsample2dGeometry {
  rowWindows: usize; columnWindows: usize; rowWeights: usize; columnWeights: usize;
  dy: usize; dx: usize; accumulate: i32;
}

/** w -= rate · m / (√v + eps) with bias corrections, as torch.optim.Adam; `decoupled` as AdamW. fresh is 1 - beta; maxExpAvgSq 0: no amsgrad. */
@unmanaged export class AdamStep {
  op: i32;
  w: usize; dw: usize; expAvg: usize; expAvgSq: usize; maxExpAvgSq: usize;
  length: i32; rateFactor: f32;
  beta1: f32; fresh1: f32; beta2: f32; fresh2: f32; eps: f32; weightDecay: f32; decoupled: i32; maximize: i32;
}

/** w -= rate · g / (√u + eps), as torch.optim.RMSprop; fresh is 1 - alpha. gradAvg 0: not centered; velocity 0: no momentum. */
@unmanaged export class RmspropStep {
  op: i32;
  w: usize; dw: usize; squareAvg: usize; gradAvg: usize; velocity: usize;
  length: i32; rateFactor: f32;
  alpha: f32; fresh: f32; eps: f32; momentum: f32; weightDecay: f32; maximize: i32;
}

/** w -= rate · g / (√sum + eps), as torch.optim.Adagrad; sum starts from `initial`. */
@unmanaged export class AdagradStep {
  op: i32;
  w: usize; dw: usize; sum: usize;
  length: i32; rateFactor: f32;
  lrDecay: f32; initial: f32; eps: f32; weightDecay: f32; maximize: i32;
}

/** sums (f64): Σ dw² of every NORM_CHUNK elements. */
@unmanaged export class SquareSumStep {
  op: i32;
  dw: usize; sums: usize;
  length: i32;
}

/** norm: the root of all sums so far and these `count` (f64), its square (f64), the factor that brings it down to `limit` (f32). */
@unmanaged export class GradientNormStep {
  op: i32;
  sums: usize; norm: usize;
  count: i32; limit: f32; accumulate: i32;
}

/** dw *= the factor beside norm. */
@unmanaged export class ClipScaleStep {
  op: i32;
  norm: usize; dw: usize;
  length: i32;
}

/** dw between -limit and limit. */
@unmanaged export class ClipValueStep {
  op: i32;
  dw: usize;
  length: i32; limit: f32;
}

/** Statistics of x [images · rows, c] per channel group, over each image (`perImage`) or over all; or from running ones, x not read,
 *  where `runningMean` is given. Leaves the rows that abi.ts lists. w and b may be none: 1 and 0. */
@unmanaged export class ChannelNormStatisticsStep {
  op: i32;
  x: usize; w: usize; b: usize; runningMean: usize; runningVar: usize; statistics: usize; scratch: usize;
  rows: i32; c: i32; groups: i32; perImage: i32; eps: f32; scratchBytes: i32;
}

/** running = (1 − m)·running + m·batch, the unbiased variance; m = momentum, or 1 / batches so far where momentum is negative. */
@unmanaged export class ChannelNormTrackStep {
  op: i32;
  statistics: usize; runningMean: usize; runningVar: usize; batches: usize;   // batches: i64
  rows: i32; c: i32; momentum: f32;
}

@unmanaged export class ChannelNormForwardStep {
  op: i32;
  x: usize; statistics: usize; y: usize;
  rows: i32; c: i32; perImage: i32;
}

/** `fixed`: the statistics do not depend on x. */
@unmanaged export class ChannelNormBackwardSumsStep {
  op: i32;
  x: usize; dy: usize; w: usize; statistics: usize; sums: usize; scratch: usize;
  rows: i32; c: i32; groups: i32; perImage: i32; fixed: i32; scratchBytes: i32;
}

@unmanaged export class ChannelNormBackwardInputStep {
  op: i32;
  x: usize; dy: usize; statistics: usize; sums: usize; dx: usize;
  rows: i32; c: i32; perImage: i32; fixed: i32; accumulate: i32;
}

/** dw (+)= Σ over segments of row `row` of the sums: SUM_DY for a bias, SUM_DY_XHAT for a weight. */
@unmanaged export class ChannelNormBackwardWeightStep {
  op: i32;
  sums: usize; dw: usize;
  row: i32; c: i32; perImage: i32; accumulate: i32;
}

/** y = x · (k + alpha Σ x²)^−beta, the sum over channels c − before .. c + after; x [images · rows, c]. beta = betaHigh + betaLow. */
@unmanaged export class LrnForwardStep {
  op: i32;
  x: usize; y: usize; scratch: usize;
  rows: i32; c: i32; before: i32; after: i32; alpha: f32; betaHigh: f32; betaLow: f32; k: f32; scratchBytes: i32;
}

@unmanaged export class LrnBackwardStep {
  op: i32;
  x: usize; dy: usize; dx: usize; scratch: usize;
  rows: i32; c: i32; before: i32; after: i32; alpha: f32; betaHigh: f32; betaLow: f32; k: f32; scratchBytes: i32; accumulate: i32;
}

/** y = (x − mean) · rstd over each row of x [images · rows, length]; keeps rstd [images · rows]. */
@unmanaged export class RowNormForwardStep {
  op: i32;
  x: usize; y: usize; rstd: usize;
  rows: i32; length: i32; eps: f32;
}

@unmanaged export class RowNormBackwardStep {
  op: i32;
  y: usize; dy: usize; rstd: usize; dx: usize;
  rows: i32; length: i32; accumulate: i32;
}
