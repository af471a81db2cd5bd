// One record per kernel, fields in program order; src/plan/ops.ts mirrors them. Addresses are bytes, sizes count f32 elements.
// Sizes are of one image unless a comment says otherwise; the kernels multiply them by the live images.

@unmanaged export class Step {
  op: i32;
}

export * from "./steps/activation";
export * from "./steps/conv";
export * from "./steps/dense";
export * from "./steps/join";
export * from "./steps/loss";
export * from "./steps/norm";
export * from "./steps/pool";
export * from "./steps/update";
export * from "./steps/winograd";
