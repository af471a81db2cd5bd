import { useEngine } from '../../src/ops/run.js';
import { threadsModule } from '../../src/runtime/builds.js';
import { Engine } from '../../src/runtime/engine.js';

// The operators on the build with atomics, over shared memory.
useEngine(new Engine(await threadsModule(), 2 ** 28, 'shared'));
