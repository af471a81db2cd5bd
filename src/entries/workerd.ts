// `convasm` on Cloudflare's workerd, which compiles no bytes: the platform hands over the module.
import simd from '#wasm/simd.wasm';
import { useKernels } from '../runtime/builds.js';

useKernels({ simd });

export * from '../index.js';
