import { fileURLToPath } from 'node:url';

/** Bundles the texts of the kernels and of weights, the only things that the library's files do not import by path; edge platforms import the wasm file itself. */
const inside = {
  name: 'inside',
  resolveId(id) {
    const file = /^#wasm\/(simd\.wasm(\?module)?)$/.exec(id)?.[1];
    if (file) return { id: `../wasm/${file}`, external: 'absolute' };
    return /^#w(asm|eights)\//.test(id) ? fileURLToPath(import.meta.resolve(id)) : null;
  },
};

const entry = (file) => `build/js/src/${file}.js`;

export default {
  input: {
    index: entry('entries/default'),
    workerd: entry('entries/workerd'),
    'edge-light': entry('entries/edge-light'),
    slim: entry('entries/slim'),
    datasets: entry('data/index'),
    formats: entry('io/formats'),
    images: entry('classify'),
    layers: entry('layers/index'),
    losses: entry('training/losses'),
    models: entry('models/index'),
    optimizers: entry('training/optimizers'),
    pictures: entry('pictures/index'),
    schedules: entry('training/schedules'),
    'weights-lenet5': entry('weights/lenet5'),
    transforms: entry('data/transforms'),
    cli: entry('cli/main'),
  },
  external: (id) => id.startsWith('node:') || ['cac', 'cli-progress', 'fast-png', 'fflate'].includes(id) || id.startsWith('@jsquash/'),
  plugins: [inside],
  output: { dir: 'build/dist', format: 'es', chunkFileNames: 'chunk-[name]-[hash].js', sourcemap: true },
};

const script = (name, file, output) => ({ input: { input: entry(name), platform: 'browser' }, output: { file: `build/dist/${file}`, format: 'iife', minify: true, sourcemap: true, ...output } });

/** Files that stand alone, minified: the script tag's, and that of a page's workers. */
export const scripts = [script('entries/script', 'convasm.min.js', { name: 'convasm' }), script('entries/worker', 'worker.js', {})];
