// Records of: convolution.

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

/** `u`: weights transformed beforehand; 0: this step transforms `w`. */
@unmanaged export class WinogradForwardStep extends WinogradGeometry {
  x: usize; w: usize; u: usize; b: usize; y: usize; scratch: usize;
  scratchBytes: i32; turned: i32; relu: i32; accumulate: i32;
}

@unmanaged export class WinogradBackwardWeightStep extends WinogradGeometry {
  x: usize; dy: usize; dw: usize; scratch: usize; scratchBytes: i32; accumulate: i32;
}
