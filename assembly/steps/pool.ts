// Records of: pooling and upsampling.

/** Pooling windows over x [n, hi, wi, c]; `adaptive`: window o of ho covers rows ⌊o·hi/ho⌋ to ⌈(o + 1)·hi/ho⌉ − 1. */
@unmanaged export class Pool2dGeometry {
  op: i32;
  c: i32; hi: i32; wi: i32; ho: i32; wo: i32;
  kh: i32; kw: i32; strideH: i32; strideW: i32; padTop: i32; padLeft: i32;
  dilationH: i32; dilationW: i32; adaptive: i32;
}

/** argmax holds h·wi + w of the window's maximum, i32 [n, ho, wo, c]; 0: nothing reads it. y's pixels are yRow elements apart, its first
 *  channel is yFrom; with argmax y has no other channels. */
@unmanaged export class MaxPool2dForwardStep extends Pool2dGeometry {
  x: usize; y: usize; argmax: usize; yRow: i32; yFrom: i32;
}

@unmanaged export class MaxPool2dBackwardStep extends Pool2dGeometry {
  dy: usize; argmax: usize; dx: usize; accumulate: i32;
}

/** x, argmax [n, pixels, c]; argmax holds places below `places`. */
@unmanaged export class MaxUnpool2dForwardStep {
  op: i32;
  x: usize; argmax: usize; y: usize;
  pixels: i32; places: i32; c: i32;
}

@unmanaged export class MaxUnpool2dBackwardStep {
  op: i32;
  dy: usize; argmax: usize; dx: usize;
  pixels: i32; places: i32; c: i32; accumulate: i32;
}

/** A window's sum is divided by `divisor`, or where that is 0 by its elements, padding counted or not. */
@unmanaged export class AvgPool2dGeometry extends Pool2dGeometry {
  padBottom: i32; padRight: i32; countIncludePad: i32; divisor: i32;
}

/** y as MaxPool2dForwardStep has it. */
@unmanaged export class AvgPool2dForwardStep extends AvgPool2dGeometry {
  x: usize; y: usize; yRow: i32; yFrom: i32;
}

@unmanaged export class AvgPool2dBackwardStep extends AvgPool2dGeometry {
  dy: usize; dx: usize; accumulate: i32;
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
