import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { adapterOf } from './tfjs.mjs';

export async function open(threads) {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs');
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (threads > 1) {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
    wasm.setThreadsCount(threads);
  }
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend did not start');
  return adapterOf(tf, `tfjs ${tf.version.tfjs} wasm, simd ${await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')}`);
}
