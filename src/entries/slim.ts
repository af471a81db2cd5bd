// `convasm/slim`: no kernels inside; useKernels takes them.
export { useKernels, type KernelBuilds, type Kernels } from '../runtime/builds.js';
export * from '../index.js';
