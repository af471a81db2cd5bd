// Records of: activations, softmax and dropout.

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
