// Records of: losses.

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
