import { fileURLToPath } from 'node:url';

/** Bundles the wasm text and the loader, the only things that the library's files do not import by path. */
const inside = {
  name: 'inside',
  resolveId: (id) => (id.startsWith('#wasm/') || id === '@assemblyscript/loader' ? fileURLToPath(import.meta.resolve(id)) : null),
};

const entry = (file) => `build/js/src/${file}.js`;

export default {
  input: {
    index: entry('index'),
    datasets: entry('data/index'),
    formats: entry('io/formats'),
    layers: entry('layers/index'),
    losses: entry('training/losses'),
    models: entry('models/index'),
    optimizers: entry('training/optimizers'),
    schedules: entry('training/schedules'),
    cli: entry('cli/main'),
  },
  external: (id) => id.startsWith('node:') || ['cac', 'cli-progress', 'fast-png'].includes(id),
  plugins: [inside],
  output: { dir: 'build/dist', format: 'es', chunkFileNames: 'chunk-[name]-[hash].js', sourcemap: true },
};
