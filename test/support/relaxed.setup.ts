import { setFlagsFromString } from 'node:v8';
import { useEngine } from '../../src/ops/run.js';
import { relaxedModule } from '../../src/runtime/builds.js';
import { Engine } from '../../src/runtime/engine.js';

// The operators on the build with fused multiply-adds; Node 20 has the instructions behind a flag.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
useEngine(new Engine(await relaxedModule(), 2 ** 20, 'growable'));
