import {
  CONTROL_ARRIVED, CONTROL_EPOCH, CONTROL_SLEEPERS, CONTROL_SPINS, CONTROL_STATUS, CONTROL_WORKERS, WORKER_LINE, WORKER_SEEN,
} from "./abi";
import { THREADS } from "./simd";

// Where workers meet after each step. Wasm spins a bounded number of times and never waits: V8 11.3 (Node 20) miscompiles
// memory.atomic.wait, so a worker that ran out of spins returns to JavaScript, which waits (src/runtime/crew.ts).

/** True when all workers arrived; false when this one should wait in JavaScript until EPOCH changes. */
export function meet(control: usize, worker: i32, workers: i32): bool {
  if (THREADS) {
    const seen = atomic.load<i32>(control, CONTROL_EPOCH);
    if (atomic.add<i32>(control, 1, CONTROL_ARRIVED) == workers - 1) {
      atomic.store<i32>(control, 0, CONTROL_ARRIVED);
      atomic.add<i32>(control, 1, CONTROL_EPOCH);
      if (atomic.load<i32>(control, CONTROL_SLEEPERS)) atomic.notify(control + CONTROL_EPOCH, -1);
      return true;
    }
    for (let left = load<i32>(control, CONTROL_SPINS); left > 0; left--) {
      if (atomic.load<i32>(control, CONTROL_EPOCH) != seen) return true;
    }
    store<i32>(control + CONTROL_WORKERS + WORKER_SEEN + worker * WORKER_LINE, seen);
    return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline
export function aborted(control: usize): bool {
  if (THREADS) return atomic.load<i32>(control, CONTROL_STATUS) != 0;
  return false;
}
