import { storeLanes, zero } from "../simd";
import { share } from "../slice";
import { AddStep, CopyColumnsStep } from "../steps";

/** Elements of a block, and about as many of a block of rows: small enough for a kernel's loop to be called often. */
const BLOCK: i32 = 4096;

/** y = x + z. Split over blocks of elements. */
export function add(s: AddStep, live: i32, worker: i32, workers: i32): void {
  const length = live * s.length, blocks = (length + BLOCK - 1) / BLOCK;
  const last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) {
    const from = block * BLOCK, at = <usize>from << 2;
    addBlock(s.x + at, s.z == 0 ? 0 : s.z + at, s.y + at, min(BLOCK, length - from));
  }
}

function addBlock(x: usize, z: usize, y: usize, count: i32): void {
  for (; count > 0; count -= 4, x += 16, y += 16) {
    let value = v128.load(x);
    if (z) {
      value = f32x4.add(value, v128.load(z));
      z += 16;
    }
    storeLanes(y, value, count);
  }
}

/** Columns of x into columns of y. Split over blocks of rows. */
export function copyColumns(s: CopyColumnsStep, live: i32, worker: i32, workers: i32): void {
  const rows = live * s.rows, step = max(1, BLOCK / s.columns), blocks = (rows + step - 1) / step;
  const last = share(blocks, worker + 1, workers);
  for (let block = share(blocks, worker, workers); block < last; block++) copyRows(s, block * step, min(rows, (block + 1) * step));
}

function copyRows(s: CopyColumnsStep, row: i32, last: i32): void {
  const xStep = <usize>s.xRow << 2, yStep = <usize>s.yRow << 2;
  let x = s.x + <usize>row * xStep + (<usize>s.xFrom << 2), y = s.y + <usize>row * yStep + (<usize>s.yFrom << 2);
  for (; row < last; row++, x += xStep, y += yStep) copyRow(s.x == 0 ? 0 : x, y, s.columns, s.accumulate);
}

// @ts-ignore: decorator
@inline
function copyRow(x: usize, y: usize, columns: i32, accumulate: i32): void {
  for (let j = 0; j < columns; j += 4) {
    const at = <usize>j << 2;
    let value = x ? v128.load(x + at) : zero();
    if (accumulate) value = f32x4.add(v128.load(y + at), value);
    storeLanes(y + at, value, columns - j);
  }
}
