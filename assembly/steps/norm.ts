// Records of: normalisation.

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
