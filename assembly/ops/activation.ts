import { RELU, SIGMOID, TANH } from "../abi";
import { sigmoid4, tanh4 } from "../math";
import { storeLanes, zero } from "../simd";
import { share } from "../slice";
import { ActivationBackwardStep, ActivationForwardStep } from "../steps";

/** Elements that one call of a loop below takes: small enough that V8 meets its optimised code early in a first run. */
const BLOCK: i32 = 1024;

/** y = f(x). Split over blocks of elements; x and y may be one tensor. */
export function activationForward(s: ActivationForwardStep, live: i32, worker: i32, workers: i32): void {
  const length = live * s.length, blocks = (length + BLOCK - 1) / BLOCK;
  const last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) {
    const at = <usize>block * BLOCK << 2, count = min(BLOCK, length - block * BLOCK);
    if (s.kind == RELU) reluBlock(s.x + at, s.y + at, count);
    else if (s.kind == TANH) tanhBlock(s.x + at, s.y + at, count);
    else sigmoidBlock(s.x + at, s.y + at, count);
  }
}

/** dx (+)= dy · f'(x), from y. dx and dy may be one tensor. */
export function activationBackward(s: ActivationBackwardStep, live: i32, worker: i32, workers: i32): void {
  const length = live * s.length, blocks = (length + BLOCK - 1) / BLOCK;
  const last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) {
    const at = <usize>block * BLOCK << 2, count = min(BLOCK, length - block * BLOCK);
    slopeBlock(s.y + at, s.dy + at, s.dx + at, count, s.kind, s.accumulate);
  }
}

/** max(x, 0). */
function reluBlock(x: usize, y: usize, count: i32): void {
  const none = zero();
  for (; count >= 4; count -= 4, x += 16, y += 16) v128.store(y, f32x4.pmax(v128.load(x), none));
  storeLanes(y, f32x4.pmax(v128.load(x), none), count);
}

function tanhBlock(x: usize, y: usize, count: i32): void {
  for (; count >= 8; count -= 8, x += 32, y += 32) {
    const left = tanh4(v128.load(x)), right = tanh4(v128.load(x, 16));
    v128.store(y, left);
    v128.store(y, right, 16);
  }
  for (; count > 0; count -= 4, x += 16, y += 16) storeLanes(y, tanh4(v128.load(x)), count);
}

function sigmoidBlock(x: usize, y: usize, count: i32): void {
  for (; count > 0; count -= 4, x += 16, y += 16) storeLanes(y, sigmoid4(v128.load(x)), count);
}

/** dy · slope, the slope written with y: relu y > 0, tanh 1 − y², sigmoid y (1 − y). */
// @ts-ignore: decorator
@inline
function slope(y: v128, dy: v128, kind: i32): v128 {
  const one = f32x4.splat(1);
  if (kind == RELU) return v128.andnot(dy, f32x4.le(y, zero()));
  if (kind == TANH) return f32x4.mul(dy, f32x4.sub(one, f32x4.mul(y, y)));
  return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(one, y)));
}

function slopeBlock(y: usize, dy: usize, dx: usize, count: i32, kind: i32, accumulate: i32): void {
  for (; count > 0; count -= 4, y += 16, dy += 16, dx += 16) {
    let value = slope(v128.load(y), v128.load(dy), kind);
    if (accumulate) value = f32x4.add(v128.load(dx), value);
    storeLanes(dx, value, count);
  }
}
