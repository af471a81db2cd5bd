// `convasm` on Vercel's edge, which compiles no bytes either; its bundler wants the suffix.
import simd from '#wasm/simd.wasm?module';
import { useKernels } from '../runtime/builds.js';

useKernels({ simd });

export * from '../index.js';
