// Records of: optimizers and gradient clipping.

/** w -= rate · (g or its momentum), as torch.optim.SGD; fresh is 1 - dampening. `rateFactor` times the control block's rate, in every optimizer. */
@unmanaged export class SgdStep {
  op: i32;
  w: usize; dw: usize; velocity: usize;
  length: i32; rateFactor: f32;
  momentum: f32; fresh: f32; weightDecay: f32; nesterov: i32; maximize: i32;
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
