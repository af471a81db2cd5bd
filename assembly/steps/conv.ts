// Records of: convolution.

/** What every pass of a convolution knows. Layouts: x [n, hi, wi, ci], y [n, ho, wo, co], w panels [group][⌈co/8⌉][kh, kw, ci][8]. */
@unmanaged export class Conv2dGeometry {
  op: i32;
  ci: i32; hi: i32; wi: i32; co: i32; ho: i32; wo: i32;
  kh: i32; kw: i32; strideH: i32; strideW: i32;
  padTop: i32; padLeft: i32; padBottom: i32; padRight: i32;
  dilationH: i32; dilationW: i32; groups: i32;
}

/** Ends as assembly/gemm/epilogue.ts has it. */
@unmanaged export class Conv2dForwardStep extends Conv2dGeometry {
  x: usize; w: usize; b: usize; y: usize; scratch: usize;
  scratchBytes: i32; groupImages: i32; accumulate: i32;
  statistics: usize; addend: usize; clamp: i32; low: f32; high: f32; yRow: i32; yFrom: i32;
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

/** One filter per channel: w [kh, kw, c]; ci = co = groups = c. Ends as assembly/gemm/epilogue.ts has it. */
@unmanaged export class Depthwise2dForwardStep extends Conv2dGeometry {
  x: usize; w: usize; b: usize; y: usize; scratch: usize; scratchBytes: i32; accumulate: i32;
  statistics: usize; addend: usize; clamp: i32; low: f32; high: f32; yRow: i32; yFrom: i32;
}

/** `b` is added to dx where it is given: this pass is a transposed convolution's forward. */
@unmanaged export class Depthwise2dBackwardInputStep extends Conv2dGeometry {
  dy: usize; w: usize; b: usize; dx: usize; scratch: usize; scratchBytes: i32; accumulate: i32;
}

@unmanaged export class Depthwise2dBackwardWeightStep extends Conv2dGeometry {
  x: usize; dy: usize; dw: usize; scratch: usize; scratchBytes: i32; accumulate: i32;
}
