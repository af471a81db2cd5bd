// Records of: convolutions by Winograd's transforms.

/** A 3x3 convolution with stride 1 by Winograd's F(m x m, 3x3), m = 4 or 2; in forward's and the weight gradient's terms x [n, hi, wi, ci], y [n, ho, wo, co].
 *  Tiles of m x m outputs are counted row by row over all images; `blockTiles` of them are transformed together. */
@unmanaged export class WinogradGeometry {
  op: i32;
  m: i32; ci: i32; hi: i32; wi: i32; co: i32; ho: i32; wo: i32;
  padTop: i32; padLeft: i32;
  blockTiles: i32; blockColumns: i32;
}

/** u = G·w·Gᵀ in blocks of `blockColumns` output channels: [block][(m + 2)²][columns/8][ci][8], planes and blocks on odd numbers of cache lines.
 *  `turned`: w are the panels of the convolution whose input gradient is wanted, [⌈ci/8⌉][3, 3, co][8]. */
@unmanaged export class WinogradWeightsStep extends WinogradGeometry {
  w: usize; u: usize; scratch: usize; scratchBytes: i32; turned: i32;
}

/** `u`: weights transformed beforehand; 0: this step transforms `w`. Ends as assembly/gemm/epilogue.ts has it. */
@unmanaged export class WinogradForwardStep extends WinogradGeometry {
  x: usize; w: usize; u: usize; b: usize; y: usize; scratch: usize;
  scratchBytes: i32; turned: i32; accumulate: i32;
  statistics: usize; addend: usize; clamp: i32; low: f32; high: f32; yRow: i32; yFrom: i32;
}

@unmanaged export class WinogradBackwardWeightStep extends WinogradGeometry {
  x: usize; dy: usize; dw: usize; scratch: usize; scratchBytes: i32; accumulate: i32;
}
