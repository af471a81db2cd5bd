import * as ort from 'onnxruntime-web';
import { adapterOf } from './ort.mjs';

export async function open(threads) {
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  return adapterOf(ort, `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common}`, { executionProviders: ['wasm'] });
}
