import ort from 'onnxruntime-node';
import { adapterOf } from './ort.mjs';

export async function open(threads) {
  return adapterOf(ort, `onnxruntime-node ${ort.env.versions.node}`, { executionProviders: ['cpu'], intraOpNumThreads: threads, interOpNumThreads: 1 });
}
