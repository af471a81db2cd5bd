// Records of: products, dense layers and element-wise steps.

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

/** y[r, co] = Σ x[r, ci] · w[co, ci] + b[co];  r over images · rows. Ends as assembly/gemm/epilogue.ts has it. */
@unmanaged export class LinearForwardStep {
  op: i32;
  x: usize; w: usize; b: usize; y: usize; scratch: usize;
  rows: i32; ci: i32; co: i32; scratchBytes: i32;
  statistics: usize; addend: usize; clamp: i32; low: f32; high: f32; yRow: i32; yFrom: i32;
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

/** db[c] (+)= Σ over images · rows of dy[row, c]. */
@unmanaged export class BiasBackwardStep {
  op: i32;
  dy: usize; db: usize;
  rows: i32; c: i32; accumulate: i32;
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
