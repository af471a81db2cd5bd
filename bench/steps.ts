import type { PlanStep } from '../src/plan/plan.js';
import { summarizeTimes, type Measured } from './measure.js';
import { Bench, STEPS_PER_RESET } from './networks.js';
import type { Workload, WorkloadList } from './workloads.js';

/** One kernel of a training step, timed where it stands in the program. */
export interface StepTime extends Measured {
  readonly label: string;
  readonly flops: number;
}

/** Floating-point operations of a step over `n` images, Winograd's as if each product were multiplied; 0 for steps that are not products. */
export function flopsOf({ op, fields }: PlanStep, n: number): number {
  const size = (name: string): number => Number(fields[name]);
  if (op.startsWith('conv2d') && op !== 'conv2dRotateWeight') {
    return (2 * n * size('ho') * size('wo') * size('co') * size('ci') * size('kh') * size('kw')) / size('groups');
  }
  if (op === 'winogradForward' || op === 'winogradBackwardWeight') return 2 * n * size('ho') * size('wo') * size('co') * size('ci') * 9;
  return op.startsWith('linear') ? 2 * n * size('rows') * size('ci') * size('co') : 0;
}

const LEAST_MS = 600;
const LEAST_REPETITIONS = 20;

/** Runs whole training steps, one kernel per call, and times each kernel: inputs and caches are as in training. */
export function stepTimes(workload: Workload, list: WorkloadList): StepTime[] {
  const bench = new Bench(workload, list);
  const { steps } = bench.blueprint.train!.plan;
  const times = steps.map(() => [] as number[]);
  const start = performance.now();
  for (let k = 0; k < LEAST_REPETITIONS || performance.now() - start < LEAST_MS; k++) {
    const warm = performance.now() - start > LEAST_MS / 3;
    if (k % STEPS_PER_RESET === 0) bench.reset();
    let before = performance.now();
    for (let i = 0; i < steps.length; i++) {
      bench.run({ first: i, last: i + 1 });
      const now = performance.now();
      if (warm) times[i]!.push(now - before);
      before = now;
    }
  }
  return steps.map((step, i) => ({ label: `${step.layer} ${step.op}`, flops: flopsOf(step, bench.n), ...summarizeTimes(times[i]!) }));
}
