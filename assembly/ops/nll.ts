import { ADD, REDUCE_NONE } from "../abi";
import { share } from "../slice";
import { NllBackwardStep, NllForwardStep } from "../steps";

// loss[row] = −weight_t · x[row, t], t the row's target: torch.nn.functional.nll_loss over log-probabilities. Ignored rows count 0.
// The reduction is cross-entropy's.

// @ts-ignore: decorator
@inline
function weightOf(weight: usize, target: i32): f32 {
  return weight ? load<f32>(weight + (<usize>target << 2)) : 1;
}

/** Split over rows. */
export function nllForward(s: NllForwardStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const at = <usize>row << 2, target = load<i32>(s.target + at);
    let loss: f32 = 0, weight: f32 = 0;
    if (target != s.ignoreIndex) {
      weight = weightOf(s.weight, target);
      loss = -weight * load<f32>(s.x + ((<usize>row * s.classes + target) << 2));
    }
    store<f32>(s.rowLoss + at, loss);
    store<f32>(s.rowWeight + at, weight);
  }
}

/** dx[row, t] (+)= −weight_t · dloss · scale, 0 for the other classes. Split over rows. */
export function nllBackward(s: NllBackwardStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, last = share(rows, worker + 1, workers);
  for (let row = share(rows, worker, workers); row < last; row++) {
    const at = <usize>row << 2, dx = s.dx + (<usize>row * s.classes << 2), target = load<i32>(s.target + at);
    if (s.accumulate != ADD) memory.fill(dx, 0, s.classes << 2);
    if (target == s.ignoreIndex) continue;
    const to = dx + (<usize>target << 2), scale = load<f32>(s.dloss + (s.reduction == REDUCE_NONE ? at : 0)) * load<f32>(s.loss, 4);
    store<f32>(to, load<f32>(to) - weightOf(s.weight, target) * scale);
  }
}
