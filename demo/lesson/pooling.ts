import { ops, type Tensor } from '../../src/index.js';
import type { Key } from '../i18n.js';
import { Marks, figure, type Figure } from './figures.js';
import type { Choice, Scene, Step } from './steps.js';

// The last chapter: where residuals go through pooling, by the library's own operators.

const SIDE = 4;
export const POOL_X = [1, 3, 2, 2, 0, 3, 1, 2, 4, 0, 5, 1, 1, 2, 0, 6];
export const POOL_DY = [4, -2, 1, 8];
const x: Tensor = { data: Float32Array.from(POOL_X), shape: [1, 1, SIDE, SIDE] };

export interface Pooled {
  readonly side: number;
  readonly y: readonly number[];
  readonly dy: readonly number[];
  readonly dx: readonly number[];
  /** Where each maximum lies in x; empty for the mean. */
  readonly places: readonly number[];
}

export function pool(kind: 'max' | 'average', kernel: number, stride: number, ceilMode = false): Pooled {
  const max = kind === 'max' ? ops.maxPool2d(x, kernel, { stride, ceilMode }) : null;
  const y = max ?? ops.avgPool2d(x, kernel, { stride, ceilMode });
  const dy = Array.from(y.data, (_, i) => POOL_DY[i % POOL_DY.length]!);
  const { input } = y.backward({ data: Float32Array.from(dy), shape: y.shape });
  return { side: y.shape[3]!, y: [...y.data], dy, dx: [...input.data], places: max ? [...max.indices] : [] };
}

const input = (marks = new Marks()): Figure => figure('x', SIDE, POOL_X, marks);

/** The windows that `round` alternates with: three wide, one apart; rounded up, two apart. */
const overlapping = ({ roundUp }: Choice): Pooled => (roundUp ? pool('max', 3, 2, true) : pool('max', 3, 1));

function forward(say: Key, { side, y, places }: Pooled): Scene {
  return { say, with: {}, figures: [input(new Marks().mark('window', places)), figure('y', side, y, new Marks().mark('result', y.keys()))] };
}

function backward(say: Key, { side, y, dy, dx, places }: Pooled): Scene {
  const changed = [...dx.keys()].filter((at) => dx[at] !== 0);
  return { say, with: {}, figures: [input(new Marks().mark('window', places)), figure('y', side, y), figure('dy', side, dy), figure('dx', SIDE, dx, new Marks().mark('result', changed))] };
}

export function poolingSteps(): Step[] {
  const scenes: ((choice: Choice) => Scene)[] = [
    () => forward('say.pool.max', pool('max', 2, 2)),
    () => backward('say.pool.max.back', pool('max', 2, 2)),
    () => forward('say.pool.average', pool('average', 2, 2)),
    () => backward('say.pool.average.back', pool('average', 2, 2)),
    (choice) => forward(choice.roundUp ? 'say.pool.up' : 'say.pool.overlap', overlapping(choice)),
    (choice) => backward(choice.roundUp ? 'say.pool.up.back' : 'say.pool.overlap.back', overlapping(choice)),
  ];
  return scenes.map((scene, i) => ({ chapter: 'pooling', at: `pool.${i + 1}`, scene }));
}
