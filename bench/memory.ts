import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Summary } from '../src/summary.js';
import { Bench, planWorkload } from './networks.js';
import { EMPTY, errorRow, type Emit, type Setting } from './row.js';
import type { Workload, WorkloadList } from './workloads.js';

const STEPS = 1000;
/** What a run may leave on the heap. */
const SLACK_BYTES = 64 * 1024;

/** Bytes of weights and activations of every network of the list, and what a thousand training steps leave behind. */
export function memoryRows(list: WorkloadList, setting: Setting, emit: Emit): void {
  for (const workload of list.workloads) {
    if (workload.kind !== 'infer' && workload.kind !== 'train') continue;
    const id = `memory_${workload.id}`;
    try {
      emit({ id, group: 'memory', ...EMPTY, bytes: bytesOf(workload, list) });
    } catch (error) {
      emit(errorRow(id, 'memory', error));
    }
  }
  const workload = list.workloads.find(({ kind, net }) => kind === 'train' && net?.startsWith('lenet5'));
  if (workload && setting.workers === 1 && setting.refused === null) growth(workload, list, emit);
}

/** By plan alone: nothing of it is asked for. */
function bytesOf(workload: Workload, list: WorkloadList): number {
  const { train, predict } = new Summary(planWorkload(workload, list)).memory;
  return train ?? predict;
}

/** heapUsed + external + the network's memory after a collection. */
function bytesInUse(collect: () => void): number {
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

function growth(workload: Workload, list: WorkloadList, emit: Emit): void {
  const id = `memory_${STEPS}_steps_${workload.id}`;
  try {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { network, images, labels } = new Bench(workload, list);
    const steps = (count: number): void => {
      for (let i = 0; i < count; i++) network.stepSync(images, labels);
    };
    steps(50);
    const before = bytesInUse(collect);
    const memory = network.memoryBytes;
    steps(STEPS);
    const left = bytesInUse(collect) - before;
    const grown = network.memoryBytes - memory;
    const note = `${STEPS} steps: memory grew by ${grown} bytes, heap by ${left}`;
    if (grown !== 0 || left > SLACK_BYTES) emit({ ...errorRow(id, 'memory', note), wrong: true });
    else emit({ id, group: 'memory', ...EMPTY, bytes: memory, note });
  } catch (error) {
    emit(errorRow(id, 'memory', error));
  }
}
