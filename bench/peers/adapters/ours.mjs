// convasm, by the cases of the bench: a result is checked before it is timed.
import { inferCase, trainCase } from '../../../build/js/bench/networks.js';
import { operatorCase } from '../../../build/js/bench/ops.js';
import { choose, endCrews } from '../../../build/js/bench/runner.js';
import { CannotDo } from '../numbers.mjs';

const KINDS = { infer: inferCase, train: trainCase };

function caseOf(workload, nets) {
  try {
    return (KINDS[workload.kind] ?? operatorCase)(workload, { workloads: [], nets });
  } catch (error) {
    throw error.name === 'UnsupportedError' ? new CannotDo(error.message) : error;
  }
}

export async function open(threads) {
  const refused = await choose('simd', threads);
  if (refused !== null) throw new Error(refused);
  const checked = new Set();
  return {
    version: `convasm, simd build, ${threads} worker${threads > 1 ? 's' : ''}`,
    async prepare(workload, nets) {
      const one = caseOf(workload, nets);
      await one.run();
      const wrong = checked.has(workload.id) ? null : one.check();
      if (wrong !== null) throw new Error(`wrong result: ${wrong}`);
      checked.add(workload.id);
      return {
        run() {
          one.between?.();
          return one.run();
        },
        dispose: endCrews,
      };
    },
  };
}
