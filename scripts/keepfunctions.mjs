// A transform of asc: what assembly/ops, assembly/gemm and the barrier do not mark @inline stays a function. V8 compiles functions one by
// one and never replaces a running frame, so a loop that Binaryen folds into `run` would stay in slow code for a whole first call.
// Accessors of records (their names hold a #) and assembly/math.ts are left to Binaryen.
import binaryen from 'assemblyscript/binaryen';

const KEPT = /^(assembly\/(ops\/|gemm\/|barrier)|unpack\/)[^#]*$/;

export default class {
  afterCompile(module) {
    const count = module.getNumFunctions();
    const names = Array.from({ length: count }, (_, i) => binaryen.getFunctionInfo(module.getFunctionByIndex(i)).name);
    for (const name of names.filter((one) => KEPT.test(one))) {
      binaryen.setPassArgument('no-inline', name);
      module.runPasses(['no-inline']);
    }
    binaryen.clearPassArguments();
  }
}
