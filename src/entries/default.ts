// `convasm`: the kernels are inside.
import { useKernels } from '../runtime/builds.js';
import { embedded } from '../runtime/platform/embedded.js';

useKernels(embedded);

export * from '../index.js';
