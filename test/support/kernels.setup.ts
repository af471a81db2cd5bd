import { useKernels } from '../../src/runtime/builds.js';
import { embedded } from '../../src/runtime/platform/embedded.js';

// Tests import files of src, not the package's entry, which would do this.
useKernels(embedded);
