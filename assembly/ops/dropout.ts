import { CONTROL_LIVE, CONTROL_SEED, CONTROL_UPDATES } from "../abi";
import { storeLanes } from "../simd";
import { share } from "../slice";
import { Dropout2dStep, DropoutStep } from "../steps";

// The mask is a function of (seed, layer, update, element) alone, so any number of workers draws the same one, a step draws another, and
// a resumed run draws on. It is computed again in backward: that costs less memory than keeping it, and no more time than reading
// bits back is worth. Forward and backward are then one kernel, y (+)= x · mask · scale.

/**
 * y (+)= x · mask · scale for sixteen numbers side by side, in each of `pixels` places `step` bytes apart; `count` of the sixteen exist.
 * The mask is drawn from four Philox4x32 blocks with counters (4·block + lane, updates, stream, 0) and the seed as key: number 4k + lane
 * stays where word k of the block in that lane is at least `threshold`. Seven rounds pass BigCrush (Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", 2011, section 5.1 and table 2).
 */
function maskBlock(
  block: i32, updates: i32, stream: i32, seed: usize, threshold: i32, scale: f32, x: usize, y: usize, count: i32, step: usize, pixels: i32, accumulate: i32,
): void {
  const m0 = i32x4.splat(0xD2511F53), m1 = i32x4.splat(0xCD9E8D57);
  let k0 = load<i32>(seed), k1 = load<i32>(seed, 4);
  let c0 = i32x4.add(i32x4.splat(block << 2), i32x4(0, 1, 2, 3)), c1 = i32x4.splat(updates), c2 = i32x4.splat(stream), c3 = i32x4.splat(0);
  for (let round = 0; round < 7; round++) {
    const a = i64x2.extmul_low_i32x4_u(c0, m0), b = i64x2.extmul_high_i32x4_u(c0, m0);
    const c = i64x2.extmul_low_i32x4_u(c2, m1), d = i64x2.extmul_high_i32x4_u(c2, m1);
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), c1), i32x4.splat(k0));
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), c3), i32x4.splat(k1));
    c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
    c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  const least = i32x4.splat(threshold), kept = f32x4.splat(scale);
  const f0 = v128.and(kept, i32x4.ge_u(c0, least)), f1 = v128.and(kept, i32x4.ge_u(c1, least));
  const f2 = v128.and(kept, i32x4.ge_u(c2, least)), f3 = v128.and(kept, i32x4.ge_u(c3, least));
  if (count >= 16 && !accumulate) {
    for (; pixels > 0; pixels--, x += step, y += step) {
      v128.store(y, f32x4.mul(v128.load(x), f0));
      v128.store(y, f32x4.mul(v128.load(x, 16), f1), 16);
      v128.store(y, f32x4.mul(v128.load(x, 32), f2), 32);
      v128.store(y, f32x4.mul(v128.load(x, 48), f3), 48);
    }
  }
  for (; pixels > 0; pixels--, x += step, y += step) {
    put(x, y, f0, count, accumulate);
    put(x + 16, y + 16, f1, count - 4, accumulate);
    put(x + 32, y + 32, f2, count - 8, accumulate);
    put(x + 48, y + 48, f3, count - 12, accumulate);
  }
}

function put(x: usize, y: usize, factor: v128, count: i32, accumulate: i32): void {
  const value = f32x4.mul(v128.load(x), factor);
  storeLanes(y, accumulate ? f32x4.add(v128.load(y), value) : value, count);
}

/** Split over blocks of sixteen elements; x and y may be one tensor. */
export function dropout(s: DropoutStep, control: usize, worker: i32, workers: i32): void {
  const length = load<i32>(control, CONTROL_LIVE) * s.length, updates = load<i32>(control, CONTROL_UPDATES);
  const blocks = (length + 15) >> 4, last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) {
    const at = <usize>block << 6;
    maskBlock(block, updates, s.stream, control + CONTROL_SEED, s.threshold, s.scale, s.x + at, s.y + at, length - (block << 4), 0, 1, s.accumulate);
  }
}

/** Split over images and sixteen channels; x and y may be one tensor. */
export function dropout2d(s: Dropout2dStep, control: usize, worker: i32, workers: i32): void {
  const updates = load<i32>(control, CONTROL_UPDATES), groups = (s.c + 15) >> 4, items = load<i32>(control, CONTROL_LIVE) * groups;
  const last = share(items, worker + 1, workers);
  for (let item = share(items, worker, workers); item < last; item++) {
    const image = item / groups, channel = (item - image * groups) << 4, at = (<usize>image * s.pixels * s.c + channel) << 2;
    maskBlock(item, updates, s.stream, control + CONTROL_SEED, s.threshold, s.scale, s.x + at, s.y + at, s.c - channel, s.c << 2, s.pixels, s.accumulate);
  }
}
