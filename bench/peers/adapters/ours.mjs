// convasm, by the cases of the bench: a result is checked before it is timed.
import { inferCase, trainCase } from '../../../build/js/bench/networks.js';
import { operatorCase } from '../../../build/js/bench/ops.js';
import { CannotDo } from '../numbers.mjs';

const KINDS = { infer: inferCase, train: trainCase };

function caseOf(workload, nets) {
  try {
    return (KINDS[workload.kind] ?? operatorCase)(workload, { workloads: [], nets });
  } catch (error) {
    throw error.name === 'UnsupportedError' ? new CannotDo(error.message) : error;
  }
}

export async function open() {
  return {
    version: 'convasm, simd build, 1 worker',
    prepare(workload, nets) {
      const one = caseOf(workload, nets);
      one.run();
      const wrong = one.check();
      if (wrong !== null) throw new Error(`wrong result: ${wrong}`);
      return {
        run() {
          one.between?.();
          one.run();
        },
      };
    },
  };
}
