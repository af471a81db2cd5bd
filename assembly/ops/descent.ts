import { CONTROL_RATE } from "../abi";

// What every optimizer's kernel starts from.

/** Vectors that one call of an optimizer's loop takes. */
export const BLOCK: i32 = 256;

/** Learning rate of this run for a group of parameters: the network's times the group's factor. */
// @ts-ignore: decorator
@inline
export function rateOf(control: usize, factor: f32): f64 {
  return <f64>load<f32>(control, CONTROL_RATE) * <f64>factor;
}

/** ±g + decay·w; a decay of 0 leaves w unread, so that an infinite weight stays infinite. */
// @ts-ignore: decorator
@inline
export function gradientAt(dw: usize, maximize: i32, decay: f32, w: v128): v128 {
  let g = v128.load(dw);
  if (maximize) g = f32x4.neg(g);
  return decay != 0 ? f32x4.add(g, f32x4.mul(f32x4.splat(decay), w)) : g;
}
