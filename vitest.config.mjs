import { defineConfig } from 'vitest/config';

const kernels = ['test/conformance/**/*.test.ts'];

/** The operators' conformance tests once more, on another build of the kernels. */
const build = (name) => ({ extends: true, test: { name, include: kernels, exclude: ['test/conformance/oracle.test.ts'], setupFiles: [`test/support/${name}.setup.ts`] } });

export default defineConfig({
  test: {
    environment: 'node', setupFiles: ['test/support/kernels.setup.ts'], testTimeout: 120_000, hookTimeout: 120_000,
    projects: [{ extends: true, test: { name: 'base', include: ['test/**/*.test.ts'] } }, build('threads'), build('relaxed')],
  },
});
