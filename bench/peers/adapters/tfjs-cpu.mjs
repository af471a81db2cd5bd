import { createRequire } from 'node:module';
import { adapterOf } from './tfjs.mjs';

export async function open() {
  const tf = createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
  return adapterOf(tf, `tfjs ${tf.version.tfjs} cpu`);
}
