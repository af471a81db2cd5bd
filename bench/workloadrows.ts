import { SHORT, TIMING } from './measure.js';
import { inferCase, trainCase } from './networks.js';
import { operatorCase } from './ops.js';
import { caseRow, errorRow, timedRow, type Emit, type Group, type Setting } from './row.js';
import { stepTimes } from './steps.js';
import type { Workload, WorkloadList } from './workloads.js';

const GROUP_OF: Readonly<Record<string, Group>> = { infer: 'models', train: 'training', steps: 'training' };

const SHORT_KINDS = ['elementwise', 'layer', 'loss'];

/** The group that a workload belongs to; kinds that no group knows count as operators. */
export function groupOf({ kind }: Workload): Group {
  return GROUP_OF[kind] ?? 'ops';
}

/** Times every workload of the group. */
export async function workloadRows(group: Group, list: WorkloadList, setting: Setting, emit: Emit): Promise<void> {
  for (const workload of list.workloads) {
    if (groupOf(workload) !== group) continue;
    if (workload.kind === 'steps') stepRows(workload, list, setting, emit);
    else emit(await caseRow(workload.id, group, () => caseOf(workload, list), setting, SHORT_KINDS.includes(workload.kind) ? SHORT : TIMING));
  }
}

function caseOf(workload: Workload, list: WorkloadList): ReturnType<typeof operatorCase> {
  if (workload.kind === 'infer') return inferCase(workload, list);
  if (workload.kind === 'train') return trainCase(workload, list);
  return operatorCase(workload);
}

/** One row per kernel of a training step; the step itself is checked where a train row of the same network is. */
function stepRows(workload: Workload, list: WorkloadList, setting: Setting, emit: Emit): void {
  const refused = setting.refused ?? (setting.workers > 1 ? 'kernels are timed one by one with one worker only' : null);
  if (refused !== null) return emit(errorRow(workload.id, 'training', refused));
  try {
    for (const { label, flops, ...measured } of stepTimes(workload, list)) {
      emit(timedRow(`${workload.id}: ${label}`, 'training', measured, { flops, bytes: 0 }, setting));
    }
  } catch (error) {
    emit(errorRow(workload.id, 'training', error));
  }
}
